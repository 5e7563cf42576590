#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "project/project.hpp"
#include "train/evaluate/recorded_stream.hpp"

namespace ganglion::train {

/// A recording in which events lie among other things, each with its place: `[judge] kind =
/// "events"`.
///
///     data = "riding"           # folder with manifest.csv, below the recordings' root
///     under = "car_events/"     # files of it
///     label = "event"           # column that says what happens at each sample
///     positive = "aggressive"   # labels beginning so are to be found
///     ignored = "aggressive_acceleration"   # of them, neither right nor wrong
///     early_s = 0.5, late_s = 1.5   # a decision counts so long before and behind an event
struct EventLog {
    std::string name;
    std::vector<int16_t> samples;  ///< interleaved channels
    std::vector<Expected> events;  ///< with their label, widened by early_s and late_s
    uint64_t begin = 0, end = 0;   ///< samples that are judged; the device has seen those before
};

/// Every recording that has a part of `split`. A manifest's split is "train", "val", "test", or
/// names times in its column t_s: "train: t_s<400; test: t_s>=400". Throws std::runtime_error: file
/// and what is wrong.
std::vector<EventLog> read_event_logs(const project::Project& project,
                                      const std::filesystem::path& data, const std::string& split);

}  // namespace ganglion::train
