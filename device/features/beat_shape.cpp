#include "device/features/beat_shape.hpp"

#include <algorithm>
#include <cstddef>

#include "device/features/integer_log2.hpp"
#include "device/features/integer_sqrt.hpp"

namespace ganglion {

namespace {

constexpr int32_t kAlike = 870;           // correlation (1/1024) from which beats have one shape
constexpr int32_t kAlikeHeightQ8 = 179;   // and heights within a factor of 1.6
constexpr uint32_t kNotEarlyQ10 = 901;    // mean interval, over the usual one, of normal beats
constexpr uint32_t kEarlyShare = 38;      // of 256: what an early shape's weight counts
constexpr uint32_t kOneBeat = 1U << 12U;  // weight
constexpr uint32_t kFade = 9;             // weights lose 2^-9 a beat
constexpr uint32_t kMostBeatsInMean = 64;
constexpr int32_t kGoodFit = 900;        // correlation from which a beat's P wave is the usual
constexpr int32_t kUsualPBegin = 26214;  // 0.8
constexpr uint32_t kMeanScale = 256;
constexpr int32_t kMostExtreme = 4096;  // four times the normal beat's height

uint32_t samples(uint32_t rate_hz, uint32_t us) {
    return (rate_hz * us + 500000U) / 1000000U;
}

int16_t log_ratio(uint64_t value, uint64_t normal) {
    return static_cast<int16_t>(log2_q8(value) - log2_q8(normal));
}

}  // namespace

BeatWindow::BeatWindow(uint32_t rate_hz)
    : length(samples(rate_hz, 250000) + samples(rate_hz, 350000)),
      r(samples(rate_hz, 250000)),
      p_begin(samples(rate_hz, 16667)),
      p_end(r - samples(rate_hz, 66667)),
      base_begin(r - samples(rate_hz, 100000)),
      base_end(r - samples(rate_hz, 50000)),
      qrs_begin(r - samples(rate_hz, 83333)),
      qrs_end(r + samples(rate_hz, 122222)),
      most_lag(samples(rate_hz, 55556)) {}

uint32_t BeatShapes::state_bytes(uint32_t rate_hz) {
    return kShapes * BeatWindow(rate_hz).length * static_cast<uint32_t>(sizeof(int32_t));
}

uint32_t BeatShapes::scratch_bytes(uint32_t rate_hz) {
    return BeatWindow(rate_hz).length * static_cast<uint32_t>(sizeof(int16_t));
}

void BeatShapes::start(uint32_t rate_hz, std::span<uint8_t> state) {
    *this = BeatShapes();
    window_ = BeatWindow(rate_hz);
    means_ = {reinterpret_cast<int32_t*>(state.data()), size_t{kShapes} * window_.length};
    std::fill(means_.begin(), means_.end(), 0);
    usual_p_q15_ = kUsualPBegin;
}

std::span<int32_t> BeatShapes::mean(uint32_t shape) const {
    return means_.subspan(size_t{shape} * window_.length, window_.length);
}

// Pearson's correlation in 1/1024: sums of at most 300 products of 16 bits.
int32_t BeatShapes::correlate(const int16_t* beat, const int32_t* mean, uint32_t count) const {
    int64_t sum_a = 0;
    int64_t sum_b = 0;
    int64_t square_a = 0;
    int64_t square_b = 0;
    int64_t product = 0;
    for (uint32_t i = 0; i < count; ++i) {
        const int32_t a = beat[i];
        const int32_t b = mean[i] / static_cast<int32_t>(kMeanScale);
        sum_a += a;
        sum_b += b;
        square_a += int64_t{a} * a;
        square_b += int64_t{b} * b;
        product += int64_t{a} * b;
    }
    const auto n = static_cast<int64_t>(count);
    const int64_t covariance = n * product - sum_a * sum_b;
    const int64_t norm =
        int64_t{integer_sqrt(static_cast<uint64_t>(n * square_a - sum_a * sum_a))} *
        integer_sqrt(static_cast<uint64_t>(n * square_b - sum_b * sum_b));
    if (norm == 0) return 0;
    return static_cast<int32_t>(std::clamp<int64_t>(covariance * 1024 / norm, -1024, 1024));
}

BeatShapes::Fit BeatShapes::best_lag(const int16_t* beat, uint32_t shape) const {
    Fit best{-2000, 0};
    const auto most = static_cast<int32_t>(window_.most_lag);
    for (int32_t lag = -most; lag <= most; ++lag) {
        const int32_t fit =
            correlate(beat + most + lag + window_.qrs_begin, mean(shape).data() + window_.qrs_begin,
                      window_.qrs_end - window_.qrs_begin);
        if (fit > best.correlation) best = {fit, lag};
    }
    return best;
}

// `beat`: a window whose isoelectric line is 0.
BeatSize BeatShapes::size_of(std::span<const int16_t> beat) const {
    const uint32_t margin = window_.most_lag / 2;
    BeatSize size{0, 0, 1};
    int32_t greatest = INT32_MIN;
    int32_t least = INT32_MAX;
    int32_t steepest = 0;
    for (uint32_t i = window_.qrs_begin; i < window_.qrs_end; ++i) {
        greatest = std::max<int32_t>(greatest, beat[i]);
        least = std::min<int32_t>(least, beat[i]);
        const int32_t step = beat[i] - beat[i - 1];
        steepest = std::max(steepest, step < 0 ? -step : step);
    }
    uint32_t first = 0;
    uint32_t last = 0;
    for (uint32_t i = window_.qrs_begin - margin; i < window_.qrs_end + margin; ++i) {
        if (i >= window_.qrs_begin)
            size.area += static_cast<uint32_t>(beat[i] < 0 ? -beat[i] : beat[i]);
        const int32_t step = beat[i] - beat[i - 2];
        if (2 * (step < 0 ? -step : step) <= steepest) continue;
        if (first == 0) first = i;
        last = i;
    }
    size.height = static_cast<uint32_t>(greatest - least);
    size.width = last - first + 1;
    return size;
}

BeatSize BeatShapes::size_of_mean(uint32_t shape) const {
    const std::span<const int32_t> values = mean(shape);
    BeatSize size{0, 0, shapes_[shape].width_q4};
    int32_t greatest = INT32_MIN;
    int32_t least = INT32_MAX;
    for (uint32_t i = window_.qrs_begin; i < window_.qrs_end; ++i) {
        greatest = std::max(greatest, values[i]);
        least = std::min(least, values[i]);
    }
    uint64_t area = 0;
    for (uint32_t i = window_.qrs_begin; i < window_.qrs_end + window_.most_lag / 2; ++i)
        area += static_cast<uint32_t>(values[i] < 0 ? -values[i] : values[i]);
    size.height = static_cast<uint32_t>(greatest - least) / kMeanScale;
    size.area = static_cast<uint32_t>(area / kMeanScale);
    return size;
}

// Over the isoelectric line, with a margin on either side: a wide beat's may lie outside of the
// QRS.
void BeatShapes::compare_extremes(std::span<const int16_t> aligned, uint32_t normal,
                                  BeatComparison& result) const {
    const std::span<const int32_t> values = mean(normal);
    const uint32_t margin = window_.most_lag;
    int32_t base = 0;
    for (uint32_t i = window_.base_begin; i < window_.base_end; ++i) base += aligned[i];
    base /= static_cast<int32_t>(window_.base_end - window_.base_begin);
    int32_t greatest = INT32_MIN;
    int32_t least = INT32_MAX;
    int32_t usual_greatest = INT32_MIN;
    int32_t usual_least = INT32_MAX;
    for (uint32_t i = window_.qrs_begin - margin; i < window_.qrs_end + margin; ++i) {
        const int32_t usual = values[i] / static_cast<int32_t>(kMeanScale);
        greatest = std::max(greatest, aligned[i] - base);
        least = std::min(least, aligned[i] - base);
        usual_greatest = std::max(usual_greatest, usual);
        usual_least = std::min(usual_least, usual);
    }
    const int64_t height = std::max<int32_t>(1, usual_greatest - usual_least);
    const auto share = [&](int32_t more) {
        return static_cast<int16_t>(
            std::clamp<int64_t>(int64_t{more} * 1024 / height, -kMostExtreme, kMostExtreme));
    };
    result.greatest = share(greatest - usual_greatest);
    result.least = share(least - usual_least);
}

uint32_t BeatShapes::normal_shape() const {
    uint32_t best = 0;
    uint64_t most = 0;
    for (uint32_t i = 0; i < kShapes; ++i) {
        const uint64_t share = shapes_[i].early_q10 > kNotEarlyQ10 ? 256 : kEarlyShare;
        const uint64_t weight = shapes_[i].weight_q12 * share;
        if (weight <= most) continue;
        most = weight;
        best = i;
    }
    return best;
}

void BeatShapes::learn(uint32_t shape, std::span<const int16_t> beat, const BeatSize& size,
                       uint32_t early_q10, bool known) {
    Shape& s = shapes_[shape];
    const std::span<int32_t> values = mean(shape);
    const auto scale = static_cast<int32_t>(kMeanScale);
    if (known) {
        const auto n =
            static_cast<int32_t>(std::min(kMostBeatsInMean, s.weight_q12 / kOneBeat + 2));
        for (size_t i = 0; i < beat.size(); ++i) values[i] += (beat[i] * scale - values[i]) / n;
        const auto early = static_cast<int32_t>(s.early_q10);
        s.early_q10 = static_cast<uint32_t>(early + (static_cast<int32_t>(early_q10) - early) / n);
        const auto width = static_cast<int32_t>(s.width_q4);
        s.width_q4 =
            static_cast<uint32_t>(width + (static_cast<int32_t>(size.width * 16) - width) / n);
        s.weight_q12 += kOneBeat;
    } else {
        for (size_t i = 0; i < beat.size(); ++i) values[i] = beat[i] * scale;
        s = {kOneBeat, early_q10, size.width * 16};
    }
    for (Shape& each : shapes_) each.weight_q12 -= each.weight_q12 >> kFade;
}

BeatComparison BeatShapes::compare_and_learn(std::span<const int16_t> signal, uint32_t early_q10,
                                             std::span<uint8_t> scratch) {
    uint32_t nearest = 0;
    Fit fit{-2000, 0};
    for (uint32_t i = 0; i < kShapes; ++i) {
        if (shapes_[i].weight_q12 == 0) continue;
        const Fit candidate = best_lag(signal.data(), i);
        if (candidate.correlation <= fit.correlation) continue;
        fit = candidate;
        nearest = i;
    }
    if (fit.correlation < kAlike) fit.lag = 0;
    const auto centre = static_cast<int32_t>(window_.most_lag);
    const int16_t* aligned = signal.data() + centre + fit.lag;

    const std::span<int16_t> beat(reinterpret_cast<int16_t*>(scratch.data()), window_.length);
    int32_t base = 0;
    for (uint32_t i = window_.base_begin; i < window_.base_end; ++i) base += aligned[i];
    base /= static_cast<int32_t>(window_.base_end - window_.base_begin);
    for (uint32_t i = 0; i < window_.length; ++i)
        beat[i] = static_cast<int16_t>(std::clamp<int32_t>(aligned[i] - base, -32768, 32767));
    const BeatSize size = size_of(beat);

    BeatComparison result{1024, 1024, 1024, 1024, 0, 0, 0, 0, 0, 0};
    const bool any = shapes_[nearest].weight_q12 != 0;
    if (any) {
        const uint32_t normal = normal_shape();
        const int32_t* values = mean(normal).data();
        const BeatSize usual = size_of_mean(normal);
        const Fit own = best_lag(signal.data(), normal);
        const int16_t* at = signal.data() + centre + own.lag;
        const auto part = [&](uint32_t begin, uint32_t end) {
            return static_cast<int16_t>(correlate(at + begin, values + begin, end - begin));
        };
        const uint32_t edge = window_.p_begin;
        result.qrs = static_cast<int16_t>(own.correlation);
        result.whole = part(2 * edge, window_.length - 2 * edge);
        result.p_wave = part(edge, window_.p_end);
        result.t_wave = part(window_.qrs_end, window_.length);
        result.height = log_ratio(size.height + 1, usual.height + 1);
        result.area = log_ratio(size.area + 1, usual.area + 1);
        result.width = log_ratio(size.width * 16, usual.width);
        compare_extremes({at, window_.length}, normal, result);
    }
    result.usual_p = static_cast<int16_t>(usual_p_q15_ / 32);
    if (result.qrs > kGoodFit)
        usual_p_q15_ += (std::max<int32_t>(result.p_wave, 0) * 32 - usual_p_q15_) / 32;

    const auto height = static_cast<int32_t>(
        any ? log_ratio(size.height + 1, size_of_mean(nearest).height + 1) : INT16_MAX);
    const bool known =
        any && fit.correlation >= kAlike && height < kAlikeHeightQ8 && height > -kAlikeHeightQ8;
    if (!known) {
        nearest = 0;
        for (uint32_t i = 1; i < kShapes; ++i)
            if (shapes_[i].weight_q12 < shapes_[nearest].weight_q12) nearest = i;
    }
    learn(nearest, beat, size, early_q10, known);
    return result;
}

}  // namespace ganglion
