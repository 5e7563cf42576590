#include "device/features/heart_rate_variability.hpp"

#include <algorithm>

#include "device/features/integer_sqrt.hpp"

namespace ganglion {

namespace {

constexpr uint32_t kMinuteQ4 = 60000 * 16;
constexpr uint32_t kGridPerHz = 512;
constexpr uint32_t kLowFirst = 21;   // 0.041 Hz
constexpr uint32_t kHighFirst = 77;  // 0.150 Hz
constexpr uint32_t kHighLast = 204;  // 0.398 Hz
constexpr uint32_t kLeastIntervals = 16;
constexpr uint32_t kLeastMs = 30000;
constexpr uint32_t kTableSteps = 256;  // of a quarter turn

// sin over a quarter turn in Q14, by the addition theorem from a small angle's series.
constexpr auto make_sines() {
    std::array<int16_t, kTableSteps + 1> table{};
    const double angle = 3.14159265358979323846 / 2 / kTableSteps;
    const double square = angle * angle;
    const double step_sin = angle * (1 - square / 6 * (1 - square / 20));
    const double step_cos = 1 - square / 2 * (1 - square / 12 * (1 - square / 30));
    double s = 0;
    double c = 1;
    for (uint32_t i = 0; i <= kTableSteps; ++i) {
        const double rounded = s * 16384 + 0.5;  // positive; lround() is no constant expression
        table[i] = static_cast<int16_t>(rounded);
        const double next = s * step_cos + c * step_sin;
        c = c * step_cos - s * step_sin;
        s = next;
    }
    return table;
}
constexpr auto sines = make_sines();

// `phase`: 2^32 is a whole turn. Nearest table place: off by at most 0.0031.
int32_t sine(uint32_t phase) {
    const uint32_t rounded = phase + (1U << 21U);
    const uint32_t place = (rounded >> 22U) % kTableSteps;
    switch (rounded >> 30U) {
        case 0:
            return sines[place];
        case 1:
            return sines[kTableSteps - place];
        case 2:
            return -sines[place];
        default:
            return -sines[kTableSteps - place];
    }
}

int32_t cosine(uint32_t phase) {
    return sine(phase + (1U << 30U));
}

uint32_t rounded_root(uint64_t square) {
    const uint64_t root = integer_sqrt(square);
    return static_cast<uint32_t>(square - root * root > root ? root + 1 : root);
}

// Deviation of `count` values from their sum and sum of squares.
uint32_t deviation(uint64_t count, uint64_t sum, uint64_t squares) {
    return count < 2 ? 0 : rounded_root((squares * count - sum * sum) / (count * count));
}

struct Sums {
    uint64_t count = 0;
    uint64_t sum = 0;
};

Sums sums_of(Intervals intervals) {
    Sums sums;
    for (const uint16_t interval : intervals) {
        if (interval == 0) continue;
        ++sums.count;
        sums.sum += interval;
    }
    return sums;
}

// Power of the intervals at one frequency, (1/16 ms)^2 times the number of intervals: the least
// squares fit of a sine and a cosine, which is Scargle's periodogram without its shift of time.
uint64_t power_at(Intervals intervals, uint32_t grid, uint32_t mean_q4) {
    int64_t value_cos = 0;
    int64_t value_sin = 0;
    int64_t cos_cos = 0;
    int64_t sin_sin = 0;
    int64_t cos_sin = 0;
    uint32_t phase = 0;
    // A second is grid / 512 turns, 2^23 * grid; 1/16 ms is that over 16000.
    const uint64_t per_unit = (uint64_t{grid} << 39U) / 16000U;  // in 2^-16
    for (const uint16_t interval : intervals) {
        const uint16_t elapsed = interval == 0 ? static_cast<uint16_t>(mean_q4) : interval;
        phase += static_cast<uint32_t>((elapsed * per_unit) >> 16U);
        if (interval == 0) continue;
        const int64_t c = cosine(phase);
        const int64_t s = sine(phase);
        const int64_t value = int64_t{interval} - mean_q4;
        value_cos += value * c;
        value_sin += value * s;
        cos_cos += c * c;
        sin_sin += s * s;
        cos_sin += c * s;
    }
    // Q14 for the sums with values, Q28 for those of products; brought to Q0 and Q8.
    const int64_t yc = value_cos / 16384;
    const int64_t ys = value_sin / 16384;
    const int64_t cc = cos_cos >> 20U;
    const int64_t ss = sin_sin >> 20U;
    const int64_t cs = cos_sin >> 20U;
    const int64_t determinant = cc * ss - cs * cs;  // Q16
    if (determinant <= 0) return 0;
    const int64_t above = yc * yc / 16 * ss + ys * ys / 16 * cc - yc * ys / 8 * cs;  // Q8 / 16
    return static_cast<uint64_t>(std::max<int64_t>(above / (determinant / 256 + 1), 0)) * 16 / 2;
}

}  // namespace

HrvTime hrv_time(Intervals intervals) {
    HrvTime result{};
    const Sums sums = sums_of(intervals);
    if (sums.count == 0) return result;
    result.count = static_cast<uint32_t>(sums.count);
    result.mean_q4 = static_cast<uint32_t>((sums.sum + sums.count / 2) / sums.count);
    result.rate_q8 =
        static_cast<uint32_t>((uint64_t{kMinuteQ4} * 256U * sums.count + sums.sum / 2) / sums.sum);
    uint64_t squares = 0;
    uint64_t differences = 0;
    uint64_t difference_sum = 0;
    uint64_t difference_squares = 0;
    uint32_t above_20 = 0;
    uint32_t above_50 = 0;
    uint16_t last = 0;
    for (const uint16_t interval : intervals) {
        squares += uint64_t{interval} * interval;
        if (interval != 0 && last != 0) {
            const uint32_t difference = std::max(interval, last) - std::min(interval, last);
            ++differences;
            difference_sum += difference;
            difference_squares += uint64_t{difference} * difference;
            above_20 += difference > 20 * 16 ? 1U : 0U;
            above_50 += difference > 50 * 16 ? 1U : 0U;
        }
        last = interval;
    }
    result.sdnn_q4 = deviation(sums.count, sums.sum, squares);
    if (differences == 0) return result;
    result.rmssd_q4 = rounded_root(difference_squares / differences);
    result.sdsd_q4 = deviation(differences, difference_sum, difference_squares);
    result.pnn20_q10 = static_cast<uint32_t>(uint64_t{above_20} * 1024U / differences);
    result.pnn50_q10 = static_cast<uint32_t>(uint64_t{above_50} * 1024U / differences);
    return result;
}

HrvFrequency hrv_frequency(Intervals intervals) {
    HrvFrequency result{};
    const Sums sums = sums_of(intervals);
    if (sums.count < kLeastIntervals || sums.sum < uint64_t{kLeastMs} * 16) return result;
    const auto mean = static_cast<uint32_t>((sums.sum + sums.count / 2) / sums.count);
    // Duration over count is the mean interval: density = 2 * power / count * duration.
    const auto band = [&](uint32_t first, uint32_t last) {
        uint64_t power = 0;
        for (uint32_t grid = first; grid <= last; ++grid) power += power_at(intervals, grid, mean);
        const uint64_t ms2_ms = 2 * power * mean / 16 / 256;  // times ms
        return static_cast<uint32_t>(std::min<uint64_t>(ms2_ms / 1000 / kGridPerHz, UINT32_MAX));
    };
    result.low_ms2 = band(kLowFirst, kHighFirst - 1);
    result.high_ms2 = band(kHighFirst, kHighLast);
    if (result.high_ms2 != 0) {
        result.ratio_q8 = static_cast<uint32_t>(
            std::min<uint64_t>(uint64_t{result.low_ms2} * 256U / result.high_ms2, 65535));
    }
    return result;
}

}  // namespace ganglion
