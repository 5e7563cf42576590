#include "bench/engine/nnls.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace ganglion::bench {
namespace {

using Number = long double;  // the normal equations square the condition
using Vector = std::vector<Number>;

constexpr Number kLeastGain = 1e-13L;   // of a column that enters
constexpr Number kLeastPivot = 1e-11L;  // of a column that says something new

class Problem {
  public:
    Problem(const std::vector<std::vector<double>>& rows, const std::vector<double>& values)
        : size_(rows.empty() ? 0 : rows[0].size()),
          products_(size_, Vector(size_)),
          sides_(size_),
          lengths_(size_) {
        for (size_t i = 0; i < size_; ++i) {
            for (const auto& row : rows) lengths_[i] += Number{row[i]} * row[i];
            lengths_[i] = std::sqrt(lengths_[i]);
        }
        for (size_t n = 0; n < rows.size(); ++n) {
            for (size_t i = 0; i < size_; ++i) {
                if (lengths_[i] == 0 || rows[n][i] == 0) continue;
                const Number of_i = rows[n][i] / lengths_[i];
                sides_[i] += of_i * values[n];
                for (size_t j = 0; j <= i; ++j) {
                    if (lengths_[j] != 0) products_[i][j] += of_i * rows[n][j] / lengths_[j];
                }
            }
        }
        for (size_t i = 0; i < size_; ++i) {
            for (size_t j = i + 1; j < size_; ++j) products_[i][j] = products_[j][i];
        }
    }

    std::vector<double> solve() {
        Vector x(size_);
        std::vector<bool> barred(size_);
        for (size_t i = 0; i < size_; ++i) barred[i] = lengths_[i] == 0;
        for (size_t round = 0; round < 20 * size_; ++round) {
            const auto next = best(x, barred);
            if (!next) break;
            chosen_.push_back(*next);
            auto trial = least_squares();
            if (!trial || trial->back() <= 0) {  // says nothing new, or has no use after all
                chosen_.pop_back();
                barred[*next] = true;
                continue;
            }
            while (trial &&
                   std::any_of(trial->begin(), trial->end(), [](Number v) { return v <= 0; }))
                trial = step_towards(*trial, x);
            if (!trial) break;
            for (Number& value : x) value = 0;
            for (size_t k = 0; k < chosen_.size(); ++k) x[chosen_[k]] = (*trial)[k];
            for (size_t i = 0; i < size_; ++i) barred[i] = lengths_[i] == 0;
        }
        std::vector<double> result(size_);
        for (size_t i = 0; i < size_; ++i)
            result[i] = lengths_[i] == 0 ? 0 : static_cast<double>(x[i] / lengths_[i]);
        return result;
    }

  private:
    /// The column whose growth helps most.
    std::optional<size_t> best(const Vector& x, const std::vector<bool>& barred) const {
        std::optional<size_t> next;
        Number most = kLeastGain * length(sides_);
        for (size_t i = 0; i < size_; ++i) {
            if (barred[i] || std::find(chosen_.begin(), chosen_.end(), i) != chosen_.end())
                continue;
            Number gain = sides_[i];
            for (size_t j = 0; j < size_; ++j) gain -= products_[i][j] * x[j];
            if (gain > most) most = gain, next = i;
        }
        return next;
    }

    static Number length(const Vector& values) {
        Number sum = 0;
        for (Number value : values) sum += value * value;
        return std::sqrt(sum);
    }

    /// Of the chosen columns alone, by Cholesky's decomposition; empty where they depend on each
    /// other.
    std::optional<Vector> least_squares() const {
        const size_t n = chosen_.size();
        std::vector<Vector> lower(n, Vector(n));
        for (size_t i = 0; i < n; ++i) {
            for (size_t j = 0; j <= i; ++j) {
                Number sum = products_[chosen_[i]][chosen_[j]];
                for (size_t k = 0; k < j; ++k) sum -= lower[i][k] * lower[j][k];
                if (i != j) {
                    lower[i][j] = sum / lower[j][j];
                } else {
                    if (sum < kLeastPivot) return std::nullopt;
                    lower[i][i] = std::sqrt(sum);
                }
            }
        }
        Vector x(n);
        for (size_t i = 0; i < n; ++i) {
            x[i] = sides_[chosen_[i]];
            for (size_t k = 0; k < i; ++k) x[i] -= lower[i][k] * x[k];
            x[i] /= lower[i][i];
        }
        for (size_t i = n; i-- > 0;) {
            for (size_t k = i + 1; k < n; ++k) x[i] -= lower[k][i] * x[k];
            x[i] /= lower[i][i];
        }
        return x;
    }

    /// As far as all stay at least 0; the first that reaches it leaves.
    std::optional<Vector> step_towards(const Vector& trial, Vector& x) {
        size_t first = 0;
        Number part = 2;
        for (size_t k = 0; k < chosen_.size(); ++k) {
            const Number from = x[chosen_[k]];
            if (trial[k] > 0 || from / (from - trial[k]) >= part) continue;
            part = from / (from - trial[k]);
            first = k;
        }
        for (size_t k = 0; k < chosen_.size(); ++k) {
            Number& value = x[chosen_[k]];
            value = std::max<Number>(0, value + part * (trial[k] - value));
        }
        x[chosen_[first]] = 0;
        chosen_.erase(chosen_.begin() + static_cast<std::ptrdiff_t>(first));
        return least_squares();
    }

    size_t size_;
    std::vector<Vector> products_;  // of columns of length 1
    Vector sides_;
    Vector lengths_;
    std::vector<size_t> chosen_;
};

}  // namespace

std::vector<double> nnls(const std::vector<std::vector<double>>& rows,
                         const std::vector<double>& values) {
    return Problem(rows, values).solve();
}

}  // namespace ganglion::bench
