#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace ganglion {

/// Finds the pulses of a photoplethysmogram, one sample at a time: where the signal, smoothed over
/// 0.1 s, lies above its own mean over 0.75 s there is one, at the place of its greatest value
/// (between samples, by a parabola), if it stands at least half as high over that mean as the
/// last pulses and 300 ms or more after the last one; of two that are nearer the higher counts.
/// Two moving averages as in Elgendi et al., "Systolic peak detection in acceleration
/// photoplethysmograms", 2013.
class PulseDetector {
  public:
    static constexpr uint32_t kLowestRate = 25;
    static constexpr uint32_t kHighestRate = 500;

    static uint32_t state_bytes(uint32_t rate_hz);

    /// `rate_hz`: kLowestRate..kHighestRate. `state`: as many bytes, 4-byte aligned, the caller's.
    void start(uint32_t rate_hz, std::span<uint8_t> state);

    /// Takes one sample; true when a pulse is certain.
    bool push(int16_t sample);
    /// Where it was, in 1/256 of a sample from the first sample's place, and its height over the
    /// mean in sample units.
    uint64_t peak_q8() const { return found_.at_q8; }
    int32_t height() const { return found_.height / static_cast<int32_t>(smooth_ * smooth_); }

  private:
    static constexpr uint32_t kMemory = 8;
    struct Pulse {
        uint64_t at_q8;
        int32_t height;  // times smooth_^2
    };

    bool end_of_region();
    bool confirm();

    uint32_t smooth_ = 1;
    uint32_t mean_ = 1;        // samples of the long mean
    uint32_t refractory_ = 1;  // samples
    std::span<int32_t> samples_;
    std::span<int32_t> sums_;
    std::span<int32_t> smoothed_;  // the last mean_ + 1
    int32_t sum_ = 0;
    int32_t twice_ = 0;
    int64_t long_sum_ = 0;
    uint64_t now_ = 0;

    bool inside_ = false;
    Pulse best_{};  // of this region
    bool waiting_ = false;
    Pulse candidate_{};  // until no higher one can follow
    Pulse found_{};
    std::array<int32_t, kMemory> heights_{};
    uint32_t count_ = 0;
};

}  // namespace ganglion
