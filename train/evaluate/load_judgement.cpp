#include "train/evaluate/load_judgement.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "train/recordings/period_manifest.hpp"
#include "train/recordings/timed_table.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

constexpr int16_t kNoReading = INT16_MIN;
constexpr size_t kWeek = 168;
constexpr size_t kWarmUp = 8 * kWeek;
constexpr int64_t kHour = 60;

// The largest of 1, 2, 5 times a power of ten steps a unit that leaves room for twice `most`.
double steps_per_unit(double most) {
    const double wanted = INT16_MAX / std::max(2 * most, 1e-9);
    const double power = std::pow(10, std::floor(std::log10(wanted)));
    for (const double digit : {5.0, 2.0}) {
        if (digit * power <= wanted) return digit * power;
    }
    return power;
}

// Hour by hour, gaps filled with missing readings.
LoadSeries series_of(const TimedTable& table, const std::string& column,
                     const PeriodRecording& recording, const std::string& split) {
    LoadSeries series;
    series.name = recording.path.stem().stem().string() + " " + column;
    series.set = recording.other("set");
    series.group = recording.group;
    const std::vector<double> loads = table.numbers(column);
    double most = 0;
    for (size_t i = 0; i < std::min(loads.size(), kWarmUp); ++i) {
        if (!std::isnan(loads[i])) most = std::max(most, std::abs(loads[i]));
    }
    const double steps = steps_per_unit(most);
    int64_t time = table.minutes.front() / kHour;
    for (size_t i = 0; i < loads.size(); ++i) {
        const int64_t hour = table.minutes[i] / kHour;
        if (hour < time) continue;  // an hour twice: the end of summer time
        if (!recording.in_or_before(split, table.minutes[i])) break;
        for (; time < hour; ++time) {
            series.minutes.push_back(static_cast<int16_t>(minute_of_week(time * kHour)));
            series.values.push_back(kNoReading);
        }
        if (series.judged_from == 0 && recording.in(split, table.minutes[i])) {
            series.judged_from = series.values.size();
        }
        series.minutes.push_back(static_cast<int16_t>(minute_of_week(time * kHour)));
        series.values.push_back(std::isnan(loads[i])
                                    ? kNoReading
                                    : static_cast<int16_t>(std::clamp<double>(
                                          std::lround(loads[i] * steps), -INT16_MAX, INT16_MAX)));
        ++time;
    }
    series.judged_from = std::max(series.judged_from, kWarmUp);
    return series;
}

struct Judged {
    bool fired = false;
    int16_t expected = kNoReading;   // one hour ahead, of the hour that comes next
    int16_t day_ahead = kNoReading;  // of the same hour tomorrow
};

Judged step(LearnerRun::Device& device, int16_t minute, int16_t value) {
    const std::array<int16_t, 2> sample = {minute, value};
    Judged judged;
    for (const Decision& decision : device.push(sample)) judged.fired |= decision.fired;
    uint16_t error = 0;
    device.pipeline().forecast(1, judged.expected, error);
    device.pipeline().forecast(24, judged.day_ahead, error);
    return judged;
}

void judge_clean(const LearnerRun& run, const LoadSeries& series, LoadJudgement& judgement) {
    const auto device = run.device();
    std::vector<int16_t> day_ahead(series.values.size() + 24, kNoReading);
    int16_t expected = kNoReading;
    double near = 0;
    double load = 0;
    for (size_t i = 0; i < series.values.size(); ++i) {
        const int16_t value = series.values[i];
        const Judged judged = step(*device, series.minutes[i], value);
        day_ahead[i + 24] = judged.day_ahead;
        const int16_t forecast = day_ahead[i];
        const int16_t next = std::exchange(expected, judged.expected);
        if (i < series.judged_from) continue;
        const size_t week = (i - series.judged_from) / kWeek;
        if (judgement.day_ahead.size() <= week) {
            judgement.day_ahead.emplace_back();
            judgement.relative.emplace_back();
        }
        judgement.weeks += 1.0 / kWeek;
        if (judged.fired) ++judgement.false_alarms;
        const int16_t last_week = series.values[i - kWeek];
        if (value == kNoReading || last_week == kNoReading || forecast == kNoReading) continue;
        const double error = std::abs(value - forecast);
        judgement.day_ahead[week].above += error;
        judgement.day_ahead[week].below += std::abs(value - last_week);
        judgement.relative[week].above += error;
        judgement.relative[week].below += value;
        near += std::abs(value - next);
        load += value;
    }
    judgement.next_hour = load == 0 ? 0 : near / load;
}

// Mean error of the same hour yesterday before the judged part: a size that needs no model.
double usual_error(const LoadSeries& series) {
    double sum = 0;
    double count = 0;
    for (size_t i = 24; i < series.judged_from; ++i) {
        if (series.values[i] == kNoReading || series.values[i - 24] == kNoReading) continue;
        sum += std::abs(series.values[i] - series.values[i - 24]);
        ++count;
    }
    return count == 0 ? 0 : sum / count;
}

// A device that has learned what `learned` holds lives through the fault: whether it speaks up.
bool finds(const LearnerRun& run, const LoadSeries& series, std::span<const uint8_t> learned,
           size_t begin, const LoadFault& fault, double size) {
    const auto device = run.device();
    if (!device->resume(learned)) throw std::runtime_error("what was learned cannot be taken up");
    double before = 0;
    for (size_t i = begin; i-- > 0;) {
        if (series.values[i] == kNoReading) continue;
        before = series.values[i];
        break;
    }
    bool found = false;
    for (uint32_t hour = 0; hour < fault.hours; ++hour) {
        int16_t value = series.values[begin + hour];
        if (value != kNoReading) {
            const double changed = fault.change(value, before, size, hour);
            value = static_cast<int16_t>(
                std::clamp<double>(std::lround(changed), -INT16_MAX, INT16_MAX));
        }
        found |= step(*device, series.minutes[begin + hour], value).fired;
    }
    return found;
}

// At hours drawn at random, each fault on a copy of the device as it is then.
void judge_faults(const LearnerRun& run, const LoadSeries& series, LoadJudgement& judgement) {
    constexpr uint64_t hours_apart = 120;
    const std::vector<LoadFault>& faults = load_faults(series.set == "pjm");
    for (const LoadFault& fault : faults) judgement.faults.push_back({fault.name, 0, 0});
    const auto device = run.device();
    const double size = 8 * usual_error(series);
    Random random(7);
    size_t begin = series.judged_from;
    for (size_t i = 0; i + 48 < series.values.size(); ++i) {
        if (i == begin) {
            begin += 1 + random.below(2 * hours_apart);
            const std::vector<uint8_t> learned = device->learned();
            for (size_t kind = 0; kind < faults.size(); ++kind) {
                ++judgement.faults[kind].all;
                if (finds(run, series, learned, i, faults[kind], size)) {
                    ++judgement.faults[kind].found;
                }
            }
        }
        step(*device, series.minutes[i], series.values[i]);
    }
}

}  // namespace

const std::vector<LoadFault>& load_faults(bool aggregated) {
    using Value = double;
    static const auto stuck = [](Value, Value before, Value, uint32_t) { return before; };
    static const auto reversed = [](Value value, Value, Value, uint32_t) { return -value; };
    static const auto lost = [](Value, Value, Value, uint32_t) { return 0.0; };
    static const std::vector<LoadFault> feeder = {
        {"+20 % for 6 h", 6, [](Value value, Value, Value, uint32_t) { return 1.2 * value; }},
        {"-20 % for 6 h", 6, [](Value value, Value, Value, uint32_t) { return 0.8 * value; }},
        {"+25 % for 1 h", 1, [](Value value, Value, Value, uint32_t) { return 1.25 * value; }},
        {"lost for 6 h", 6, lost},
        {"stuck for 12 h", 12, stuck},
        {"reversed for 3 h", 3, reversed}};
    static const std::vector<LoadFault> single = {
        {"+8 errors for 6 h", 6,
         [](Value value, Value, Value size, uint32_t) { return value + size; }},
        {"+4 errors for 24 h", 24,
         [](Value value, Value, Value size, uint32_t) { return value + size / 2; }},
        {"lost for 24 h", 24, lost},
        {"stuck for 24 h", 24, stuck},
        {"reversed for 12 h", 12, reversed}};
    return aggregated ? feeder : single;
}

std::vector<LoadSeries> read_loads(const std::filesystem::path& folder, const std::string& split) {
    std::vector<LoadSeries> all;
    for (const PeriodRecording& recording : read_period_manifest(folder)) {
        if (!recording.has(split)) continue;
        const TimedTable table = read_timed_table(recording.path);
        std::vector<std::string> columns;
        for (const char* name :
             {"load_mw", "energy_kwh", "HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL"}) {
            if (std::ranges::find(table.names, name) != table.names.end())
                columns.emplace_back(name);
        }
        for (const std::string& column : columns) {
            LoadSeries series = series_of(table, column, recording, split);
            if (series.judged_from < series.values.size()) all.push_back(std::move(series));
        }
    }
    if (all.empty()) throw std::runtime_error(folder.string() + ": no loads of split " + split);
    return all;
}

LoadJudgement judge_load(const LearnerRun& run, const LoadSeries& series) {
    LoadJudgement judgement;
    judgement.name = series.name;
    judgement.set = series.set;
    judgement.group = series.group;
    judge_clean(run, series, judgement);
    judge_faults(run, series, judgement);
    return judgement;
}

}  // namespace ganglion::train
