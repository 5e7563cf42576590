#include "train/report/trial_card.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace ganglion::train {
namespace {

nlohmann::json json_of(const Interval& interval) {
    return nlohmann::json::array({interval.low, interval.high});
}

std::string percent(const nlohmann::json& share, const nlohmann::json& interval) {
    return fmt::format("{:.1f} % [{:.1f}, {:.1f}]", 100 * share.get<double>(),
                       100 * interval[0].get<double>(), 100 * interval[1].get<double>());
}

std::string row(const char* name, const nlohmann::json& figures) {
    return fmt::format("| {} | {} of {} | {} | {} of {} | {} | {} / {} |\n", name,
                       figures["found"].get<uint64_t>(), figures["positives"].get<uint64_t>(),
                       percent(figures["sensitivity"], figures["sensitivity_wilson"]),
                       figures["false_alarms"].get<uint64_t>(),
                       figures["negatives"].get<uint64_t>(),
                       percent(figures["specificity"], figures["specificity_wilson"]),
                       percent(figures["sensitivity"], figures["sensitivity_by_person"]),
                       percent(figures["specificity"], figures["specificity_by_person"]));
}

std::string wrong_labels(const nlohmann::json& figures) {
    std::string text;
    for (const auto& [label, counts] : figures["by_label"].items()) {
        if (counts[0].get<uint64_t>() == 0) continue;
        text += fmt::format("{}{} ({} of {})", text.empty() ? "" : ", ", label,
                            counts[0].get<uint64_t>(), counts[1].get<uint64_t>());
    }
    return text.empty() ? "none" : text;
}

}  // namespace

nlohmann::json trial_figures(const TrialJudgement& judgement) {
    nlohmann::json labels = nlohmann::json::object();
    for (const auto& [label, counts] : judgement.by_label) {
        labels[label] = nlohmann::json::array({counts.first, counts.second});
    }
    const uint64_t calm = judgement.negatives - judgement.false_alarms;
    return {
        {"positives", judgement.positives},
        {"found", judgement.found},
        {"negatives", judgement.negatives},
        {"false_alarms", judgement.false_alarms},
        {"negative_hours", judgement.negative_hours},
        {"delay_s", judgement.delay_s},
        {"sensitivity", judgement.sensitivity()},
        {"specificity", judgement.specificity()},
        {"accuracy", judgement.accuracy()},
        {"sensitivity_wilson", json_of(wilson_interval(judgement.found, judgement.positives))},
        {"specificity_wilson", json_of(wilson_interval(calm, judgement.negatives))},
        {"sensitivity_by_person", json_of(judgement.sensitivity_by_person)},
        {"specificity_by_person", json_of(judgement.specificity_by_person)},
        {"by_label", labels},
        {"wrong", judgement.wrong},
    };
}

nlohmann::json trial_report(const ModelFacts& model, const TrialJudgement& validation,
                            const TrialJudgement& test) {
    const auto& project = model.project;
    return {
        {"application", project.application.name},
        {"version", project.application.version},
        {"trained_on", model.trained_on},
        {"frame_values", project.frame_values()},
        {"rate_hz", project.sensor.samples_per_second()},
        {"macs", model.cost.compiled.macs},
        {"ram_bytes", model.cost.ram_bytes},
        {"bundle_bytes", model.cost.bundle_bytes},
        {"model_bytes", model.model_bytes},
        {"threshold", project.decision.threshold},
        {"seed", project.network.seed},
        {"float_difference_mean", model.mean_difference},
        {"float_difference_largest", model.largest_difference},
        {"compared_windows", model.compared_windows},
        {"validation", trial_figures(validation)},
        {"test", trial_figures(test)},
    };
}

std::string trial_card(const nlohmann::json& r) {
    std::string card = fmt::format("# Model card: {} {}\n\n", r["application"].get<std::string>(),
                                   r["version"].get<std::string>());
    card += "Written by `ganglion train`; the numbers are those of the report beside it.\n\n";
    card += fmt::format("## Trained on\n{}\n\n## The model\n| | |\n|---|---|\n",
                        r["trained_on"].get<std::string>());
    card += fmt::format("| input | {} values a frame, int8, from {:g} samples a second |\n",
                        r["frame_values"].get<uint32_t>(), r["rate_hz"].get<double>());
    card += fmt::format("| multiply-accumulates per inference | {} |\n", r["macs"].get<uint64_t>());
    card += fmt::format("| RAM of the whole pipeline (features, window, tensors) | {} bytes |\n",
                        r["ram_bytes"].get<uint32_t>());
    card += fmt::format("| signed bundle in flash | {} bytes |\n| `.tflite` | {} bytes |\n",
                        r["bundle_bytes"].get<uint32_t>(), r["model_bytes"].get<uint32_t>());
    card += fmt::format(
        "| threshold | {} permille, chosen on the validation split and held-out training people "
        "|\n| seed | {} "
        "|\n\n",
        r["threshold"].get<uint32_t>(), r["seed"].get<uint64_t>());
    card += fmt::format(
        "Score of the integer engine against the network in floating point over {} windows: {:.4f} "
        "mean, {:.3f} largest\ndifference.\n\n",
        r["compared_windows"].get<uint64_t>(), r["float_difference_mean"].get<double>(),
        r["float_difference_largest"].get<double>());
    card +=
        "## How well it does\nMeasured by the device's own integer pipeline over whole trials of "
        "people that training never saw. Brackets are\n95 % intervals: Wilson over the trials; in "
        "the last column by drawing whole people with repetition (trials of one\nperson are "
        "alike).\n\n| split | found | sensitivity | false alarms | specificity | by person |\n"
        "|---|---|---|---|---|---|\n";
    card += row("validation", r["validation"]);
    card += row("test", r["test"]);
    card += fmt::format("\nWrong in the test, by label: {}.\n", wrong_labels(r["test"]));
    if (r["test"]["delay_s"].get<double>() > 0) {
        card += fmt::format("Median time from the start of a found trial to the event: {:.1f} s.\n",
                            r["test"]["delay_s"].get<double>());
    }
    return card;
}

}  // namespace ganglion::train
