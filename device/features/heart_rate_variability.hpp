#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ganglion {

/// Intervals between successive heart beats in 1/16 ms, at most 4095 ms; 0 stands for one that was
/// not measured (a beat lost or not trusted): nothing is compared across it.
using Intervals = std::span<const uint16_t>;

/// Measures in the time domain, as the Task Force of the European Society of Cardiology, "Heart
/// rate variability: standards of measurement", 1996, defines them. All 0 where there are too few
/// intervals: one for the mean, two for deviations, two neighbours for differences.
struct HrvTime {
    uint32_t count;      ///< intervals
    uint32_t mean_q4;    ///< ms, 1/16
    uint32_t rate_q8;    ///< beats a minute, 1/256
    uint32_t sdnn_q4;    ///< deviation of the intervals (divided by their number), ms, 1/16
    uint32_t rmssd_q4;   ///< root mean square of successive differences, ms, 1/16
    uint32_t sdsd_q4;    ///< deviation of the magnitudes of successive differences, ms, 1/16
    uint32_t pnn20_q10;  ///< share of successive differences above 20 ms, 1/1024
    uint32_t pnn50_q10;  ///< and above 50 ms
};
HrvTime hrv_time(Intervals intervals);

/// Power in the frequency domain, ms^2: low 0.04 to 0.15 Hz and high
/// 0.15 to 0.4 Hz, from Lomb and Scargle's periodogram, which needs no even spacing (Scargle,
/// "Studies in astronomical time series analysis II", 1982), 1/512 Hz apart, scaled to the spectral
/// density so that a sine of amplitude A has A^2 / 2.
struct HrvFrequency {
    uint32_t low_ms2;
    uint32_t high_ms2;
    uint32_t ratio_q8;  ///< low / high, 1/256, at most 65535; 0 without high
};
/// All 0 with fewer than 16 intervals or less than 30 s.
HrvFrequency hrv_frequency(Intervals intervals);

}  // namespace ganglion
