#include "train/corpus/motor_corpus.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "compile/bundle_features.hpp"
#include "train/corpus/parallel.hpp"
#include "train/recordings/manifest.hpp"
#include "train/recordings/table.hpp"

namespace ganglion::train {

MotorSettings random_motor(const project::Project& project, uint64_t index, double seconds,
                           double fault_after_s, BearingFault fault) {
    MotorSettings settings;
    settings.seed = 1000 + index;
    settings.rate_hz = project.sensor.rate_hz;
    settings.unit_per_lsb = project.sensor.unit_per_lsb;
    settings.seconds = seconds;
    settings.fault_after_s = fault_after_s;
    settings.fault = fault;
    return settings;
}

MotorRange motor_range(const std::string& split) {
    if (split == "train") return {0, 240};
    if (split == "val") return {10000, 120};
    if (split == "test") return {20000, 180};
    throw std::runtime_error(
        fmt::format("there is no split '{}'; write train, val or test", split));
}

std::vector<Vibration> read_vibrations(const project::Project& project,
                                       const std::filesystem::path& data,
                                       const std::string& split) {
    std::vector<Vibration> all;
    if (data.empty()) return all;
    std::vector<Recording> wanted;
    for (const auto& recording : of_split(find_recordings(data, {".csv", ".csv.gz"}), split)) {
        const auto rate = recording.others.find("rate_hz");
        if (rate != recording.others.end() &&
            rate->second == fmt::format("{}", project.sensor.rate_hz)) {
            wanted.push_back(recording);
        }
    }
    all.resize(wanted.size());
    in_parallel(wanted.size(), [&](size_t i) {
        const auto& recording = wanted[i];
        all[i].samples =
            read_vibration_csv(recording.path, project.sensor.rate_hz, project.sensor.unit_per_lsb);
        all[i].name = recording.path.filename().string();
        all[i].label = recording.label;
        all[i].placement = recording.group;
    });
    return all;
}

std::vector<int8_t> normal_windows(const project::Project& project,
                                   const std::vector<int16_t>& samples) {
    const auto frames = compile::feature_frames(project, samples);
    const size_t values = project.frame_values();
    const size_t size = values * project.features.frames;
    std::vector<int8_t> windows;
    for (size_t at = 0; at + size <= frames.size(); at += values * project.features.stride) {
        windows.insert(windows.end(), frames.begin() + static_cast<ptrdiff_t>(at),
                       frames.begin() + static_cast<ptrdiff_t>(at + size));
    }
    return windows;
}

}  // namespace ganglion::train
