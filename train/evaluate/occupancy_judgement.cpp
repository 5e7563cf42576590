#include "train/evaluate/occupancy_judgement.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "train/recordings/period_manifest.hpp"
#include "train/recordings/timed_table.hpp"

namespace ganglion::train {
namespace {

constexpr int16_t kNoReading = INT16_MIN;

// The readings of one row, as the sensor gives them.
std::vector<std::vector<int16_t>> samples_of(const project::Project& project,
                                             const TimedTable& table) {
    std::vector<std::vector<int16_t>> samples(table.rows.size());
    for (size_t i = 0; i < samples.size(); ++i) {
        samples[i].push_back(static_cast<int16_t>(minute_of_week(table.minutes[i])));
    }
    for (size_t channel = 1; channel < project.sensor.columns.size(); ++channel) {
        const std::vector<double> values = table.numbers(project.sensor.columns[channel]);
        for (size_t i = 0; i < samples.size(); ++i) {
            const double steps = values[i] / project.sensor.units_per_lsb[channel];
            samples[i].push_back(std::isnan(steps)
                                     ? kNoReading
                                     : static_cast<int16_t>(std::clamp<double>(
                                           std::lround(steps), -INT16_MAX, INT16_MAX)));
        }
    }
    return samples;
}

}  // namespace

std::vector<RoomLog> read_rooms(const project::Project& project,
                                const std::filesystem::path& folder, const std::string& split) {
    std::vector<RoomLog> rooms;
    for (const PeriodRecording& recording : read_period_manifest(folder)) {
        if (!recording.has(split)) continue;
        const TimedTable table = read_timed_table(recording.path);
        if (std::ranges::find(table.names, "occupied") == table.names.end()) continue;
        RoomLog room;
        room.samples = samples_of(project, table);
        for (const double truth : table.numbers("occupied")) room.occupied.push_back(truth > 0.5);
        for (const auto& row : table.rows)
            room.days.push_back(row[table.column("time")].substr(0, 10));
        rooms.push_back(std::move(room));
    }
    if (rooms.empty()) {
        throw std::runtime_error(folder.string() + ": no recording of split " + split +
                                 " with a column occupied");
    }
    return rooms;
}

std::vector<OccupancyDay> judge_occupancy(const LearnerRun& run, const project::Project& project,
                                          const std::filesystem::path& folder,
                                          const std::string& split) {
    std::vector<OccupancyDay> days;
    for (const RoomLog& room : read_rooms(project, folder, split)) {
        const auto device = run.device();
        for (size_t i = 0; i < room.samples.size(); ++i) {
            device->push(room.samples[i]);
            const bool present = device->pipeline().last_score() >= project.decision.threshold;
            if (days.empty() || days.back().day != room.days[i])
                days.push_back({room.days[i], 0, 0, 0});
            ++days.back().minutes;
            days.back().occupied += room.occupied[i] ? 1 : 0;
            days.back().right += present == room.occupied[i] ? 1 : 0;
        }
    }
    return days;
}

}  // namespace ganglion::train
