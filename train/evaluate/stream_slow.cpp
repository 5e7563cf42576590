#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "train/evaluate/judges.hpp"
#include "train/evaluate/load_judgement.hpp"
#include "train/evaluate/occupancy_judgement.hpp"
#include "train/evaluate/recorded_stream.hpp"
#include "train/evaluate/routine_judgement.hpp"
#include "train/evaluate/soil_judgement.hpp"
#include "train/recordings/timed_table.hpp"

namespace ganglion::train {
namespace {

constexpr int16_t kNoReading = INT16_MIN;
constexpr size_t kWeek = 168;

}  // namespace

RecordedStream load_stream(const StreamInput& input) {
    constexpr size_t learned = 52 * kWeek;
    constexpr size_t judged = 12 * kWeek;
    auto all = read_loads(judged_folder(input.project, input.data), input.split);
    std::erase_if(all, [](const LoadSeries& series) {
        return series.set != "pjm" || series.values.size() < series.judged_from + judged;
    });
    RecordedStream stream;
    if (all.empty()) return stream;
    const LoadSeries& series = *std::ranges::min_element(
        all, {}, [](const LoadSeries& each) { return each.values.size(); });
    const size_t first = series.judged_from - std::min(learned, series.judged_from);
    const size_t begin = series.judged_from - first;
    std::vector<double> values(
        series.values.begin() + static_cast<ptrdiff_t>(first),
        series.values.begin() + static_cast<ptrdiff_t>(series.judged_from + judged));
    const auto& faults = load_faults(true);
    for (size_t week = 0; week < judged / kWeek; ++week) {
        const LoadFault& fault = faults[week % faults.size()];
        const size_t from = begin + week * kWeek + 84;  // in the middle of the week
        const double before = values[from - 1];
        for (uint32_t hour = 0; hour < fault.hours; ++hour) {
            double& value = values[from + hour];
            if (value != kNoReading) value = fault.change(value, before, 0, hour);
        }
        stream.expected.push_back({from, from + fault.hours - 1});
        // What the fault's end looks like is part of it.
        stream.expected.push_back({from + fault.hours, from + fault.hours + 24, "", false});
    }
    stream.expected.push_back({0, begin - 1, "", false});
    for (size_t i = 0; i < values.size(); ++i) {
        stream.samples.push_back(series.minutes[first + i]);
        stream.samples.push_back(
            static_cast<int16_t>(std::clamp<double>(std::round(values[i]), INT16_MIN, INT16_MAX)));
    }
    stream.description = fmt::format("{}: {} weeks, a fault in each of the last {}", series.name,
                                     values.size() / kWeek, judged / kWeek);
    return stream;
}

RecordedStream soil_stream(const StreamInput& input) {
    RecordedStream stream;
    const auto all =
        read_soils(input.project, judged_folder(input.project, input.data), input.split);
    const auto series = std::ranges::find(all, false, &SoilSeries::daily);
    if (series == all.end()) return stream;
    const double unit = input.project.sensor.units_per_lsb.at(1);
    stream.judged = {"wetting", "failed"};
    stream.expected.push_back({0, series->judged_from - 1, "", false});
    size_t last_rise = 0;
    for (size_t i = 0; i < series->values.size(); ++i) {
        stream.samples.insert(stream.samples.end(),
                              {series->minutes[i], series->values[i], kNoReading, kNoReading});
        if (i < series->judged_from) continue;
        const double rise = rise_at(*series, i, unit);
        // Half of what must be told may be told.
        if (rise >= 0.5) stream.expected.push_back({i - 3, i + 3, "wetting", false});
        if (rise < 1.0) continue;
        if (last_rise == 0 || i - last_rise > 6)
            stream.expected.push_back({i - 3, i + 3, "wetting"});
        last_rise = i;
    }
    stream.description =
        fmt::format("soil of {}: {} weeks", series->name, series->values.size() / kWeek);
    return stream;
}

RecordedStream routine_stream(const StreamInput& input) {
    RecordedStream stream;
    const auto homes =
        read_homes(input.project, judged_folder(input.project, input.data), input.split);
    const auto habits = [](const HomeLog& home) {
        return std::ranges::count(routine_truth(home).regular, true);
    };
    const HomeLog& home = *std::ranges::max_element(homes, {}, habits);
    const RoutineTruth truth = routine_truth(home);
    const auto window = static_cast<int64_t>(
        project::number_of(input.project.learner.parameters, "window_minutes"));
    const auto told = with_time_passing(home);
    size_t learned = 0;  // samples before what is judged
    size_t within = 0;   // first sample within the window before this one
    auto regular = truth.regular.begin();
    for (size_t i = 0; i < told.size(); ++i) {
        const HomeLog::Event& event = told[i];
        stream.samples.push_back(static_cast<int16_t>(minute_of_week(event.minute)));
        stream.samples.push_back(static_cast<int16_t>(event.event));
        while (told[within].minute < event.minute - window) ++within;
        const bool habit = event.event >= 0 && *regular++;
        if (event.minute < truth.first) learned = i;
        if (event.action && i > within)
            stream.expected.push_back(
                {within, i - 1, input.project.decision.labels.at(static_cast<size_t>(event.event)),
                 habit});
    }
    stream.expected.push_back({0, learned, "", false});
    stream.description =
        fmt::format("{}: {} events, {} days of them judged, {} actions known", home.name,
                    home.events.size(), truth.days, home.actions.size());
    return stream;
}

RecordedStream room_stream(const StreamInput& input) {
    constexpr size_t bridged = 60;  // who comes back within the hour has left the light on
    RecordedStream stream;
    const auto& rule = input.project.decision;
    const RoomLog room =
        read_rooms(input.project, judged_folder(input.project, input.data), input.split).front();
    for (size_t i = 0; i < room.samples.size(); ++i) {
        stream.samples.insert(stream.samples.end(), room.samples[i].begin(), room.samples[i].end());
        if (!room.occupied[i]) continue;
        if (!stream.expected.empty() && i - stream.expected.back().end <= bridged) {
            stream.expected.back().end = i;
        } else {
            stream.expected.push_back({i, i, rule.labels.at(rule.label)});
        }
    }
    stream.tolerance = 5;
    stream.description = fmt::format("a room, {} to {}", room.days.front(), room.days.back());
    return stream;
}

}  // namespace ganglion::train
