#include "train/evaluate/recorded_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "train/corpus/motor_corpus.hpp"
#include "train/evaluate/beat_judgement.hpp"
#include "train/evaluate/judges.hpp"
#include "train/evaluate/pause_judgement.hpp"
#include "train/evaluate/trial_judgement.hpp"
#include "train/recordings/sensor_recording.hpp"

namespace ganglion::train {
namespace {

constexpr size_t kOfEach = 3;  // clips of a label

uint64_t length_of(const RecordedStream& stream, const project::Project& project) {
    return stream.samples.size() / project.sensor.channels;
}

void append(RecordedStream& stream, const std::vector<int16_t>& samples) {
    stream.samples.insert(stream.samples.end(), samples.begin(), samples.end());
}

}  // namespace

RecordedStream clips_stream(const StreamInput& input) {
    const auto labels = firing_labels(input.project);
    const auto fires = [&](const Recording& recording) {
        return std::ranges::find(labels, recording.label) != labels.end();
    };
    std::map<std::string, size_t> taken;
    std::vector<Recording> wanted;
    std::vector<Recording> others;
    const size_t most = labels.size() == 1 ? 3 * kOfEach : kOfEach;
    for (const Recording& recording : sensor_recordings(input.project, input.data, input.split)) {
        if (taken[recording.label] >= (fires(recording) ? most : kOfEach)) continue;
        ++taken[recording.label];
        (fires(recording) ? wanted : others).push_back(recording);
    }
    RecordedStream stream;
    const auto take = [&](const Recording& recording) {
        auto samples = read_sensor_recording(input.project, recording);
        const size_t length = samples.size() / input.project.sensor.channels;
        const uint64_t begin =
            length_of(stream, input.project) + put_in_quiet(input.project, samples);
        if (fires(recording))
            stream.expected.push_back({begin, begin + length - 1, recording.label});
        append(stream, samples);
    };
    for (size_t i = 0; i < wanted.size(); ++i) {
        // One of the others before each, so that what fired falls silent again.
        if (!others.empty()) take(others[i % others.size()]);
        take(wanted[i]);
    }
    stream.tolerance = static_cast<uint64_t>(input.project.sensor.samples_per_second());
    stream.description =
        fmt::format("{} recordings with something to find among others", wanted.size());
    return stream;
}

RecordedStream motor_stream(const StreamInput& input) {
    const auto learned = read_vibrations(input.project, input.data, "train");
    const auto judged = read_vibrations(input.project, input.data, input.split);
    const auto& rule = input.project.decision;
    RecordedStream stream;
    for (const Vibration& fault : judged) {
        if (fault.label == "normal") continue;
        stream.samples.clear();
        for (const auto* part : {&learned, &judged}) {
            for (const Vibration& normal : *part) {
                if (normal.label == "normal" && normal.placement == fault.placement)
                    append(stream, normal.samples);
            }
        }
        if (stream.samples.empty()) continue;
        const uint64_t begin = stream.samples.size();
        append(stream, fault.samples);
        stream.expected.push_back({begin, stream.samples.size() - 1, rule.labels.at(rule.label)});
        stream.description =
            fmt::format("normal running, from {:.1f} s on {}",
                        static_cast<double>(begin) / input.project.sensor.rate_hz, fault.name);
        return stream;
    }
    return {};
}

namespace {

// Trials to be found and others in turn, twelve of each at most.
std::vector<Trial> in_turn(const TrialRules& rules, const std::vector<Trial>& trials) {
    constexpr size_t most = 12;
    std::vector<Trial> found;
    std::vector<Trial> others;
    for (const Trial& trial : trials) (rules.is_positive(trial) ? found : others).push_back(trial);
    std::vector<Trial> chosen;
    for (size_t i = 0; i < std::min({most, found.size(), others.size()}); ++i) {
        chosen.push_back(others[i * others.size() / most % others.size()]);
        chosen.push_back(found[i * found.size() / most % found.size()]);
    }
    return chosen;
}

// Whole recordings of the first people of whom there are both.
std::vector<Trial> by_person(const TrialRules& rules, const std::vector<Trial>& trials) {
    std::map<std::string, std::pair<const Trial*, const Trial*>> people;
    for (const Trial& trial : trials) {
        auto& [other, found] = people[trial.group];
        (rules.is_positive(trial) ? found : other) = &trial;
    }
    std::vector<Trial> chosen;
    const size_t most = rules.calibrate == 0 ? 6 : 2;
    for (const auto& [name, both] : people) {
        if (chosen.size() == most || both.first == nullptr || both.second == nullptr) continue;
        chosen.push_back(*both.first);
        chosen.push_back(*both.second);
    }
    return chosen;
}

}  // namespace

RecordedStream trial_stream(const StreamInput& input) {
    const TrialRules rules = trial_rules(input.project, input.data);
    std::vector<Trial> trials = read_trials(rules.manifest, rules.under, rules.format);
    std::erase_if(trials, [&](const Trial& trial) {
        return trial.split != input.split ||
               (!rules.ignored.empty() && trial.label.starts_with(rules.ignored));
    });
    const auto chosen = rules.mean ? by_person(rules, trials) : in_turn(rules, trials);
    const auto& rule = input.project.decision;
    RecordedStream stream;
    const double rate = input.project.sensor.samples_per_second();
    for (const Trial& trial : chosen) {
        const uint64_t begin = length_of(stream, input.project);
        append(stream, trial.samples);
        const uint64_t end = length_of(stream, input.project);
        if (rules.is_positive(trial)) {
            stream.expected.push_back({begin, end - 1, rule.labels.at(rule.label)});
        } else if (rules.mean && begin != 0) {
            // What was seen of the last person fades first.
            const auto& features = input.project.features.parameters;
            const double fading = project::number_of(features, "window") +
                                  rule.average * project::number_of(features, "hop");
            stream.expected.push_back({begin, begin + static_cast<uint64_t>(fading), "", false});
        }
    }
    if (!rules.mean) stream.tolerance = static_cast<uint64_t>(2 * rate);  // looks so far ahead
    stream.description = fmt::format("{} trials, every other one to be found", chosen.size());
    return stream;
}

namespace {

// Stretches of a rhythm.
std::vector<SampleRange> ranges_of(const HeartRecord& record, std::string_view rhythm) {
    std::vector<SampleRange> ranges;
    for (size_t i = 0; i < record.rhythms.size(); ++i) {
        if (record.rhythms[i].rhythm != rhythm) continue;
        const uint64_t end =
            i + 1 < record.rhythms.size() ? record.rhythms[i + 1].sample : record.samples.size();
        ranges.push_back({record.rhythms[i].sample, end});
    }
    return ranges;
}

// An extra beat is told when the next beat is found.
std::vector<Expected> extra_beats(const HeartRecord& record, uint64_t length) {
    std::vector<Expected> expected;
    for (size_t i = 0; i + 1 < record.beats.size(); ++i) {
        const ReferenceBeat& beat = record.beats[i];
        if (record.beats[i + 1].sample + record.rate_hz >= length) break;
        const bool ventricular = beat.kind == BeatClass::ventricular;
        if (!ventricular && beat.kind != BeatClass::supraventricular) continue;
        const uint64_t next = record.beats[i + 1].sample;
        expected.push_back({next, next + record.rate_hz / 2, ventricular ? "V_beat" : "S_beat"});
    }
    return expected;
}

std::vector<Expected> fibrillations(const HeartRecord& record, const std::string& label,
                                    uint64_t length) {
    std::vector<Expected> expected;
    for (const SampleRange& range : ranges_of(record, "(AFIB")) {
        if (range.begin >= length) break;
        expected.push_back({range.begin, std::min(range.end, length) - 1, label});
    }
    return expected;
}

/// The first minutes of the record in which most is expected.
RecordedStream heart_stream(
    const StreamInput& input, uint64_t minutes,
    const std::function<std::vector<Expected>(const HeartRecord&, uint64_t length)>& expected_of) {
    RecordedStream stream;
    for (HeartRecord& record :
         read_heart_records(judged_folder(input.project, input.data), input.split)) {
        if (record.paced) continue;
        const uint64_t length =
            std::min<uint64_t>(minutes * 60 * record.rate_hz, record.samples.size());
        auto expected = expected_of(record, length);
        if (!stream.samples.empty() && expected.size() <= stream.expected.size()) continue;
        record.samples.resize(length);
        stream.samples = std::move(record.samples);
        stream.expected = std::move(expected);
        stream.description = fmt::format("record {}, its first {} minutes", record.name, minutes);
    }
    return stream;
}

}  // namespace

RecordedStream beat_stream(const StreamInput& input) {
    const auto& rule = input.project.decision;
    if (rule.kind == project::DecisionRule::classes) return heart_stream(input, 2, extra_beats);
    const auto fibrillation = [&](const HeartRecord& record, uint64_t length) {
        return fibrillations(record, rule.labels.at(rule.label), length);
    };
    RecordedStream stream = heart_stream(input, 10, fibrillation);
    stream.tolerance = uint64_t{20} * input.project.sensor.rate_hz;  // an average of 32 beats
    return stream;
}

RecordedStream pause_stream(const StreamInput& input) {
    const auto& rule = input.project.decision;
    const auto pauses = [&](const HeartRecord& record, uint64_t length) {
        std::vector<Expected> expected;
        for (const SampleRange& range : pauses_of(record)) {
            if (range.end > length) break;
            expected.push_back({range.begin, range.end, rule.labels.at(rule.label)});
        }
        return expected;
    };
    return heart_stream(input, 10, pauses);
}

}  // namespace ganglion::train
