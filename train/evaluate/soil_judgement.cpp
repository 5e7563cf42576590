#include "train/evaluate/soil_judgement.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "device/learn/plot_learner.hpp"
#include "train/recordings/period_manifest.hpp"
#include "train/recordings/timed_table.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

constexpr int16_t kNoReading = INT16_MIN;
constexpr int64_t kHour = 60;
constexpr int64_t kDay = 24 * kHour;
enum Label { dry_ahead, wetting, failed, disease };

int16_t in_steps(double value, double unit_per_lsb) {
    if (std::isnan(value)) return kNoReading;
    return static_cast<int16_t>(
        std::clamp<double>(std::lround(value / unit_per_lsb), -INT16_MAX, INT16_MAX));
}

// What a device says to one slot's moisture.
struct Told {
    std::array<bool, 4> fired{};
    int16_t forecast = kNoReading;  // of tomorrow's slot
};

Told step(LearnerRun::Device& device, int16_t minute, int16_t moisture, uint32_t day) {
    const std::array<int16_t, 4> sample = {minute, moisture, kNoReading, kNoReading};
    Told told;
    for (const Decision& decision : device.push(sample)) {
        if (decision.fired) told.fired[decision.label] = true;
    }
    uint16_t error = 0;
    if (!device.pipeline().forecast(day, told.forecast, error)) told.forecast = kNoReading;
    return told;
}

struct Fault {
    const char* name;
    uint32_t hours;
    double (*change)(double value, double before, uint32_t hour);  // in %
};
constexpr std::array<Fault, 5> kFaults = {{
    {"stuck for 24 h", 24, [](double, double before, uint32_t) { return before; }},
    {"no soil, 0 %, for 3 h", 3, [](double, double, uint32_t) { return 0.0; }},
    {"half, for 6 h", 6, [](double value, double, uint32_t) { return value / 2; }},
    {"above 60 % for 3 h", 3, [](double, double, uint32_t) { return 62.0; }},
    {"loose, 4 % to and fro, for 12 h", 12,
     [](double value, double, uint32_t hour) { return value + (hour % 2 == 0 ? 4.0 : 0.0); }},
}};

bool finds(const LearnerRun& run, const SoilSeries& series, std::span<const uint8_t> learned,
           size_t begin, const Fault& fault, double unit) {
    const auto device = run.device();
    if (!device->resume(learned)) throw std::runtime_error("what was learned cannot be taken up");
    const double before = series.values[begin - 1] * unit;
    bool found = false;
    for (uint32_t hour = 0; hour < fault.hours; ++hour) {
        const double value = series.values[begin + hour] * unit;
        const int16_t changed = in_steps(fault.change(value, before, hour), unit);
        found |= step(*device, series.minutes[begin + hour], changed, 24).fired[failed];
    }
    return found;
}

// Index of the next time, up to `most` slots from `from`, that the moisture is below the line.
std::optional<size_t> dry_within(const SoilSeries& series, size_t from, size_t most, int32_t line) {
    for (size_t i = from; i < std::min(from + most, series.values.size()); ++i) {
        if (series.values[i] != kNoReading && series.values[i] < line) return i;
    }
    return std::nullopt;
}

// The dry line that the device in `run` has learned by each slot, from the very class that it runs.
class DryLine {
  public:
    explicit DryLine(const LearnerRun& run) {
        const LearnerSection& section = run.bundle().stages().back().learner;
        if (PlotLearner::parse(section.header, section.values, section.parameters, parameters_) !=
            Status::ok) {
            throw std::runtime_error("the project's learner is no plot");
        }
        memory_.resize(PlotGuard::state_bytes(parameters_) / 8);
        guard_.start(parameters_, {reinterpret_cast<uint8_t*>(memory_.data()), memory_.size() * 8});
    }
    int32_t after(uint32_t slot, int16_t moisture) {
        PlotGuard::Judgement judgement;
        guard_.push(slot, moisture, kNoReading, kNoReading, judgement);
        return guard_.dry_line();
    }

  private:
    PlotLearner::Parameters parameters_{};
    std::vector<uint64_t> memory_;
    PlotGuard guard_;
};

// Of what was told when, the share that was so.
void judge_events(const SoilSeries& series, const std::vector<Told>& told,
                  const std::vector<int32_t>& lines, double unit, SoilJudgement& judgement) {
    const size_t count = series.values.size();
    const auto fired_between = [&](Label label, size_t from, size_t to) {
        for (size_t i = from; i <= std::min(to, count - 1); ++i) {
            if (told[i].fired[label]) return true;
        }
        return false;
    };
    size_t last_rise = 0;
    bool dry = false;
    for (size_t i = series.judged_from; i < count; ++i) {
        if (told[i].fired[failed]) ++judgement.failed_alarms;
        if (rise_at(series, i, unit) >= 1.0) {
            if (last_rise == 0 || i - last_rise > 6) {
                ++judgement.rises;
                if (fired_between(wetting, i - 3, i + 3)) ++judgement.rises_found;
            }
            last_rise = i;
        }
        if (told[i].fired[wetting]) {
            double most = 0;
            for (size_t k = i - 6; k <= std::min(i + 6, count - 1); ++k) {
                most = std::max(most, rise_at(series, k, unit));
            }
            if (most < 0.5) ++judgement.wettings_wrong;
        }
        if (told[i].fired[dry_ahead] && !dry_within(series, i, 72, lines[i])) ++judgement.dry_wrong;
        if (series.values[i] == kNoReading) continue;
        const bool below = series.values[i] < lines[i];
        // A spell begins where it has not been dry for a day.
        if (below && !dry && !dry_within(series, i - 24, 24, lines[i])) {
            ++judgement.dry_spells;
            if (fired_between(dry_ahead, i - 72, i - 6)) ++judgement.dry_told;
        }
        dry = below;
    }
}

// Relative humidity from dew point and temperature (degC), %.
double humidity_of(double dew_point, double temperature) {
    const auto pressure = [](double t) { return std::exp(17.625 * t / (243.04 + t)); };
    return 100 * pressure(dew_point) / pressure(temperature);
}

// The Hutton criteria as they are written: two consecutive days, each with a minimum of 10 degC and
// at least six hours of 90 %. `steps`: readings as the device's sensor rounds them.
std::vector<bool> favourable_days(const std::vector<double>& temperature,
                                  const std::vector<double>& humidity) {
    const auto good = [&](size_t day) {
        double lowest = 1e9;
        int humid = 0;
        int read = 0;
        for (size_t hour = 24 * day; hour < 24 * day + 24; ++hour) {
            if (std::isnan(temperature[hour]) || std::isnan(humidity[hour])) continue;
            ++read;
            lowest = std::min(lowest, temperature[hour]);
            if (humidity[hour] >= 90) ++humid;
        }
        return read >= 20 && lowest >= 10 && humid >= 6;
    };
    std::vector<bool> days;
    for (size_t day = 0; 24 * day + 24 <= temperature.size(); ++day) {
        days.push_back(day > 0 && good(day - 1) && good(day));
    }
    return days;
}

}  // namespace

double rise_at(const SoilSeries& series, size_t i, double unit) {
    if (i < 3 || series.values[i] == kNoReading || series.values[i - 3] == kNoReading) return 0;
    return (series.values[i] - series.values[i - 3]) * unit;
}

std::vector<SoilSeries> read_soils(const project::Project& project,
                                   const std::filesystem::path& folder, const std::string& split) {
    const double unit = project.sensor.units_per_lsb.at(1);
    std::vector<SoilSeries> all;
    for (const PeriodRecording& recording : read_period_manifest(folder)) {
        if (!recording.has(split)) continue;
        const TimedTable table = read_timed_table(recording.path);
        const bool daily = table.minutes.size() > 1 && table.minutes[1] - table.minutes[0] >= kDay;
        const int64_t slot = daily ? kDay : kHour;
        for (const std::string& column : table.names) {
            if (!column.starts_with("SENS") && !column.ends_with("vwc_pct")) continue;
            SoilSeries series;
            series.name = column;
            series.daily = daily;
            const std::vector<double> values = table.numbers(column);
            int64_t time = table.minutes.front() / slot;
            for (size_t i = 0; i < values.size(); ++i) {
                if (!recording.in_or_before(split, table.minutes[i])) break;
                for (; time <= table.minutes[i] / slot; ++time) {
                    const bool here = time == table.minutes[i] / slot;
                    series.minutes.push_back(static_cast<int16_t>(minute_of_week(time * slot)));
                    series.values.push_back(here ? in_steps(values[i], unit) : kNoReading);
                }
                if (series.judged_from == 0 && recording.in(split, table.minutes[i])) {
                    series.judged_from = series.values.size() - 1;
                }
            }
            series.judged_from = std::max<size_t>(series.judged_from, daily ? 60 : 168 + 24);
            if (series.judged_from + 48 < series.values.size()) all.push_back(std::move(series));
        }
    }
    return all;
}

project::Project daily_project(const project::Project& project) {
    project::Project daily = project;
    daily.sensor.period_s = static_cast<uint32_t>(kDay) * 60;
    daily.features.parameters["slot_minutes"] = {static_cast<double>(kDay)};
    daily.learner.parameters["day"] = {1};
    return daily;
}

SoilJudgement judge_soil(const LearnerRun& run, const project::Project& project,
                         const SoilSeries& series) {
    const double unit = project.sensor.units_per_lsb.at(1);
    const uint32_t day = series.daily ? 1 : 24;
    SoilJudgement judgement;
    judgement.name = series.name;
    judgement.daily = series.daily;
    for (const Fault& fault : kFaults) judgement.faults.push_back({fault.name, 0, 0});
    const auto device = run.device();
    std::vector<Told> told;
    std::vector<int32_t> lines;
    DryLine line(run);
    const auto slot_minutes = static_cast<int32_t>(series.daily ? kDay : kHour);
    Random random(3);
    size_t fault_at = series.judged_from;
    const size_t count = series.values.size();
    for (size_t i = 0; i < count; ++i) {
        if (i == fault_at && !series.daily && i + 24 < count) {
            fault_at += 1 + random.below(36);
            const std::vector<uint8_t> learned = device->learned();
            for (size_t kind = 0; kind < kFaults.size(); ++kind) {
                ++judgement.faults[kind].all;
                if (finds(run, series, learned, i, kFaults[kind], unit)) {
                    ++judgement.faults[kind].found;
                }
            }
        }
        told.push_back(step(*device, series.minutes[i], series.values[i], day));
        lines.push_back(
            line.after(static_cast<uint32_t>(series.minutes[i] / slot_minutes), series.values[i]));
        if (i < series.judged_from) continue;
        const size_t week = (i - series.judged_from) / (7U * day);
        judgement.day_ahead.resize(week + 1);
        judgement.weeks += 1.0 / (7 * day);
        const int16_t value = series.values[i];
        const int16_t before = series.values[i - day];
        const int16_t forecast = told[i - day].forecast;
        if (value == kNoReading || before == kNoReading || forecast == kNoReading) continue;
        judgement.day_ahead[week].above += std::abs(value - forecast);
        judgement.day_ahead[week].below += std::abs(value - before);
    }
    if (!series.daily) judge_events(series, told, lines, unit, judgement);
    return judgement;
}

std::vector<DiseaseJudgement> judge_disease(const LearnerRun& run, const project::Project& project,
                                            const std::filesystem::path& folder,
                                            const std::string& split) {
    std::vector<DiseaseJudgement> all;
    for (const PeriodRecording& recording : read_period_manifest(folder)) {
        if (!recording.has(split)) continue;
        const TimedTable table = read_timed_table(recording.path);
        const auto has = [&](const char* name) {
            return std::ranges::find(table.names, name) != table.names.end();
        };
        if (!has("temp_c") || !(has("dew_point_c") || has("rel_humidity_pct"))) continue;
        const std::vector<double> temperature = table.numbers("temp_c");
        std::vector<double> humidity;
        if (has("rel_humidity_pct")) {
            humidity = table.numbers("rel_humidity_pct");
        } else {
            const std::vector<double> dew_point = table.numbers("dew_point_c");
            for (size_t i = 0; i < dew_point.size(); ++i) {
                humidity.push_back(humidity_of(dew_point[i], temperature[i]));
            }
        }
        // As a sensor gives it, so that both see the same readings.
        const auto& units = project.sensor.units_per_lsb;
        for (double& value : humidity) value = std::round(value / units[3]) * units[3];
        const std::vector<bool> wanted = favourable_days(temperature, humidity);
        DiseaseJudgement judgement;
        judgement.name = recording.path.filename().string();
        const auto device = run.device();
        for (size_t i = 0; i / 24 < wanted.size(); ++i) {
            const std::array<int16_t, 4> sample = {
                static_cast<int16_t>(minute_of_week(table.minutes[i])), kNoReading,
                in_steps(temperature[i], units[2]), in_steps(humidity[i], units[3])};
            device->push(sample);
            if (i % 24 != 23) continue;
            const bool favourable = device->pipeline().last_scores()[disease] >= 500;
            ++judgement.days;
            judgement.favourable += wanted[i / 24] ? 1 : 0;
            judgement.equal += favourable == wanted[i / 24] ? 1 : 0;
        }
        all.push_back(std::move(judgement));
    }
    return all;
}

}  // namespace ganglion::train
