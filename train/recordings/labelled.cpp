#include "train/recordings/labelled.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "train/corpus/parallel.hpp"
#include "train/recordings/audio.hpp"
#include "train/recordings/check_set.hpp"
#include "train/recordings/manifest.hpp"
#include "train/recordings/sensor_recording.hpp"
#include "train/recordings/table.hpp"

namespace ganglion::train {
namespace {

std::optional<uint16_t> index_of(const std::vector<std::string>& labels, std::string_view label) {
    const auto at = std::find(labels.begin(), labels.end(), label);
    if (at == labels.end()) return {};
    return static_cast<uint16_t>(at - labels.begin());
}

std::optional<uint16_t> label_of(const project::Project& project, const Recording& recording) {
    const auto& labels = project.decision.labels;
    const auto role = recording.others.find("role");
    for (const std::string& name :
         {recording.label, role == recording.others.end() ? std::string() : role->second}) {
        const auto named = project.training.labels.find(name);
        if (named != project.training.labels.end()) return index_of(labels, named->second);
    }
    if (const auto own = index_of(labels, recording.label)) return own;
    for (const char* rest : {"other", "unknown", "nothing"})
        if (const auto index = index_of(labels, rest)) return index;
    return {};
}

size_t column_of(const std::filesystem::path& path, const Table& table, const std::string& name) {
    const auto at = std::find(table.names.begin(), table.names.end(), name);
    if (at == table.names.end()) {
        throw std::runtime_error(fmt::format("{}: has no column '{}'; its columns are: {}",
                                             path.string(), name, fmt::join(table.names, ", ")));
    }
    return static_cast<size_t>(at - table.names.begin());
}

/// The sensor's counts of one CSV file, channels interleaved and resampled one by one.
std::vector<int16_t> read_counts(const project::Project& project, const Recording& recording) {
    const auto& sensor = project.sensor;
    const Table table = read_table(recording.path);
    std::vector<std::vector<int16_t>> channels;
    for (uint32_t c = 0; c < sensor.channels; ++c) {
        const size_t column =
            sensor.columns.empty() ? c : column_of(recording.path, table, sensor.columns[c]);
        if (column >= table.columns.size()) {
            throw std::runtime_error(
                fmt::format("{}: has {} columns where the sensor has {} "
                            "channels",
                            recording.path.string(), table.columns.size(), sensor.channels));
        }
        double unit = sensor.units_per_lsb.empty() ? sensor.unit_per_lsb : sensor.units_per_lsb[c];
        if (unit <= 0) unit = 1;
        std::vector<int16_t> counts;
        for (const double value : table.columns[column]) {
            counts.push_back(
                static_cast<int16_t>(std::lrint(std::clamp(value / unit, -32768.0, 32767.0))));
        }
        const auto rate = recording.others.find("rate_hz");
        if (rate != recording.others.end() && !rate->second.empty()) {
            counts = resample(counts, std::stod(rate->second), sensor.samples_per_second());
        }
        channels.push_back(std::move(counts));
    }
    std::vector<int16_t> samples;
    for (size_t i = 0; i < channels.front().size(); ++i)
        for (const auto& channel : channels) samples.push_back(channel[i]);
    return samples;
}

}  // namespace

LabelledSet read_labelled(const project::Project& project, const std::filesystem::path& data) {
    const bool sound = project.sensor.kind == project::Sensor::microphone;
    const std::vector<std::string> endings = sound ? std::vector<std::string>{".wav", ".flac"}
                                                   : std::vector<std::string>{".csv", ".csv.gz"};
    std::vector<std::string> folders = project.training.data;
    if (folders.empty()) folders.push_back(project.judge.data);
    std::vector<Recording> wanted;
    for (const auto& folder : folders) {
        for (auto& recording : find_recordings(data / folder, endings)) {
            if (!label_of(project, recording) || !of_judged_set(project, recording)) continue;
            // What the application is judged on stands in its own folder alone.
            if (folder != project.judge.data && recording.split == "test") continue;
            // Groups of different sets may bear one name.
            if (folders.size() > 1 && recording.group != kUnknownGroup)
                recording.group = folder + '/' + recording.group;
            wanted.push_back(std::move(recording));
        }
    }
    if (wanted.empty()) {
        throw std::runtime_error(
            fmt::format("{}: no recording has one of the labels {}; its manifest's column 'label' "
                        "must name them",
                        data.string(), fmt::join(project.decision.labels, ", ")));
    }
    // A set may be split by what a group does, a motor by its load: [judge] split_by says so.
    const bool split_inside = project.judge.texts.contains("split_by");
    if (!split_inside) refuse_shared_groups(wanted);
    LabelledSet set;
    set.recordings.resize(wanted.size());
    const auto report = check_set(wanted, [&](const Recording& recording) {
        auto& to = set.recordings[static_cast<size_t>(&recording - wanted.data())];
        to.name = recording.path.filename().string();
        to.group = recording.group;
        to.split = recording.split;
        to.samples = sound ? read_audio(recording.path, project.sensor.rate_hz).samples
                           : read_counts(project, recording);
        to.stretches = {
            {0, to.samples.size() / project.sensor.channels, label_of(project, recording).value()}};
        return to.samples;
    });
    std::erase_if(set.recordings, [](const LabelledRecording& r) { return r.samples.empty(); });
    set.warnings = report.warnings();
    set.summary = report.summary();
    return set;
}

}  // namespace ganglion::train
