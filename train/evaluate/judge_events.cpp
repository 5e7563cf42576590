#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <stdexcept>

#include "train/evaluate/event_judgement.hpp"
#include "train/evaluate/judges.hpp"
#include "train/recordings/trials.hpp"

namespace ganglion::train {
namespace {

std::string text_of(const project::Project& project, const char* key) {
    const auto found = project.judge.texts.find(key);
    if (found == project.judge.texts.end())
        throw std::runtime_error(
            fmt::format("{}: judge.{}: is missing", project.path.string(), key));
    return found->second;
}

double number_or(const project::Project& project, const char* key, double fallback) {
    const auto found = project.judge.parameters.find(key);
    return found == project.judge.parameters.end() ? fallback : found->second.front();
}

// The number behind "SPLIT: t_s<" or "SPLIT: t_s>=".
double bound_of(const std::string& text, const std::string& sign) {
    const size_t at = text.find(sign);
    double seconds = 0;
    const char* end = text.data() + text.size();
    if (at == std::string::npos ||
        std::from_chars(text.data() + at + sign.size(), end, seconds).ec != std::errc())
        throw std::runtime_error("\"" + text +
                                 "\": write train, val, test, or for example \"train: "
                                 "t_s<400; test: t_s>=400\" as the split");
    return seconds;
}

// The share of a recording of `length` samples that is of the split.
void judge_part(const std::string& split, const std::string& wanted, double rate, uint64_t length,
                EventLog& log) {
    log.begin = log.end = 0;
    if (split.find("t_s") == std::string::npos) {
        if (split == wanted) log.end = length;
        return;
    }
    const auto at = [&](double seconds) {
        return std::min(static_cast<uint64_t>(std::max(seconds, 0.0) * rate), length);
    };
    if (wanted == "train") log.end = at(bound_of(split, "train: t_s<"));
    if (wanted != "test") return;
    log.begin = at(bound_of(split, "test: t_s>="));
    log.end = length;
}

bool overlaps(const Expected& event, const EventLog& log) {
    return event.begin < log.end && event.end >= log.begin;
}

}  // namespace

std::vector<EventLog> read_event_logs(const project::Project& project,
                                      const std::filesystem::path& data, const std::string& split) {
    const std::string label = text_of(project, "label");
    const std::string positive = text_of(project, "positive");
    const auto left_out = project.judge.texts.find("ignored");
    const std::string ignored =
        left_out == project.judge.texts.end() ? std::string() : left_out->second;
    const double rate = project.sensor.samples_per_second();
    const auto early = static_cast<uint64_t>(number_or(project, "early_s", 0) * rate);
    const auto late = static_cast<uint64_t>(number_or(project, "late_s", 0) * rate);
    // One trial for each stretch of the same label; those of one recording follow each other.
    const auto stretches =
        read_trials(judged_folder(project, data) / "manifest.csv", text_of(project, "under"),
                    {project.sensor.columns, project.sensor.units_per_lsb, {label}, "", label});
    std::vector<EventLog> logs;
    std::map<std::string, std::string> splits;
    for (const Trial& stretch : stretches) {
        if (logs.empty() || logs.back().name != stretch.group)
            logs.push_back({stretch.group, {}, {}, 0, 0});
        EventLog& log = logs.back();
        splits[log.name] = stretch.split;
        const uint64_t begin = log.samples.size() / project.sensor.channels;
        log.samples.insert(log.samples.end(), stretch.samples.begin(), stretch.samples.end());
        const uint64_t end = log.samples.size() / project.sensor.channels;
        if (stretch.label.starts_with(positive))
            log.events.push_back({begin - std::min(early, begin), end - 1 + late, stretch.label,
                                  ignored.empty() || !stretch.label.starts_with(ignored)});
    }
    for (EventLog& log : logs) {
        judge_part(splits[log.name], split, rate, log.samples.size() / project.sensor.channels,
                   log);
        std::erase_if(log.events, [&](const Expected& event) { return !overlaps(event, log); });
    }
    std::erase_if(logs, [](const EventLog& log) { return log.begin == log.end; });
    if (logs.empty()) throw std::runtime_error(data.string() + ": no events of split " + split);
    return logs;
}

Judged judge_events(const JudgeInput& input) {
    uint64_t events = 0;
    uint64_t missed = 0;
    uint64_t false_alarms = 0;
    uint64_t samples = 0;
    std::map<std::string, std::pair<uint64_t, uint64_t>> by_label;  // found, all
    const auto logs = read_event_logs(input.project, input.data, input.split);
    for (size_t i = 0; i < logs.size(); ++i) {
        const EventLog& log = logs[i];
        input.step(i, logs.size());
        samples += log.end - log.begin;
        std::vector<bool> found(log.events.size(), false);
        const size_t last = log.end * input.project.sensor.channels;
        for (const Decision& decision :
             input.device.decide(std::span(log.samples).first(last)).decisions) {
            if (!decision.fired || decision.sample < log.begin) continue;
            bool belongs = false;
            for (size_t k = 0; k < log.events.size(); ++k) {
                if (decision.sample < log.events[k].begin || decision.sample > log.events[k].end)
                    continue;
                found[k] = belongs = true;
            }
            if (!belongs) ++false_alarms;
        }
        for (size_t k = 0; k < found.size(); ++k) {
            auto& counts = by_label[log.events[k].label];
            ++counts.second;
            if (found[k]) ++counts.first;
            if (!log.events[k].required) continue;
            ++events;
            missed += found[k] ? 0 : 1;
        }
    }
    const double ten_minutes =
        static_cast<double>(samples) / input.project.sensor.samples_per_second() / 600;
    Judged judged;
    judged.figures.push_back(share_figure("missed", missed, events));
    judged.figures.push_back(rate_figure("false alarms", false_alarms, ten_minutes, "per 10 min"));
    for (const auto& [label, counts] : by_label)
        judged.notes.push_back(
            fmt::format("{}: {} of {} found", label, counts.first, counts.second));
    judged.notes.push_back(fmt::format("{} events, {:.1f} min", events, 10 * ten_minutes));
    return judged;
}

RecordedStream event_stream(const StreamInput& input) {
    RecordedStream stream;
    const auto& rule = input.project.decision;
    EventLog log = read_event_logs(input.project, input.data, input.split).front();
    log.samples.resize(log.end * input.project.sensor.channels);
    stream.samples = std::move(log.samples);
    if (log.begin > 0) stream.expected.push_back({0, log.begin - 1, "", false});
    for (const Expected& event : log.events)
        stream.expected.push_back(
            {event.begin, event.end, rule.labels.at(rule.label), event.required});
    stream.description =
        fmt::format("{}, judged from {:.0f} s on", log.name,
                    static_cast<double>(log.begin) / input.project.sensor.samples_per_second());
    return stream;
}

}  // namespace ganglion::train
