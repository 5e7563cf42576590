#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

#include "device/core/status.hpp"
#include "device/learn/learner.hpp"
#include "device/learn/seasonal_forecast.hpp"

namespace ganglion {

/// One reading against a fixed level (little-endian, no padding).
struct LevelParameters {
    uint16_t channel;   ///< which value of the frame
    int16_t level;      ///< where the score is 500
    uint16_t width;     ///< steps from the level at which it is 0 and 1000, 1 or more
    uint16_t reserved;  ///< zero
};
static_assert(sizeof(LevelParameters) == 8);

/// The cheapest judge: how far one reading of the frame is above a level that training has chosen.
/// A missing reading leaves the score where it was.
class LevelLearner {
  public:
    using Parameters = LevelParameters;

    static Status parse(const LearnerHeader& header, uint32_t values,
                        std::span<const uint8_t> bytes, Parameters& parameters) {
        if (bytes.size() != sizeof parameters || header.outputs != 1) return Status::bad_shape;
        std::memcpy(&parameters, bytes.data(), sizeof parameters);
        const bool good =
            parameters.channel < values && parameters.width >= 1 && parameters.reserved == 0;
        return good ? Status::ok : Status::bad_value;
    }
    static uint32_t state_bytes(const Parameters& /*parameters*/) { return 8; }
    static uint32_t scratch_bytes(const Parameters& /*parameters*/) { return 0; }

    void start(const Parameters& parameters, std::span<uint8_t> state) {
        parameters_ = parameters;
        score_ = reinterpret_cast<uint16_t*>(state.data());
        *score_ = 0;
    }
    bool resume(const Parameters& parameters, std::span<uint8_t> state) {
        parameters_ = parameters;
        score_ = reinterpret_cast<uint16_t*>(state.data());
        return *score_ <= 1000;
    }
    bool push(std::span<const int16_t> values, std::span<uint8_t> /*scratch*/,
              std::span<uint16_t> scores) {
        const int32_t value = values[parameters_.channel];
        if (value != kMissing) {
            const int32_t above = (value - parameters_.level) * 500 / parameters_.width;
            *score_ = static_cast<uint16_t>(std::clamp<int32_t>(500 + above, 0, 1000));
        }
        scores[0] = *score_;
        return true;
    }

  private:
    Parameters parameters_{};
    uint16_t* score_ = nullptr;
};

}  // namespace ganglion
