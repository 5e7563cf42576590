#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace ganglion {

/// Finds the QRS complexes of an electrocardiogram, one sample at a time: low-pass (two moving sums
/// of 1/60 s, a null at mains frequency), difference over 22 ms, magnitude, moving sum of 80 ms; a
/// peak of that is a beat when it stands above a threshold between the medians of the last eight
/// beats' and the last eight other peaks' heights, is no larger peak's neighbour within 200 ms and
/// no T wave (within 360 ms, less than half as steep as the beat before). When 1.5 of the usual
/// intervals pass without a beat, the largest peak since the last one may be as low as half the
/// threshold. After Hamilton and Tompkins, "Quantitative investigation of QRS detection rules using
/// the MIT/BIH arrhythmia database", 1986, and Hamilton, "Open source ECG analysis", 2002.
///
/// The first three seconds set the thresholds; no beat is reported in them.
class QrsDetector {
  public:
    static constexpr uint32_t kLowestRate = 100;
    static constexpr uint32_t kHighestRate = 1000;

    static uint32_t state_bytes(uint32_t rate_hz);

    /// `rate_hz`: kLowestRate..kHighestRate. `state`: state_bytes(), 4-byte aligned, the caller's.
    void start(uint32_t rate_hz, std::span<uint8_t> state);

    /// Takes one sample. True when it shows that a beat was found; peak() is then the index (from
    /// 0) of the sample at which its filtered slope was greatest, 30 to 100 ms after the R wave.
    bool push(int16_t sample);
    uint64_t peak() const { return last_; }
    /// Sum of the last smoothing() samples: the first of the two moving sums.
    int32_t smoothed() const { return first_sum_; }
    int32_t smoothing() const { return static_cast<int32_t>(smooth_); }

  private:
    static constexpr uint32_t kMemory = 8;
    using Heights = std::array<int32_t, kMemory>;

    int32_t filter(int16_t sample);
    bool take_peak(uint64_t at, int32_t height, int32_t slope);
    bool look_back();
    void accept(uint64_t at, int32_t height, int32_t slope);
    void learn(int32_t level);
    void set_threshold();
    uint64_t samples_for(uint32_t ms) const { return uint64_t{rate_hz_} * ms / 1000U; }

    uint32_t rate_hz_ = 0;
    uint32_t smooth_ = 0;         // samples of a moving sum
    uint32_t difference_ = 0;     // samples between the two of which the slope is taken
    uint32_t integrate_ = 0;      // samples over which magnitudes are summed
    std::span<int32_t> samples_;  // rings, the oldest at index now % length
    std::span<int32_t> first_sums_;
    std::span<int32_t> second_sums_;
    std::span<int32_t> magnitudes_;
    int32_t first_sum_ = 0;
    int32_t second_sum_ = 0;
    int32_t level_ = 0;
    int32_t last_level_ = 0;
    uint64_t now_ = 0;

    // The peak that is being followed: none while its height is 0.
    int32_t height_ = 0;
    uint64_t peak_ = 0;
    int32_t peak_slope_ = 0;
    bool slope_known_ = false;

    // The largest peak since the last beat that was not taken for one.
    int32_t missed_height_ = 0;
    uint64_t missed_ = 0;
    int32_t missed_slope_ = 0;

    Heights beats_{};
    Heights others_{};
    Heights intervals_{};
    uint32_t beat_count_ = 0;
    uint32_t other_count_ = 0;
    int32_t threshold_ = 0;
    uint64_t last_ = 0;
    int32_t last_slope_ = 0;
    bool found_ = false;
};

}  // namespace ganglion
