#include "train/fit/fit_beats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "model/tflite.hpp"
#include "train/corpus/beat_frames.hpp"
#include "train/corpus/varied_beats.hpp"
#include "train/evaluate/beat_judgement.hpp"
#include "train/evaluate/device_run.hpp"
#include "train/evaluate/judges.hpp"
#include "train/fit/fit_classifier.hpp"
#include "train/fit/steps.hpp"
#include "train/quantize/to_graph.hpp"
#include "train/report/settings.hpp"

namespace ganglion::train {

namespace {

constexpr auto kEarly = static_cast<size_t>(BeatLabel::supraventricular);
constexpr auto kWide = static_cast<size_t>(BeatLabel::ventricular);
constexpr uint32_t kFolds = 11;  // of people, for the thresholds

std::vector<HeartRecord> unpaced(const std::filesystem::path& data, const char* split) {
    const auto folder = std::filesystem::exists(data / "manifest.csv") ? data : data / "heart";
    auto records = read_heart_records(folder, split);
    std::erase_if(records, [](const HeartRecord& record) { return record.paced; });
    return records;
}

// People in the order in which they come, dealt out to the folds.
uint32_t fold_of(std::span<const HeartRecord> records, const HeartRecord& record) {
    std::vector<std::string> people;
    for (const HeartRecord& other : records) {
        if (other.subject == record.subject) break;
        if (std::find(people.begin(), people.end(), other.subject) == people.end())
            people.push_back(other.subject);
    }
    return static_cast<uint32_t>(people.size()) % kFolds;
}

// The beats of a record with the scores of each label, permille.
struct Scored {
    std::vector<FoundBeat> beats;
    std::vector<std::vector<uint16_t>> scores;  // by output, then beat
};

// What is wanted of a label, percent at most.
struct Goal {
    double missed;
    double wrong;
};

Goal goal_of(const project::Project& project, const std::string& label) {
    const auto& goals = project.judge.goals;
    const auto at = [&](const std::string& figure) {
        const auto place = goals.find(figure + " " + label);
        // A goal of nothing at all would have no unit.
        return place == goals.end() ? 50 : std::max(place->second, 0.1);
    };
    return {at("missed"), at("false")};
}

// How far what is missed and what is falsely told exceed what may be, in units of that; of
// thresholds that are as far F1 decides.
double cost(const Hits& hits, const Goal& goal) {
    const double found = hits.sensitivity();
    const double right = hits.precision();
    const double f1 = found + right > 0 ? 2 * found * right / (found + right) : 0;
    constexpr double tie = 1e-3;
    return std::max(1.0, 100 * (1 - found) / goal.missed) +
           std::max(1.0, 100 * (1 - right) / goal.wrong) - tie * f1;
}

// As the decision does it: of those that reach their threshold the higher score.
void decide(Scored& record, uint32_t early, uint32_t wide) {
    for (size_t i = 0; i < record.beats.size(); ++i) {
        const uint32_t s = record.scores[kEarly][i];
        const uint32_t v = record.scores[kWide][i];
        BeatClass kind = BeatClass::normal;
        if (s >= early) kind = BeatClass::supraventricular;
        if (v >= wide && (v > s || s < early)) kind = BeatClass::ventricular;
        record.beats[i].kind = kind;
    }
}

struct Thresholds {
    uint32_t early = 500;
    uint32_t wide = 500;
};

// All records' beats with the scores that `device` gives.
std::vector<Scored> scores_of(const DeviceRun& device, std::span<const HeartRecord> records,
                              uint32_t pause_ms) {
    std::vector<Scored> scored(records.size());
    for (size_t r = 0; r < records.size(); ++r) {
        for (const BeatFrame& frame : beat_frames(records[r].samples, records[r].rate_hz, pause_ms))
            scored[r].beats.push_back({frame.sample, BeatClass::normal, false});
        scored[r].scores.assign(kBeatLabels, {});
        // One row of scores an inference.
        for (const auto& outputs : device.decide(records[r].samples).scores)
            for (size_t label = 0; label < kBeatLabels; ++label)
                scored[r].scores[label].push_back(outputs[label]);
    }
    return scored;
}

std::vector<BeatScore> judge(std::span<const HeartRecord> records, std::vector<Scored>& scored,
                             const Thresholds& thresholds) {
    std::vector<BeatScore> scores;
    scores.reserve(records.size());
    for (size_t r = 0; r < records.size(); ++r) {
        decide(scored[r], thresholds.early, thresholds.wide);
        scores.push_back(judge_beats(records[r], scored[r].beats));
    }
    return scores;
}

// Where the cost is least, one after the other: which of two labels a beat gets depends on both.
Thresholds choose(const project::Project& project, std::span<const HeartRecord> records,
                  std::vector<Scored>& scored) {
    Thresholds best;
    const auto search = [&](uint32_t Thresholds::*which, Hits BeatScore::*of, const Goal& goal) {
        double least = INFINITY;
        Thresholds tried = best;
        for (uint32_t threshold = 50; threshold <= 950; threshold += 25) {
            tried.*which = threshold;
            Hits hits;
            for (const BeatScore& score : judge(records, scored, tried)) hits.add(score.*of);
            if (cost(hits, goal) >= least) continue;
            least = cost(hits, goal);
            best.*which = threshold;
        }
    };
    for (int round = 0; round < 2; ++round) {
        search(&Thresholds::wide, &BeatScore::ventricular, goal_of(project, "V"));
        search(&Thresholds::early, &BeatScore::supraventricular, goal_of(project, "S"));
    }
    return best;
}

nlohmann::json cross_validated(std::span<const BeatScore> scores) {
    nlohmann::json all = nlohmann::json::array();
    const auto add = [&](const char* name, const Estimate& found) {
        all.push_back(
            {{"name", name},
             {"value", 100 * (1 - found.value)},
             {"unit", "%"},
             {"interval", {100 * (1 - found.interval.high), 100 * (1 - found.interval.low)}}});
    };
    add("missed V", sensitivity(scores, &BeatScore::ventricular));
    add("false V", precision(scores, &BeatScore::ventricular));
    add("missed S", sensitivity(scores, &BeatScore::supraventricular));
    add("false S", precision(scores, &BeatScore::supraventricular));
    return {{"figures", all}, {"records", nlohmann::json::array()}};
}

nlohmann::json figures_json(const Judged& judged) {
    nlohmann::json all = nlohmann::json::array();
    for (const Figure& figure : judged.figures) {
        nlohmann::json one = {
            {"name", figure.name}, {"value", figure.value}, {"unit", figure.unit}};
        if (figure.interval) one["interval"] = {figure.interval->low, figure.interval->high};
        if (figure.goal) one["goal"] = *figure.goal;
        all.push_back(one);
    }
    return {{"figures", all}, {"records", judged.notes}};
}

std::string table_of(const nlohmann::json& judged) {
    std::string text;
    for (const auto& figure : judged.at("figures")) {
        text += fmt::format("| {} | {:.2f} {} |", figure.at("name").get<std::string>(),
                            figure.at("value").get<double>(), figure.at("unit").get<std::string>());
        if (figure.contains("interval")) {
            text += fmt::format(" [{:.2f}, {:.2f}] |", figure["interval"][0].get<double>(),
                                figure["interval"][1].get<double>());
        } else {
            text += " |";
        }
        text +=
            figure.contains("goal") ? fmt::format(" {} |\n", figure["goal"].get<double>()) : " |\n";
    }
    return text;
}

std::string card_of(const project::Project& project, const nlohmann::json& report) {
    std::string text = fmt::format(
        "# Model card: {} {}\n\nWritten by `ganglion train`; the numbers are those of "
        "`report.json`.\n\n## Trained on\n{}\n\n",
        project.application.name, project.application.version,
        report.at("trained_on").get<std::string>());
    const auto part = [&](const char* title, const char* key) {
        text += fmt::format(
            "## {}\n\n| figure | value | 95 % interval | goal, at most |\n|---|---|"
            "---|---|\n{}\n",
            title, table_of(report.at(key)));
        for (const auto& line : report.at(key).at("records"))
            text += fmt::format("- {}\n", line.get<std::string>());
        text += "\n";
    };
    text +=
        "Measured by the device's own integer pipeline against the cardiologists' beats (ANSI/AAMI "
        "EC57, 150 ms), all beats\nof all records together; the intervals draw people anew. "
        "\"missed\" is 100 less sensitivity, \"false\" 100 less positive\npredictivity.\n\n";
    part("Cross-validation over people (thresholds were chosen on it)", "cross_validation");
    part("Test: people that neither training nor thresholds saw", "test");
    text += "Not a medical device.\n";
    return text;
}

}  // namespace

TrainResult fit_beats(const project::Project& given, const TrainOptions& options,
                      const ProgressCallback& progress, const StopFlag& stop) {
    project::Project project = given;
    const auto pause_ms =
        static_cast<uint32_t>(project::number_of(project.features.parameters, "pause_ms"));
    const auto step = steps_of("features", progress, &stop);
    auto records = unpaced(options.data, "train");
    step(1, 3);
    for (HeartRecord& record : unpaced(options.data, "val")) records.push_back(std::move(record));
    step(2, 3);
    const auto windows = labelled_beats(records, pause_ms);
    step(3, 3);

    ClassifierSettings settings;
    settings.name = project.application.name;
    settings.kind = project.network.kind;
    settings.channels = project.network.channels;
    settings.classes = kBeatLabels;
    settings.epochs = project.network.epochs;
    settings.batch = project.network.batch;
    settings.learning_rate = project.network.learning_rate;
    settings.balance = 0.65;  // S beats are a hundredth of all: chosen by cross-validation
    settings.noise = 6;
    settings.seed = project.network.seed;
    // The people fitted on are those validated on: no epoch is chosen by people who are judged.
    const auto fitted_graph = [&](LabelledWindows beats) {
        add_varied_beats(beats, settings.seed);
        return to_graph(fit_classifier(settings, beats, beats, progress, stop).network);
    };

    std::vector<HeartRecord> judged_records;
    std::vector<Scored> scored;
    for (uint32_t fold = 0; fold < kFolds; ++fold) {
        std::vector<HeartRecord> others;
        const size_t begin = judged_records.size();
        for (const HeartRecord& record : records)
            (fold_of(records, record) == fold ? judged_records : others).push_back(record);
        const DeviceRun device(project, fitted_graph(labelled_beats(others, pause_ms)));
        const auto part = std::span(judged_records).subspan(begin);
        for (Scored& one : scores_of(device, part, pause_ms)) scored.push_back(std::move(one));
    }
    const auto chosen = choose(project, judged_records, scored);
    const auto validated = cross_validated(judge(judged_records, scored, chosen));

    const auto graph = fitted_graph(windows);
    const auto bytes = model::write_tflite(graph);
    write_file(project.model_file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    project.decision.thresholds = {0, chosen.early, chosen.wide, 0};
    write_setting(project.path, "decision", "thresholds",
                  fmt::format("[0, {}, {}, 0]", chosen.early, chosen.wide));

    const DeviceRun device(project, graph);
    const auto judged = [&](const char* split) {
        return judge_application({project, device, options.data, split, steps_of(split, progress)});
    };
    const Judged test = judged("test");
    const nlohmann::json report = {
        {"trained_on",
         fmt::format(
             "{} beats of {} recordings of the splits `train` and `val` (MIT-BIH arrhythmia "
             "database, Open Data Commons Attribution\n1.0), unpaced people, as many again whose "
             "intervals and shapes are of two beats, and some made irregular\n"
             "(`train/corpus/varied_beats.hpp`). Thresholds are where what is missed and what is "
             "falsely told exceed the goals least,\nthen where F1 is greatest, over the same "
             "people, each judged by a network fitted without them ({} folds).",
             windows.size(), records.size(), kFolds)},
        {"thresholds", {{"S", chosen.early}, {"V", chosen.wide}}},
        {"cross_validation", validated},
        {"test", figures_json(test)}};
    TrainResult result{project.model_file, project.path.parent_path() / "MODEL_CARD.md",
                       project.path.parent_path() / "report.json", chosen.wide, ""};
    write_file(result.report, report.dump(1) + "\n");
    write_file(result.card, card_of(project, report));
    for (const Figure& figure : test.figures) {
        if (!result.summary.empty()) result.summary += ", ";
        result.summary += fmt::format("{} {:.2f} {}", figure.name, figure.value, figure.unit);
    }
    return result;
}

}  // namespace ganglion::train
