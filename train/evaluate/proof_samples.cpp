#include "train/evaluate/proof_samples.hpp"

#include <algorithm>
#include <stdexcept>

#include "compile/bundle_features.hpp"
#include "train/evaluate/learner_run.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {

namespace {

// A chirp in noise, as long as `frames` spectral frames.
std::vector<int16_t> chirp(const project::Project& project, uint32_t frames) {
    const auto& features = project.features;
    const size_t length = features.window + static_cast<size_t>(features.hop) * (frames - 1);
    std::vector<int16_t> samples;
    Random random(2024);
    // A triangle wave that gets faster: integers alone, so that no library's sine enters.
    uint32_t phase = 0;
    for (size_t i = 0; i < length; ++i) {
        phase += static_cast<uint32_t>(40'000'000 + i * 30'000);
        const auto saw = static_cast<int32_t>(phase >> 16) - 32768;
        const int32_t triangle = (saw < 0 ? -saw : saw) - 16384;
        const bool loud = i % 4096 > 1024;  // a stored proof may be no longer than that
        for (uint32_t c = 0; c < project.sensor.channels; ++c) {
            const auto noise = static_cast<int32_t>(random.below(401)) - 200;
            samples.push_back(static_cast<int16_t>(noise + (loud ? triangle / 3 : 0)));
        }
    }
    return samples;
}

// A pulse of 60 ms each second on every channel, of falling height from channel to channel, over
// noise and a slow triangle; with a slow sensor a second is 24 samples.
std::vector<int16_t> pulses(const project::Project& project, size_t length) {
    const auto& sensor = project.sensor;
    const uint32_t second = sensor.period_s > 1 || sensor.rate_hz < 24 ? 24 : sensor.rate_hz;
    const uint32_t width = std::max<uint32_t>(second * 6 / 100, 1);
    Random random(2024);
    std::vector<int16_t> samples;
    samples.reserve(length * sensor.channels);
    for (size_t i = 0; i < length; ++i) {
        const auto slow = static_cast<int32_t>(i % (8 * second) * 2000 / (8 * second));
        const bool up = i % second < width;
        for (uint32_t c = 0; c < sensor.channels; ++c) {
            const auto noise = static_cast<int32_t>(random.below(41)) - 20;
            const auto height = static_cast<int32_t>(up ? 9000 / (c + 1) : 0);
            samples.push_back(static_cast<int16_t>(noise + slow + height));
        }
    }
    return samples;
}

}  // namespace

std::vector<int16_t> proof_samples(const project::Project& project, uint32_t inferences,
                                   uint32_t learn_frames) {
    const auto& features = project.features;
    const uint32_t learned = project.running_normal_frames > 0 ? learn_frames : 0;
    const uint32_t frames = std::max(learned + features.frames + features.stride * (inferences - 1),
                                     project.proof_frames);
    if (project.sensor.period_s > 1 && project.features.kind != project::Features::levels)
        return slow_proof_samples(project);
    if (features.parameters.empty()) return chirp(project, frames);
    constexpr size_t most = size_t{1} << 18;
    const size_t wanted = size_t{frames} * project.frame_values();
    for (size_t length = 64; length * project.sensor.channels <= most; length *= 2) {
        std::vector<int16_t> samples = pulses(project, length);
        if (compile::raw_feature_frames(project, samples).size() >= wanted) return samples;
    }
    throw std::runtime_error(project.path.string() +
                             ": the features make too few frames of the proof's samples; change "
                             "[features], or frames in [proof]");
}

}  // namespace ganglion::train
