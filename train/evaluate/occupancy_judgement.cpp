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

std::vector<OccupancyDay> judge_occupancy(const LearnerRun& run, const project::Project& project,
                                          const std::filesystem::path& folder,
                                          const std::string& split) {
    std::vector<OccupancyDay> days;
    for (const PeriodRecording& recording : read_period_manifest(folder)) {
        if (!recording.has(split)) continue;
        const TimedTable table = read_timed_table(recording.path);
        if (std::ranges::find(table.names, "occupied") == table.names.end()) continue;
        const std::vector<double> truth = table.numbers("occupied");
        const auto samples = samples_of(project, table);
        const auto device = run.device();
        for (size_t i = 0; i < samples.size(); ++i) {
            device->push(samples[i]);
            const bool present = device->pipeline().last_score() >= project.decision.threshold;
            const std::string day = table.rows[i][table.column("time")].substr(0, 10);
            if (days.empty() || days.back().day != day) days.push_back({day, 0, 0, 0});
            ++days.back().minutes;
            days.back().occupied += truth[i] > 0.5 ? 1 : 0;
            days.back().right += present == (truth[i] > 0.5) ? 1 : 0;
        }
    }
    if (days.empty()) {
        throw std::runtime_error(folder.string() + ": no recording of split " + split +
                                 " with a column occupied");
    }
    return days;
}

}  // namespace ganglion::train
