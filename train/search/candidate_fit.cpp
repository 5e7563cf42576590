#include "train/search/candidate_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "model/tflite.hpp"
#include "train/evaluate/integer_model.hpp"
#include "train/evaluate/word_judgement.hpp"
#include "train/fit/fit_labelled.hpp"
#include "train/fit/fit_spotter.hpp"
#include "train/fit/word_corpus.hpp"
#include "train/network/deterministic.hpp"
#include "train/quantize/to_graph.hpp"
#include "train/report/settings.hpp"
#include "train/search/pipeline_cost.hpp"

namespace ganglion::train {
namespace {

const StopFlag kNever = false;
const auto kSilent = [](size_t, size_t) {};
const ProgressCallback kUntold = [](const Progress&) {};
constexpr size_t kDisturbedPasses = 4;

TrainOptions train_options(const SearchOptions& options, const Candidate& candidate) {
    TrainOptions train;
    train.data = options.data;
    train.work_dir = options.work_dir / fmt::format("features-{}b", candidate.bands);
    train.synthetic_speech = options.synthetic_speech;
    return train;
}

void write_model(const std::filesystem::path& file, const model::Graph& graph) {
    const auto bytes = model::write_tflite(graph);
    write_file(file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void add_cost(nlohmann::json& result, const SearchCost& cost) {
    result["ram_bytes"] = cost.ram_bytes;
    result["flash_bytes"] = cost.flash_bytes;
    result["macs"] = cost.macs;
    result["instructions"] = cost.instructions;
}

/// How many scores are averaged costs nothing, so all are tried on the same scores.
nlohmann::json judge_word(project::Project project, const model::Graph& graph,
                          const SearchOptions& options) {
    const std::string word = project.decision.labels.at(project.decision.label);
    const double budget = project.budget.alerts_per_hour.value_or(0.5);
    const uint32_t rate = project.sensor.rate_hz;
    const auto run =
        run_streams(DeviceRun(project, graph),
                    clip_streams(options.data, "val", word, kDisturbedPasses), kSilent);
    nlohmann::json best;
    for (const uint32_t average : {1U, 3U, 5U, 7U, 9U}) {
        project.decision.average = average;
        const DeviceRun device(project, graph);
        const auto judged = [&](uint32_t t) { return judge(device, run, t, rate); };
        double loss = 0;
        for (const double factor : {1.0, 2.0, 4.0}) {
            const auto result = judged(choose_threshold(judged, factor * budget));
            loss += static_cast<double>(result.missed) /
                    static_cast<double>(std::max<uint64_t>(1, result.words)) / 3;
        }
        if (!best.is_null() && loss >= best["loss"].get<double>()) continue;
        best = {
            {"loss", loss}, {"average", average}, {"threshold", choose_threshold(judged, budget)}};
        add_cost(best, cost_of(project, device));
    }
    return best;
}

nlohmann::json fit_word_candidate(const project::Project& project, const Candidate& candidate,
                                  const SearchOptions& options,
                                  const std::filesystem::path& model) {
    model::Graph graph;
    {
        const auto corpus =
            collect_word_corpus(project, train_options(options, candidate), kUntold, kNever);
        graph = to_graph(fit_spotter(project, corpus.frames, kUntold, kNever).network);
    }
    write_model(model, graph);
    return judge_word(project, graph, options);
}

nlohmann::json fit_labelled_candidate(const project::Project& project, const SearchOptions& options,
                                      const std::filesystem::path& model) {
    const auto set = labelled_set(project, options.data, kSilent);
    const auto lessons = lessons_of(project, set, kSilent);
    const auto validation = windows_of(project, set, "val", kSilent);
    const auto fitted = fit_classifier(classifier_settings(project), lessons.windows, validation,
                                       kUntold, kNever, lessons.tracks);
    const auto graph = to_graph(fitted.network);
    write_model(model, graph);
    const auto classified =
        classify(fitted.network, graph, validation, project.decision.labels.size());
    nlohmann::json result = {{"loss", 1 - classified.integer.balanced_accuracy()},
                             {"average", project.decision.average},
                             {"threshold", project.decision.threshold}};
    add_cost(result, cost_of(project, DeviceRun(project, graph)));
    return result;
}

}  // namespace

nlohmann::json fit_candidate(const project::Project& base, const Candidate& candidate,
                             uint32_t epochs, const SearchOptions& options,
                             const std::filesystem::path& model) {
    project::Project project = with_candidate(base, candidate);
    project.network.epochs = epochs;
    choose_device(options.device);
    return is_labelled(project) ? fit_labelled_candidate(project, options, model)
                                : fit_word_candidate(project, candidate, options, model);
}

nlohmann::json prepare_features(const project::Project& base, const Candidate& candidate,
                                const SearchOptions& options) {
    const auto corpus = collect_word_corpus(with_candidate(base, candidate),
                                            train_options(options, candidate), kUntold, kNever);
    return {{"positives", corpus.frames.positives.size()},
            {"negatives", corpus.frames.negatives.size()}};
}

}  // namespace ganglion::train
