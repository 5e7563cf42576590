#include "train/recordings/sensor_recording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "train/recordings/audio.hpp"
#include "train/recordings/table.hpp"

namespace ganglion::train {

namespace {

const std::vector<double>& column(const Table& table, const std::filesystem::path& path,
                                  const std::string& name) {
    const auto found = std::ranges::find(table.names, name);
    if (found != table.names.end()) {
        return table.columns[static_cast<size_t>(found - table.names.begin())];
    }
    throw std::runtime_error(fmt::format("{}: has no column '{}'; its columns are: {}",
                                         path.string(), name, fmt::join(table.names, ", ")));
}

std::vector<int16_t> counts(const std::vector<double>& values, double unit_per_lsb) {
    const double step = unit_per_lsb > 0 ? unit_per_lsb : 1;
    std::vector<int16_t> result(values.size());
    std::ranges::transform(values, result.begin(), [step](double value) {
        return static_cast<int16_t>(std::lrint(std::clamp(value / step, -32768.0, 32767.0)));
    });
    return result;
}

double rate_of(const Recording& recording, double usual) {
    const auto rate = recording.others.find("rate_hz");
    if (rate == recording.others.end() || rate->second.empty()) return usual;
    const double value = std::strtod(rate->second.c_str(), nullptr);
    return value > 0 ? value : usual;
}

}  // namespace

std::vector<int16_t> read_sensor_recording(const project::Project& project,
                                           const Recording& recording) {
    const auto& sensor = project.sensor;
    if (sensor.kind == project::Sensor::microphone) {
        return read_audio(recording.path, sensor.rate_hz).samples;
    }
    const Table table = read_table(recording.path);
    const double to_hz = sensor.samples_per_second();
    const double from_hz = rate_of(recording, to_hz);
    std::vector<int16_t> samples;
    for (uint32_t c = 0; c < sensor.channels; ++c) {
        const auto& values = sensor.columns.empty()
                                 ? table.columns.at(std::min<size_t>(c, table.columns.size() - 1))
                                 : column(table, recording.path, sensor.columns[c]);
        std::vector<int16_t> channel = counts(values, sensor.units_per_lsb[c]);
        if (std::abs(from_hz - to_hz) > 1e-6 * to_hz) channel = resample(channel, from_hz, to_hz);
        if (samples.empty()) samples.resize(channel.size() * sensor.channels);
        for (size_t i = 0; i < channel.size(); ++i) samples[i * sensor.channels + c] = channel[i];
    }
    return samples;
}

bool of_judged_set(const project::Project& project, const Recording& recording) {
    const auto set = project.judge.texts.find("set");
    const auto of = recording.others.find("set");
    return set == project.judge.texts.end() || of == recording.others.end() ||
           of->second == set->second;
}

size_t put_in_quiet(const project::Project& project, std::vector<int16_t>& samples) {
    if (project.sensor.kind != project::Sensor::microphone) return 0;
    const auto& f = project.features;
    const size_t window = f.window + size_t{f.hop} * (f.frames - 1);
    samples.insert(samples.begin(), window, 0);
    samples.resize(samples.size() + window, 0);
    return window;
}

std::vector<Recording> sensor_recordings(const project::Project& project,
                                         const std::filesystem::path& data,
                                         const std::string& split) {
    namespace fs = std::filesystem;
    const fs::path below = data / project.judge.data;
    const fs::path folder = !project.judge.data.empty() && fs::is_directory(below) ? below : data;
    const bool sound = project.sensor.kind == project::Sensor::microphone;
    const std::vector<std::string> endings = sound ? std::vector<std::string>{".wav", ".flac"}
                                                   : std::vector<std::string>{".csv", ".csv.gz"};
    std::vector<Recording> wanted = of_split(find_recordings(folder, endings), split);
    std::erase_if(wanted, [&](const Recording& r) { return !of_judged_set(project, r); });
    return wanted;
}

}  // namespace ganglion::train
