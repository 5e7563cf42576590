#include "update/delta_maker.hpp"

#include "update/range_encoder.hpp"
#include "update/suffix_array.hpp"

namespace ganglion::update {
namespace {

using Bytes = std::span<const uint8_t>;

/// Image bytes from `image` on lie over base bytes from `base` on.
struct Alignment {
    size_t image = 0;
    size_t base = 0;
};

struct Step {
    size_t base_at;
    size_t copied;
    size_t added;
};

/// The method of bsdiff (C. Percival, "Naive Differences of Executable Code", 2003): exact matches
/// seed alignments, which are then stretched both ways as long as at least half of the bytes agree.
class StepFinder {
  public:
    StepFinder(Bytes base, Bytes image) : base_(base), image_(image), suffixes_(base) {}

    std::vector<Step> find() {
        size_t scan = 0;
        size_t length = 0;
        while (scan < image_.size()) {
            SuffixArray::Match match;
            size_t agreeing = 0;  // bytes of the match that the last alignment has as well
            scan += length;
            size_t counted = scan;
            for (; scan < image_.size(); ++scan) {
                match = suffixes_.longest(image_.subspan(scan));
                for (; counted < scan + match.bytes; ++counted) agreeing += agrees(counted);
                if ((match.bytes == agreeing && match.bytes != 0) ||
                    match.bytes > agreeing + kWorthwhile)
                    break;
                agreeing -= agrees(scan);
            }
            length = scan < image_.size() ? match.bytes : 0;
            if (scan == image_.size() || match.bytes != agreeing) end_alignment(scan, match.at);
        }
        return std::move(steps_);
    }

  private:
    /// A new alignment must gain so many bytes.
    static constexpr size_t kWorthwhile = 8;

    size_t agrees(size_t at) const {
        const size_t in_base = at + last_.base - last_.image;
        return in_base < base_.size() && base_[in_base] == image_[at] ? 1 : 0;
    }

    // How far from the last alignment's start on it is worth using it.
    size_t stretch_forward(size_t scan) const {
        size_t best = 0;
        long best_score = 0;
        long score = 0;
        for (size_t i = 0; last_.image + i < scan && last_.base + i < base_.size();) {
            score += base_[last_.base + i] == image_[last_.image + i] ? 1 : -1;
            ++i;
            if (score > best_score) {
                best_score = score;
                best = i;
            }
        }
        return best;
    }

    size_t stretch_back(const Alignment& next) const {
        if (next.image == image_.size()) return 0;
        size_t best = 0;
        long best_score = 0;
        long score = 0;
        for (size_t i = 1; next.image >= last_.image + i && next.base >= i; ++i) {
            score += base_[next.base - i] == image_[next.image - i] ? 1 : -1;
            if (score > best_score) {
                best_score = score;
                best = i;
            }
        }
        return best;
    }

    // Both reach into the same bytes: where to change from one to the other.
    size_t best_border(const Alignment& next, size_t forward, size_t back, size_t overlap) const {
        size_t best = 0;
        long best_score = 0;
        long score = 0;
        for (size_t i = 0; i < overlap; ++i) {
            const size_t kept = forward - overlap + i;
            score += image_[last_.image + kept] == base_[last_.base + kept] ? 1 : 0;
            score -= image_[next.image - back + i] == base_[next.base - back + i] ? 1 : 0;
            if (score > best_score) {
                best_score = score;
                best = i + 1;
            }
        }
        return best;
    }

    void end_alignment(size_t scan, size_t match_at) {
        const Alignment next{scan, match_at};
        size_t forward = stretch_forward(scan);
        size_t back = stretch_back(next);
        if (last_.image + forward > scan - back) {
            const size_t overlap = last_.image + forward - (scan - back);
            const size_t border = best_border(next, forward, back, overlap);
            forward = forward - overlap + border;
            back -= border;
        }
        const size_t added = scan - back - (last_.image + forward);
        if (forward != 0 || added != 0) steps_.push_back({last_.base, forward, added});
        last_ = {scan - back, match_at - back};
    }

    Bytes base_;
    Bytes image_;
    SuffixArray suffixes_;
    Alignment last_;
    std::vector<Step> steps_;
};

}  // namespace

std::vector<uint8_t> make_delta(Bytes base, Bytes image) {
    RangeEncoder out;
    DeltaModel model;
    size_t base_at = 0;
    size_t image_at = 0;
    uint32_t last_two_equal = 3;
    for (const Step& step : StepFinder(base, image).find()) {
        // Where nothing is copied the place does not matter.
        const size_t start = step.copied != 0 ? step.base_at : base_at;
        const auto move =
            static_cast<int32_t>(static_cast<int64_t>(start) - static_cast<int64_t>(base_at));
        out.number(model.move, zigzag(move));
        out.number(model.copied, static_cast<uint32_t>(step.copied));
        out.number(model.added, static_cast<uint32_t>(step.added));
        base_at = start;
        for (size_t i = 0; i < step.copied; ++i, ++base_at, ++image_at) {
            const auto place = static_cast<uint32_t>(base_at);
            const bool differs = base[base_at] != image[image_at];
            out.bit(model.equal[DeltaModel::equal_context(last_two_equal, place)], differs,
                    DeltaModel::kFlagRate);
            if (differs)
                out.byte(model.difference[place & 1U],
                         static_cast<uint8_t>(image[image_at] - base[base_at]));
            last_two_equal = last_two_equal << 1U | (differs ? 0U : 1U);
        }
        for (size_t i = 0; i < step.added; ++i, ++image_at) out.byte(model.fresh, image[image_at]);
    }
    return out.finish();
}

}  // namespace ganglion::update
