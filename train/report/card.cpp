#include "train/report/card.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ganglion::train {
namespace {

using nlohmann::json;

void set_cost(json& model, const ModelCost& cost) {
    model["macs"] = cost.compiled.macs;
    model["constant_bytes"] = cost.compiled.constant_bytes;
    model["arena_bytes"] = cost.compiled.arena_bytes;
    model["ram_bytes"] = cost.ram_bytes;
    model["bundle_bytes"] = cost.bundle_bytes;
}

json model_json(const ModelFacts& model) {
    const auto& p = model.project;
    json facts{
        {"name", p.application.name},
        {"version", p.application.version},
        {"title", p.application.title},
        {"trained_on", model.trained_on},
        {"seed", p.network.seed},
        {"threshold_permille", p.decision.threshold},
        {"average", p.decision.average},
        {"rate_hz", p.sensor.rate_hz},
        {"inference_every_ms", 1000.0 * p.features.hop * p.features.stride / p.sensor.rate_hz},
        {"input_frames", p.features.frames},
        {"input_values", p.frame_values()},
        {"model_bytes", model.model_bytes},
        {"quantization",
         {{"windows", model.compared_windows},
          {"mean_difference", model.mean_difference},
          {"largest_difference", model.largest_difference}}}};
    set_cost(facts, model.cost);
    return facts;
}

json judgement_json(const WordJudgement& j) {
    const auto missed = j.missed_share();
    const auto rate = j.false_alarm_rate();
    return {{"words", j.words},
            {"missed", j.missed},
            {"missed_interval", {missed.low, missed.high}},
            {"missed_names", j.missed_names},
            {"false_alarms", j.false_alarms},
            {"hours", j.hours},
            {"false_alarms_per_hour", j.false_alarms_per_hour()},
            {"false_alarm_interval", {rate.low, rate.high}},
            {"false_alarm_labels", j.false_alarm_labels}};
}

json judgement_json(const MotorJudgement& j) {
    const auto missed = wilson_interval(j.missed, j.faults);
    const auto rate = j.false_alarm_rate();
    return {{"faults", j.faults},
            {"missed", j.missed},
            {"missed_interval", {missed.low, missed.high}},
            {"missed_names", j.missed_names},
            {"false_alarms", j.false_alarms},
            {"healthy_hours", j.healthy_hours},
            {"false_alarms_per_hour", j.false_alarms_per_hour()},
            {"false_alarm_interval", {rate.low, rate.high}},
            {"median_delay_s", j.median_delay_s()},
            {"worst_delay_s", j.worst_delay_s()},
            {"roc_area", j.roc_area}};
}

std::string model_section(const json& model) {
    const auto& q = model["quantization"];
    const std::string table = fmt::format(
        "| | |\n|---|---|\n"
        "| input | {} frames × {} values, int8, from {} Hz |\n"
        "| an inference every | {:.0f} ms |\n"
        "| multiply-accumulates per inference | {} |\n"
        "| weights and tables | {} bytes |\n"
        "| RAM of the whole pipeline (features, window, tensors) | {} bytes |\n"
        "| signed bundle in flash | {} bytes |\n"
        "| `.tflite` | {} bytes |\n"
        "| decision | average of {} scores, threshold {} permille |\n"
        "| seed | {} |\n\n"
        "Quantization: int8 after training, one scale per channel, batch norm folded.",
        model["input_frames"].get<int>(), model["input_values"].get<int>(),
        model["rate_hz"].get<int>(), model["inference_every_ms"].get<double>(),
        model["macs"].get<uint64_t>(), model["constant_bytes"].get<int>(),
        model["ram_bytes"].get<int>(), model["bundle_bytes"].get<int>(),
        model["model_bytes"].get<int>(), model["average"].get<int>(),
        model["threshold_permille"].get<int>(), model["seed"].get<int>());
    if (q["windows"].get<int>() == 0) return table + "\n";
    return table + fmt::format(
                       " Score of the integer engine against the\nnetwork in floating point "
                       "over {} windows: {:.4f} mean, {:.3f} largest difference.\n",
                       q["windows"].get<int>(), q["mean_difference"].get<double>(),
                       q["largest_difference"].get<double>());
}

std::string interval(const json& pair, double factor, int digits) {
    return fmt::format("[{:.{}f}, {:.{}f}]", pair[0].get<double>() * factor, digits,
                       pair[1].get<double>() * factor, digits);
}

std::string word_row(const char* name, const json& j) {
    return fmt::format("| {} | {} | {} ({:.1f} % {}) | {} in {:.2f} h | {:.2f} {} |\n", name,
                       j["words"].get<int>(), j["missed"].get<int>(),
                       100.0 * j["missed"].get<double>() / std::max(1.0, j["words"].get<double>()),
                       interval(j["missed_interval"], 100, 1), j["false_alarms"].get<int>(),
                       j["hours"].get<double>(), j["false_alarms_per_hour"].get<double>(),
                       interval(j["false_alarm_interval"], 1, 2));
}

std::string motor_row(const char* name, const json& j) {
    return fmt::format(
        "| {} | {} | {} ({:.1f} % {}) | {:.2f} s / {:.2f} s | {} in {:.3f} h | {:.1f} {} | {:.4f} "
        "|\n",
        name, j["faults"].get<int>(), j["missed"].get<int>(),
        100.0 * j["missed"].get<double>() / std::max(1.0, j["faults"].get<double>()),
        interval(j["missed_interval"], 100, 1), j["median_delay_s"].get<double>(),
        j["worst_delay_s"].get<double>(), j["false_alarms"].get<int>(),
        j["healthy_hours"].get<double>(), j["false_alarms_per_hour"].get<double>(),
        interval(j["false_alarm_interval"], 1, 1), j["roc_area"].get<double>());
}

std::string names(const json& list) {
    std::string text;
    for (const auto& name : list) text += (text.empty() ? "" : ", ") + name.get<std::string>();
    return text.empty() ? "none" : text;
}

std::string counts(const json& labels) {
    std::string text;
    for (const auto& [label, count] : labels.items()) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", label, count.get<int>());
    }
    return text.empty() ? "none" : text;
}

}  // namespace

json word_report(const ModelFacts& model, const WordFacts& facts) {
    return {{"model", model_json(model)},
            {"threshold_given", facts.threshold_given},
            {"validation", judgement_json(facts.validation)},
            {"test", judgement_json(facts.test)},
            {"synthetic", judgement_json(facts.synthetic)}};
}

json motor_report(const ModelFacts& model, const MotorFacts& facts) {
    return {{"model", model_json(model)},
            {"validation", judgement_json(facts.validation)},
            {"simulated_test", judgement_json(facts.simulated_test)},
            {"recorded_test", judgement_json(facts.recorded_test)}};
}

std::string word_card(const json& report) {
    const auto& model = report["model"];
    return fmt::format(
        "# Model card: {} {}\n\nWritten by `ganglion train`; the numbers are those of "
        "`report.json`.\n\n"
        "## Trained on\n{}\n\n## The model\n{}\n## How well it does\n"
        "Measured by the device's own integer pipeline over streams of clips joined by 0.5 s of "
        "silence; brackets "
        "are 95 %\nintervals (Wilson for shares, exact Poisson for rates). The threshold was "
        "{}.\n\n"
        "| | words | missed | false alarms | per hour |\n|---|---|---|---|---|\n{}{}{}\n"
        "Missed in test: {}. False alarms in test came from: {}. Missed in synthetic speech: "
        "{}.\n\n"
        "Validation holds few words: it is the validation split once as recorded and several times "
        "in other rooms "
        "and noise.\nThe synthetic row is text-to-speech: espeak-ng voices that training never "
        "heard, and the flite "
        "and festival voices,\nwhich it did hear at other tempos.\n",
        model["name"].get<std::string>(), model["version"].get<std::string>(),
        model["trained_on"].get<std::string>(), model_section(model),
        report.value("threshold_given", false) ? "given, not chosen in this run"
                                               : "chosen on the validation split",
        word_row("validation, with disturbed copies", report["validation"]),
        word_row("test", report["test"]), word_row("synthetic speech", report["synthetic"]),
        names(report["test"]["missed_names"]), counts(report["test"]["false_alarm_labels"]),
        names(report["synthetic"]["missed_names"]));
}

std::string motor_card(const json& report) {
    const auto& model = report["model"];
    return fmt::format(
        "# Model card: {} {}\n\nWritten by `ganglion train`; the numbers are those of "
        "`report.json`.\n\n"
        "## Trained on\n{}\n\n## The model\n{}\n## How well it does\n"
        "Measured by the device's own integer pipeline, the learning of what is normal included; "
        "brackets are 95 % "
        "intervals\n(Wilson for shares, exact Poisson for rates). The threshold was chosen on "
        "simulated validation "
        "machines. The delay runs from\nthe first faulty sample to the decision; simulated faults "
        "begin at nothing "
        "and grow.\n\n"
        "| | faults | missed | delay, median / worst | false alarms | per hour | window ROC area "
        "|\n"
        "|---|---|---|---|---|---|---|\n{}{}{}\n"
        "Missed in the simulated test: {}. Missed in the recorded test: {}.\n\n"
        "The recorded test has one normal recording (no load): its first 8 s are learned from, its "
        "seconds 9 to 13 "
        "are the only\nhealthy test, and they are presented again before each faulty recording, "
        "which was made "
        "under another load (2 hp). So a part\nof each detection may be the change of load. With "
        "so few healthy "
        "seconds its false alarm rate says nothing. Each fault\nsize of that set is one physical "
        "bearing.\n",
        model["name"].get<std::string>(), model["version"].get<std::string>(),
        model["trained_on"].get<std::string>(), model_section(model),
        motor_row("simulated, validation", report["validation"]),
        motor_row("simulated, test", report["simulated_test"]),
        motor_row("recorded (CWRU), test", report["recorded_test"]),
        names(report["simulated_test"]["missed_names"]),
        names(report["recorded_test"]["missed_names"]));
}

std::string refreshed_card(json& report, const ModelCost& cost) {
    set_cost(report.at("model"), cost);
    return report.contains("simulated_test") ? motor_card(report) : word_card(report);
}

}  // namespace ganglion::train
