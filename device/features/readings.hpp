#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "device/features/feature_section.hpp"

namespace ganglion {

/// Slow sensors: every group of readings, one a channel, is a frame as it is.
class Readings {
  public:
    struct Parameters {
        uint32_t channels;
    };
    static Status parse(const FeatureHeader& header, std::span<const uint8_t> bytes,
                        Parameters& parameters) {
        if (!bytes.empty() || header.frame_values != header.channels) return Status::bad_shape;
        parameters.channels = header.channels;
        return Status::ok;
    }
    static uint32_t state_bytes(const Parameters& parameters) {
        return (parameters.channels * 2U + 7U) / 8U * 8U;
    }
    static uint32_t scratch_bytes(const Parameters& /*parameters*/) { return 0; }

    void start(const Parameters& parameters, std::span<uint8_t> state) {
        group_ = {reinterpret_cast<int16_t*>(state.data()), parameters.channels};
        filled_ = 0;
    }
    size_t push(std::span<const int16_t> samples, std::span<uint8_t> /*scratch*/, int16_t* frame,
                bool& ready) {
        const size_t count = std::min(samples.size(), group_.size() - filled_);
        std::copy_n(samples.begin(), count, group_.begin() + static_cast<ptrdiff_t>(filled_));
        filled_ += count;
        ready = filled_ == group_.size();
        if (ready) {
            std::copy(group_.begin(), group_.end(), frame);
            filled_ = 0;
        }
        return count;
    }

  private:
    std::span<int16_t> group_;
    size_t filled_ = 0;
};

}  // namespace ganglion
