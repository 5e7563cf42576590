#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace ganglion::testing {

/// One heart beat of a synthetic electrocardiogram.
struct SyntheticBeat {
    double at_s;        ///< of the R wave
    bool wide = false;  ///< a ventricular beat: wide, no P wave, T wave the other way
    double scale = 1.0;
};

/// A sum of Gaussian waves for each beat (McSharry et al., "A dynamical model for generating
/// synthetic electrocardiogram signals", 2003), 200 LSB a millivolt, with noise.
inline std::vector<int16_t> synthetic_ecg(const std::vector<SyntheticBeat>& beats, double seconds,
                                          uint32_t rate_hz, double noise_mv = 0.01) {
    struct Wave {
        double after_s, width_s, mv;
    };
    static const std::vector<Wave> narrow = {{-0.17, 0.025, 0.12},
                                             {-0.025, 0.008, -0.12},
                                             {0.0, 0.011, 1.1},
                                             {0.028, 0.009, -0.25},
                                             {0.26, 0.045, 0.3}};
    static const std::vector<Wave> wide = {
        {-0.02, 0.03, 0.4}, {0.03, 0.035, -1.4}, {0.27, 0.06, 0.45}};
    std::vector<double> mv(static_cast<size_t>(seconds * rate_hz), 0.0);
    for (const SyntheticBeat& beat : beats) {
        for (const Wave& wave : beat.wide ? wide : narrow) {
            const double centre = beat.at_s + wave.after_s;
            const auto begin = static_cast<ptrdiff_t>((centre - 5 * wave.width_s) * rate_hz);
            const auto end = static_cast<ptrdiff_t>((centre + 5 * wave.width_s) * rate_hz);
            for (ptrdiff_t i = std::max<ptrdiff_t>(begin, 0);
                 i < end && i < static_cast<ptrdiff_t>(mv.size()); ++i) {
                const double z = (static_cast<double>(i) / rate_hz - centre) / wave.width_s;
                mv[static_cast<size_t>(i)] += beat.scale * wave.mv * std::exp(-0.5 * z * z);
            }
        }
    }
    std::minstd_rand random(11);
    std::normal_distribution<double> noise(0.0, noise_mv);
    std::vector<int16_t> samples;
    samples.reserve(mv.size());
    for (size_t i = 0; i < mv.size(); ++i) {
        const double wander = 0.2 * std::sin(2.0 * i / rate_hz);  // breathing
        samples.push_back(
            static_cast<int16_t>(std::lround(1024 + 200 * (mv[i] + wander + noise(random)))));
    }
    return samples;
}

}  // namespace ganglion::testing
