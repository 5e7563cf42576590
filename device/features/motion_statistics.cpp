#include "device/features/motion_statistics.hpp"

#include <algorithm>

#include "device/features/integer_log2.hpp"
#include "device/features/integer_sqrt.hpp"

namespace ganglion {

namespace {

// log2(length / one_g) in 1/256; lengths in 1/16 LSB.
int16_t log_of_g(uint64_t length_q4, uint16_t one_g) {
    const uint64_t least = std::max<uint64_t>(uint64_t{one_g} / 4U, 1);  // 1/64 g in 1/16 LSB
    return static_cast<int16_t>(log2_q8(std::max(length_q4, least)) -
                                log2_q8(uint64_t{one_g} * 16U));
}

}  // namespace

Direction direction_of(const std::array<int64_t, 3>& vector) {
    uint64_t squares = 0;
    std::array<int64_t, 3> scaled = vector;
    uint64_t largest = 0;
    for (const int64_t v : vector) {
        largest = std::max(largest, static_cast<uint64_t>(v < 0 ? -v : v));
    }
    while (largest >= (1U << 24U)) {
        largest >>= 1U;
        for (int64_t& v : scaled) v /= 2;
    }
    for (const int64_t v : scaled) squares += static_cast<uint64_t>(v * v);
    Direction direction{};
    const auto length = static_cast<int64_t>(integer_sqrt(squares << 8U));  // 1/16
    if (length == 0) return direction;
    for (size_t i = 0; i < 3; ++i) {
        const int64_t value = scaled[i] * 16 * kUnit / length;
        direction[i] = static_cast<int16_t>(std::clamp<int64_t>(value, -kUnit, kUnit));
    }
    return direction;
}

int16_t cosine(const Direction& a, const Direction& b) {
    int32_t sum = 0;
    for (size_t i = 0; i < 3; ++i) sum += int32_t{a[i]} * b[i];
    return static_cast<int16_t>(std::clamp(sum / kUnit, -kUnit, kUnit));
}

uint32_t length_of(const int16_t* vector) {
    uint64_t squares = 0;
    for (size_t i = 0; i < 3; ++i) {
        squares += static_cast<uint64_t>(int64_t{vector[i]} * vector[i]);
    }
    return integer_sqrt(squares);
}

MotionStatistics motion_statistics(const int16_t* samples, uint32_t count, uint32_t channels,
                                   uint16_t one_g) {
    uint32_t greatest = 0;
    uint32_t least = UINT32_MAX;
    uint64_t sum = 0;
    uint64_t squares = 0;
    uint32_t turn_peak = 0;
    uint64_t turn_sum = 0;
    std::array<int64_t, 3> total{};
    for (uint32_t i = 0; i < count; ++i, samples += channels) {
        const uint32_t length = length_of(samples);
        greatest = std::max(greatest, length);
        least = std::min(least, length);
        sum += length;
        squares += uint64_t{length} * length;
        for (size_t axis = 0; axis < 3; ++axis) total[axis] += samples[axis];
        if (channels < 6) continue;
        const uint32_t turn = length_of(samples + 3);
        turn_peak = std::max(turn_peak, turn);
        turn_sum += turn;
    }
    // count * variance = sum of squares - (sum)^2 / count, never below 0 (Cauchy-Schwarz).
    const uint64_t spread = squares * count - sum * sum;  // count^2 * variance
    MotionStatistics s{};
    s.greatest = log_of_g(uint64_t{greatest} * 16U, one_g);
    s.least = log_of_g(uint64_t{least} * 16U, one_g);
    s.mean = log_of_g(sum * 16U / count, one_g);
    s.deviation = log_of_g(uint64_t{integer_sqrt(spread)} * 16U / count, one_g);
    s.turn_peak = static_cast<int16_t>(log2_q8(std::max<uint64_t>(turn_peak, 1)));
    s.turn_mean =
        static_cast<int16_t>(log2_q8(std::max<uint64_t>(turn_sum * 16U / count, 16)) - 4 * 256);
    s.up = direction_of(total);
    return s;
}

}  // namespace ganglion
