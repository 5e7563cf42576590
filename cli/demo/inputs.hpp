#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/demo/judge.hpp"
#include "cli/demo/options.hpp"
#include "project/project.hpp"

namespace ganglion::cli {

/// What a device is about to sense, and what it should make of it.
struct Input {
    std::string description;
    std::vector<int16_t> samples;
    double rate_hz = 0;     ///< samples per second and channel
    uint32_t channels = 1;  ///< interleaved in `samples`
    Truth truth;
    uint64_t tolerance = 0;  ///< samples after an interval in which a decision still counts for it

    /// How long the sensor takes for `values` of them, of all channels.
    double seconds_of(uint64_t values) const {
        const uint64_t length = values / channels;
        return static_cast<double>(length) / rate_hz;
    }
    double seconds() const { return seconds_of(samples.size()); }
};

/// The recordings of --audio one after the other with half a second of quiet between; without any,
/// speech by the text-to-speech engines of this machine, saved as `speech.wav` in `state`.
Input speech_input(const DemoOptions& options, const project::Project& project,
                   const std::filesystem::path& state);

/// Recordings of the application's own sensor (--data, --split).
Input recorded_input(const DemoOptions& options, const project::Project& project);

/// The recording of --vibration, else a simulated motor whose bearing begins to fail.
Input motor_input(const DemoOptions& options, const project::Project& project);

}  // namespace ganglion::cli
