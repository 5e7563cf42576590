#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "train/quantize/quantized_graph.hpp"

namespace ganglion::train {
namespace {

constexpr size_t kBins = 2048;
constexpr int kCuts = 64;  // candidates on either side
constexpr double kSteps = 255;

using Histogram = std::array<uint32_t, kBins>;

struct Seen {
    float least = std::numeric_limits<float>::infinity();
    float greatest = -std::numeric_limits<float>::infinity();
    Histogram bins{};

    double middle_of(size_t bin) const {
        return least + (static_cast<double>(greatest) - least) *
                           ((static_cast<double>(bin) + 0.5) / static_cast<double>(kBins));
    }
    size_t bin_of(float value) const {
        const double share = greatest > least ? (static_cast<double>(value) - least) /
                                                    (static_cast<double>(greatest) - least)
                                              : 0;
        return std::min(kBins - 1, static_cast<size_t>(share * static_cast<double>(kBins)));
    }
};

/// Mean squared error of 256 steps over [low, high]: half a step at most inside, what is cut off
/// outside.
double squared_error(const Seen& seen, double low, double high) {
    const double step = (high - low) / kSteps;
    double error = 0;
    for (size_t bin = 0; bin < kBins; ++bin) {
        const double value = seen.middle_of(bin);
        const double outside = value < low ? low - value : value > high ? value - high : 0;
        error += seen.bins[bin] * (outside > 0 ? outside * outside : step * step / 12);
    }
    return error;
}

TensorRange cut_range(const Seen& seen) {
    double low = std::min(0.0F, seen.least);
    double high = std::max(0.0F, seen.greatest);
    const auto better = [&](double& side) {
        const double whole = side;
        double best = squared_error(seen, low, high);
        double chosen = side;
        for (int cut = kCuts / 4; cut < kCuts; ++cut) {
            side = whole * cut / kCuts;
            const double error = squared_error(seen, low, high);
            if (error < best) {
                best = error;
                chosen = side;
            }
        }
        side = chosen;
    };
    if (high > 0) better(high);
    if (low < 0) better(low);
    return {static_cast<float>(low), static_cast<float>(high)};
}

}  // namespace

CalibratedRanges calibrated_ranges(FloatGraph& graph, std::span<const float> inputs) {
    const size_t size = graph.input_values();
    if (inputs.size() < size || inputs.size() % size != 0) {
        throw std::runtime_error(fmt::format(
            "{} values to calibrate on are no whole inputs of {} values", inputs.size(), size));
    }
    std::vector<Seen> seen(graph.graph().tensors.size());
    const auto over_all = [&](const auto& use) {
        for (size_t at = 0; at < inputs.size(); at += size) {
            graph.run(inputs.subspan(at, size));
            for (size_t t = 0; t < seen.size(); ++t)
                for (const float value : graph.value(t)) use(seen[t], value);
        }
    };
    over_all([](Seen& s, float value) {
        if (!std::isfinite(value))
            throw std::runtime_error("the float model gives numbers that are not finite");
        s.least = std::min(s.least, value);
        s.greatest = std::max(s.greatest, value);
    });
    over_all([](Seen& s, float value) { ++s.bins[s.bin_of(value)]; });
    CalibratedRanges ranges;
    for (const Seen& s : seen) {
        const bool any = s.least <= s.greatest;
        ranges.whole.push_back(any ? TensorRange{s.least, s.greatest} : TensorRange{});
        ranges.cut.push_back(any ? cut_range(s) : TensorRange{});
    }
    return ranges;
}

}  // namespace ganglion::train
