#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace ganglion::update {

/// All suffixes of a text in order, by doubling the compared prefix: O(n log² n).
class SuffixArray {
  public:
    explicit SuffixArray(std::span<const uint8_t> text) : text_(text), order_(text.size()) {
        const size_t n = text.size();
        std::iota(order_.begin(), order_.end(), uint32_t{0});
        std::vector<uint64_t> rank(n);
        // Six bytes a rank at first: most suffixes differ there already.
        for (size_t i = 0; i < n; ++i)
            for (size_t k = 0; k < kFirst; ++k)
                rank[i] = rank[i] * 257 + (i + k < n ? text[i + k] + 1U : 0U);
        std::vector<uint64_t> next(n);
        for (size_t prefix = kFirst;; prefix *= 2) {
            const auto behind = [&](uint32_t i) {
                return prefix == kFirst || i + prefix / 2 >= n ? uint64_t{0}
                                                               : rank[i + prefix / 2] + 1;
            };
            std::sort(order_.begin(), order_.end(), [&](uint32_t a, uint32_t b) {
                return rank[a] != rank[b] ? rank[a] < rank[b] : behind(a) < behind(b);
            });
            bool distinct = true;
            for (size_t i = 0; i < n; ++i) {
                const bool equal = i > 0 && rank[order_[i]] == rank[order_[i - 1]] &&
                                   behind(order_[i]) == behind(order_[i - 1]);
                distinct = distinct && !equal;
                next[order_[i]] = equal ? next[order_[i - 1]] : i;
            }
            rank.swap(next);
            if (distinct || prefix > 2 * n) break;
        }
    }

    struct Match {
        size_t at = 0;
        size_t bytes = 0;
    };
    /// The place in the text whose bytes agree longest with the start of `wanted`.
    Match longest(std::span<const uint8_t> wanted) const {
        const auto place = std::lower_bound(
            order_.begin(), order_.end(), wanted, [&](uint32_t at, std::span<const uint8_t> w) {
                const auto suffix = text_.subspan(at);
                return std::lexicographical_compare(suffix.begin(), suffix.end(), w.begin(),
                                                    w.end());
            });
        Match best;
        for (auto candidate : {place, place == order_.begin() ? place : place - 1}) {
            if (candidate == order_.end()) continue;
            const auto suffix = text_.subspan(*candidate);
            const auto [end, _] =
                std::mismatch(suffix.begin(), suffix.end(), wanted.begin(), wanted.end());
            const auto bytes = static_cast<size_t>(end - suffix.begin());
            if (bytes > best.bytes) best = {*candidate, bytes};
        }
        return best;
    }

  private:
    static constexpr size_t kFirst = 6;
    std::span<const uint8_t> text_;
    std::vector<uint32_t> order_;
};

}  // namespace ganglion::update
