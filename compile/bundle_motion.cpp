#include <cmath>
#include <cstring>

#include "compile/bundle_parameters.hpp"
#include "device/features/eye_frames.hpp"
#include "device/features/gradient_frames.hpp"
#include "device/features/impact_frames.hpp"
#include "device/features/level_frames.hpp"
#include "device/features/motion_frames.hpp"
#include "device/features/stroke_frames.hpp"
#include "device/learn/prototypes.hpp"

namespace ganglion::compile {

namespace {

using project::number_of;
using project::Numbers;
using project::Project;
using Bytes = std::vector<uint8_t>;

template <typename T>
Bytes bytes_of(const T& value) {
    Bytes bytes(sizeof value);
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

uint16_t half(const Numbers& numbers, const char* key, double factor = 1) {
    return static_cast<uint16_t>(std::lround(number_of(numbers, key) * factor));
}

// The sensor states g, or m/s2, an LSB; without a unit an LSB is 1 mg.
uint16_t one_g(const Project& project) {
    constexpr double kMetresPerSecondSquared = 9.80665;
    const double g = project.sensor.unit.starts_with("m/s2") ? kMetresPerSecondSquared : 1;
    const double unit = project.sensor.unit_per_lsb > 0 ? project.sensor.unit_per_lsb : g / 1000;
    return static_cast<uint16_t>(std::lround(std::fmin(g / unit, 32767)));
}

// The share of a low-pass filter with a time constant of `seconds`.
uint32_t share_q16(const Project& project, const char* key) {
    const double samples =
        number_of(project.features.parameters, key) * project.sensor.samples_per_second();
    return static_cast<uint32_t>(std::lround(65536 / std::fmax(samples, 1)));
}

}  // namespace

Bytes impact_parameters(const Project& project) {
    const Numbers& numbers = project.features.parameters;
    const std::vector<double>& segments = numbers.find("segments")->second;
    Bytes bytes = bytes_of(ImpactHeader{
        .rate_hz = project.sensor.rate_hz,
        .channels = static_cast<uint16_t>(project.sensor.channels),
        .one_g = one_g(project),
        .threshold = half(numbers, "threshold_g", one_g(project)),
        .before = half(numbers, "before"),
        .after = half(numbers, "after"),
        .segments = static_cast<uint16_t>(segments.size() / 2),
    });
    for (const double edge : segments) {
        const Bytes two = bytes_of(static_cast<int16_t>(std::lround(edge)));
        bytes.insert(bytes.end(), two.begin(), two.end());
    }
    return bytes;
}

Bytes motion_parameters(const Project& project) {
    const Numbers& numbers = project.features.parameters;
    const double turn =
        number_of(numbers, "turn_rad_per_lsb") / project.sensor.samples_per_second();
    return bytes_of(MotionHeader{
        .rate_hz = project.sensor.rate_hz,
        .channels = static_cast<uint16_t>(project.sensor.channels),
        .one_g = one_g(project),
        .hop = half(numbers, "hop"),
        .zero = 0,
        .turn_q30 = static_cast<uint32_t>(std::lround(turn * (1U << 30U))),
        .follow_q16 = share_q16(project, "follow_s"),
        .slow_q16 = share_q16(project, "habit_s"),
        .smooth_q16 = share_q16(project, "smooth_s"),
    });
}

Bytes stroke_parameters(const Project& project) {
    const Numbers& numbers = project.features.parameters;
    const std::vector<double>& rms = numbers.find("least_rms")->second;
    return bytes_of(StrokeHeader{
        .rate_hz = project.sensor.rate_hz,
        .channels = static_cast<uint16_t>(project.sensor.channels),
        .group = half(numbers, "group"),
        .points = half(numbers, "points"),
        .active_first = half(numbers, "active_first"),
        .active_count = half(numbers, "active_count"),
        .active_step = half(numbers, "active_step"),
        .threshold = half(numbers, "threshold"),
        .quiet = half(numbers, "quiet"),
        .least = half(numbers, "least"),
        .most = half(numbers, "most"),
        .least_rms = {static_cast<uint16_t>(std::lround(rms.front())),
                      static_cast<uint16_t>(std::lround(rms.back()))},
    });
}

Bytes levels_parameters(const Project& project) {
    const Numbers& numbers = project.features.parameters;
    return bytes_of(LevelHeader{
        .channels = static_cast<uint16_t>(project.sensor.channels),
        .calibrate = half(numbers, "calibrate"),
        .unit = half(numbers, "unit"),
        .least_q8 = half(numbers, "least_share", 256),
        .clip_q8 = half(numbers, "clip", 256),
        .window = half(numbers, "window"),
        .least = half(numbers, "least"),
        .hop = half(numbers, "hop"),
    });
}

Bytes gradient_parameters(const Project& project) {
    const Numbers& numbers = project.features.parameters;
    return bytes_of(GradientHeader{
        .width = half(numbers, "width"),
        .height = half(numbers, "height"),
        .cell = half(numbers, "cell"),
        .step = half(numbers, "step"),
    });
}

Bytes eye_parameters(const Project& project) {
    const Numbers& numbers = project.features.parameters;
    return bytes_of(EyeHeader{
        .rate_hz = project.sensor.rate_hz,
        .channels = static_cast<uint16_t>(project.sensor.channels),
        .calibrate = half(numbers, "calibrate_s"),
        .hop = half(numbers, "hop_s"),
        .window = half(numbers, "window_s"),
        .closed_q8 = half(numbers, "closed_share", 256),
        .nod = half(numbers, "nod"),
    });
}

Bytes prototype_parameters(const Project& project, const Project::Learner& learner) {
    const Numbers& numbers = learner.parameters;
    const uint16_t points = half(numbers, "points");
    return bytes_of(PrototypeParameters{
        .points = points,
        .width = static_cast<uint16_t>(project.frame_values() / points),
        .classes = static_cast<uint16_t>(project.decision.labels.size()),
        .per_class = half(numbers, "per_class"),
        .band = half(numbers, "band"),
        .refuse_q8 = half(numbers, "refuse", 256),
    });
}

}  // namespace ganglion::compile
