#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace ganglion {

/// Where the parts of a heart beat lie in its window, in samples from the window's start.
struct BeatWindow {
    /// `rate_hz`: of the samples of the window, 100..500.
    explicit BeatWindow(uint32_t rate_hz = 180);

    uint32_t length;   ///< 250 ms before the R wave to 350 ms after it
    uint32_t r;        ///< the R wave
    uint32_t p_begin;  ///< P wave: 233 to 67 ms before R
    uint32_t p_end;
    uint32_t base_begin;  ///< isoelectric line: 100 to 50 ms before R
    uint32_t base_end;
    uint32_t qrs_begin;  ///< 83 ms before R to 122 ms after it
    uint32_t qrs_end;
    uint32_t most_lag;  ///< 56 ms
};

/// Amplitudes of one beat.
struct BeatSize {
    uint32_t height;  ///< greatest less least value of the QRS
    uint32_t area;    ///< sum of the magnitudes
    uint32_t width;   ///< samples between the first and the last steep place, plus 1
};

/// How a beat compares with the beats that are normal for this person.
struct BeatComparison {
    int16_t qrs;     ///< correlation with the normal beat, 1/1024: of the QRS,
    int16_t whole;   ///< of the whole beat,
    int16_t p_wave;  ///< of the part before the QRS
    int16_t t_wave;  ///< and of that after it
    int16_t height;  ///< log2 of the ratio to the normal beat's, 1/256
    int16_t area;
    int16_t width;
    int16_t greatest;  ///< the QRS's greatest value less the normal one's, over its height, 1/1024
    int16_t least;     ///< the same of the least value
    int16_t usual_p;   ///< p_wave of the last normal beats, mean, 1/1024
};

/// The shapes of heart beats that a person has, learned as they come: up to five, each the mean of
/// beats that correlate with it, with how often they come and how early. Normal is the shape that
/// comes most often and not early. So no recording of the person is needed beforehand (compare
/// Llamedo and Martinez, "An automatic patient-adapted ECG heartbeat classifier", 2012).
class BeatShapes {
  public:
    static constexpr uint32_t kShapes = 5;

    static uint32_t state_bytes(uint32_t rate_hz);
    static uint32_t scratch_bytes(uint32_t rate_hz);

    /// `state`: as many bytes, 4-byte aligned, the caller's.
    void start(uint32_t rate_hz, std::span<uint8_t> state);

    const BeatWindow& window() const { return window_; }

    /// `signal`: a window with most_lag more samples at either end, R wave about in the middle.
    /// `early_q10`: interval before the beat over the usual one. `scratch`: scratch_bytes().
    BeatComparison compare_and_learn(std::span<const int16_t> signal, uint32_t early_q10,
                                     std::span<uint8_t> scratch);

  private:
    struct Shape {
        uint32_t weight_q12;  // beats, fading
        uint32_t early_q10;   // mean interval before, over the usual one
        uint32_t width_q4;
    };
    struct Fit {
        int32_t correlation;  // 1/1024
        int32_t lag;
    };

    std::span<int32_t> mean(uint32_t shape) const;
    int32_t correlate(const int16_t* beat, const int32_t* mean, uint32_t count) const;
    Fit best_lag(const int16_t* beat, uint32_t shape) const;
    BeatSize size_of(std::span<const int16_t> beat) const;
    BeatSize size_of_mean(uint32_t shape) const;
    void compare_extremes(std::span<const int16_t> aligned, uint32_t normal,
                          BeatComparison& result) const;
    uint32_t normal_shape() const;
    void learn(uint32_t shape, std::span<const int16_t> beat, const BeatSize& size,
               uint32_t early_q10, bool known);

    BeatWindow window_;
    std::array<Shape, kShapes> shapes_{};
    std::span<int32_t> means_;  // kShapes windows, 1/256 of a sample's unit
    int32_t usual_p_q15_ = 0;
};

}  // namespace ganglion
