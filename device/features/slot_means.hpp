#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "device/features/feature_section.hpp"

namespace ganglion {

/// Slow sensors by the calendar: the mean of each channel over a slot of the week (an hour, a day).
/// The first channel is the minute of the week in local time (0: Monday 00:00, .. 10079; -32768:
/// the clock is not known, the sample follows the one before by the sensor's period). A frame is
/// the slot of the week and then the mean of the other channels' values, rounded, without those
/// that are missing (-32768); -32768 where all are. It comes with the slot's last sample where none
/// is missing, else with the first sample of a later slot. Slots without any sample give no frame.
class SlotMeans {
  public:
    struct Parameters {
        uint32_t channels;
        uint32_t slot_minutes;      ///< divides a week
        uint32_t samples;           ///< in a slot where none is missing
        uint32_t minutes_a_sample;  ///< 0: less than one
    };
    static Status parse(const FeatureHeader& header, std::span<const uint8_t> bytes,
                        Parameters& parameters);
    static uint32_t state_bytes(const Parameters& parameters);
    static uint32_t scratch_bytes(const Parameters& /*parameters*/) { return 0; }

    void start(const Parameters& parameters, std::span<uint8_t> state);
    size_t push(std::span<const int16_t> samples, std::span<uint8_t> scratch, int16_t* frame,
                bool& ready);

  private:
    struct Channel {
        int64_t sum;
        uint32_t count;
        int16_t reading;  // of the group that is coming in
    };
    static constexpr uint32_t kNone = UINT32_MAX;

    bool take(int16_t* frame);
    uint32_t minute_of(int16_t reading);
    void finish(int16_t* frame);
    void add();

    Parameters parameters_{};
    std::span<Channel> channels_;
    uint32_t filled_ = 0;      // of the group
    uint32_t minute_ = kNone;  // of the last sample
    uint32_t slot_ = kNone;    // that is being filled
    uint32_t samples_ = 0;     // in it
};

}  // namespace ganglion
