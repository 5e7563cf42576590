#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ganglion::train {

enum class BearingFault { none, outer_race, inner_race };

/// A motor seen by an accelerometer on its bearing housing, in g. Every random choice comes from
/// `seed`: the same settings give the same samples.
///
/// Model: shaft harmonics with a slowly wandering speed; magnetic hum at twice the line frequency;
/// broadband noise coloured by the housing's resonances; a slow drift of the load. From the first
/// faulty sample on, one blow each time a rolling element passes the defect, at
///   outer race  n/2 · f_shaft · (1 − d/D · cos φ)
///   inner race  n/2 · f_shaft · (1 + d/D · cos φ), its strength turning through the load zone once
///   a revolution
/// each exciting a damped resonance exp(−2πζ·f·t)·sin(2πf·t). Spacing between blows varies by about
/// one percent, because the rolling elements slip. The strength grows in proportion to the time
/// since the first faulty sample. Sources: McFadden and Smith, "Model for the vibration produced by
/// a single point defect in a rolling element bearing", Journal of Sound and Vibration 96(1), 1984;
/// Randall and Antoni, "Rolling element bearing diagnostics - a tutorial", Mechanical Systems and
/// Signal Processing 25(2), 2011. Geometry: SKF 6205 (n = 9, d/D = 0.2032, φ = 0).
struct MotorSettings {
    uint64_t seed = 1;
    double rate_hz = 12000;
    double unit_per_lsb = 0.0005;  ///< g per count
    double seconds = 24;
    double fault_after_s = 16;  ///< no effect without a fault
    BearingFault fault = BearingFault::outer_race;
    /// Strength of the blows one second after the first faulty sample, as a multiple of the
    /// machine's own broadband noise (root mean square). The strength keeps growing at this pace.
    double growth_per_second = 2.0;
};

/// What the generator chose; the truth for tests and reports.
struct MotorRecording {
    std::vector<int16_t> samples;  ///< counts of `unit_per_lsb`
    size_t first_faulty =
        0;                ///< index of the first sample of the fault; samples.size() without one
    double shaft_hz = 0;  ///< mean speed
    double fault_hz = 0;  ///< blows per second at that speed; 0 without a fault
    double resonance_hz = 0;  ///< what the blows excite; 0 without a fault
};

/// Makes the recording. Throws std::runtime_error for a rate below 2000 Hz, a length that is not
/// positive, or a count that is not positive.
MotorRecording simulate_motor(const MotorSettings& settings);

}  // namespace ganglion::train
