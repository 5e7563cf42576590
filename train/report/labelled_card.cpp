#include "train/report/labelled_card.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <nlohmann/json.hpp>

#include "train/evaluate/intervals.hpp"

namespace ganglion::train {
namespace {

using nlohmann::json;

json judged(const Classified& classified, const std::vector<std::string>& labels) {
    const auto& c = classified.integer;
    const auto interval = wilson_interval(c.right(), c.total());
    json by_label = json::object();
    for (size_t i = 0; i < labels.size(); ++i) {
        by_label[labels[i]] = {
            {"recall", c.recall(i)}, {"precision", c.precision(i)}, {"f1", c.f1(i)}};
    }
    return {{"windows", c.total()},
            {"right", c.right()},
            {"accuracy", c.accuracy()},
            {"accuracy_interval", {interval.low, interval.high}},
            {"balanced_accuracy", c.balanced_accuracy()},
            {"float_accuracy", classified.exact.accuracy()},
            {"points_lost", classified.points_lost()},
            {"confusion", c.counts},
            {"labels", by_label}};
}

/// What each step of [compression] is worth, the network without it first.
std::string compression_table(const json& steps) {
    std::string text =
        "\n## Compression\nEach step on what the one before left. Balanced accuracy on the "
        "validation split by the integer engine;\ninstructions of an inference by the compiler's "
        "estimate; update: delta to the same network after another epoch.\n\n"
        "| | balanced | flash | RAM | instructions | update | different weights a layer |\n"
        "|---|---|---|---|---|---|---|\n";
    for (const auto& step : steps) {
        text += fmt::format(
            "| {} | {:.1f} % | {} | {} | {} | {} | {} |\n", step["step"].get<std::string>(),
            100 * step["validation_balanced_accuracy"].get<double>(),
            step["flash_bytes"].get<uint64_t>(), step["ram_bytes"].get<uint64_t>(),
            step["instructions"].get<uint64_t>(), step["delta_bytes"].get<uint64_t>(),
            step["different_weights"].get<uint64_t>());
    }
    return text;
}

/// Where the thresholds were chosen, how each label did.
json chosen_on(const LabelledFacts& facts) {
    const auto& decision = facts.project.decision;
    json labels = json::object();
    for (size_t i = 0; i < facts.points.size(); ++i) {
        if (decision.thresholds[i] == 0) continue;
        labels[decision.labels[i]] = {{"threshold_permille", decision.thresholds[i]},
                                      {"stretches", facts.points[i].stretches},
                                      {"found", facts.points[i].found},
                                      {"false_firings", facts.points[i].false_firings}};
    }
    return {{"folds", facts.project.training.folds}, {"labels", labels}};
}

std::string chosen_table(const json& chosen) {
    std::string text = fmt::format(
        "\n## Where thresholds were chosen\nOn the validation split{}, each label alone.\n\n"
        "| label | threshold | found | of | false |\n|---|---|---|---|---|\n",
        chosen["folds"].get<uint32_t>() == 0
            ? std::string()
            : fmt::format(" and on the training split, of which in turn one of {} parts was left "
                          "out of the fit",
                          chosen["folds"].get<uint32_t>()));
    for (const auto& [label, j] : chosen["labels"].items()) {
        text += fmt::format("| {} | {} | {} | {} | {} |\n", label,
                            j["threshold_permille"].get<uint32_t>(), j["found"].get<uint64_t>(),
                            j["stretches"].get<uint64_t>(), j["false_firings"].get<uint64_t>());
    }
    return text;
}

std::string row(const char* name, const json& j) {
    return fmt::format("| {} | {} | {:.1f} % [{:.1f}, {:.1f}] | {:.1f} % | {:.2f} |\n", name,
                       j["windows"].get<uint64_t>(), 100 * j["accuracy"].get<double>(),
                       100 * j["accuracy_interval"][0].get<double>(),
                       100 * j["accuracy_interval"][1].get<double>(),
                       100 * j["balanced_accuracy"].get<double>(), j["points_lost"].get<double>());
}

}  // namespace

json labelled_report(const LabelledFacts& facts) {
    const auto& p = facts.project;
    json report = {{"model",
                    {{"name", p.application.name},
                     {"version", p.application.version},
                     {"title", p.application.title},
                     {"kind", p.network.kind},
                     {"labels", p.decision.labels},
                     {"thresholds_permille", p.decision.thresholds},
                     {"seed", p.network.seed},
                     {"trained_on", facts.set},
                     {"train_windows", facts.train_windows},
                     {"macs", facts.cost.compiled.macs},
                     {"constant_bytes", facts.cost.compiled.constant_bytes},
                     {"ram_bytes", facts.cost.ram_bytes},
                     {"bundle_bytes", facts.cost.bundle_bytes}}},
                   {"warnings", facts.warnings},
                   {"test_groups", facts.test_groups},
                   {"validation", judged(facts.validation, p.decision.labels)},
                   {"test", judged(facts.test, p.decision.labels)}};
    if (!facts.points.empty()) report["chosen_on"] = chosen_on(facts);
    for (const auto& row : facts.compression) {
        report["compression"].push_back({{"step", row.name},
                                         {"validation_balanced_accuracy", row.accuracy},
                                         {"flash_bytes", row.flash_bytes},
                                         {"ram_bytes", row.ram_bytes},
                                         {"instructions", row.instructions},
                                         {"delta_bytes", row.delta_bytes},
                                         {"different_weights", row.weights}});
    }
    return report;
}

std::string labelled_card(const json& report) {
    const auto& model = report["model"];
    std::string card = fmt::format(
        "# Model card: {} {}\n\nWritten by `ganglion train`; the numbers are those of "
        "`report.json`.\n\n## Trained on\n{}; {} windows for training, copies included.\n\n"
        "## The model\n| | |\n|---|---|\n| kind | {} |\n| multiply-accumulates per inference | {} "
        "|\n| weights and tables | {} bytes |\n| RAM of the whole pipeline | {} bytes |\n| signed "
        "bundle in flash | {} bytes |\n| thresholds, permille | {} |\n| seed | {} |\n\n",
        model["name"].get<std::string>(), model["version"].get<std::string>(),
        model["trained_on"].get<std::string>(), model["train_windows"].get<uint64_t>(),
        model["kind"].get<std::string>(), model["macs"].get<uint64_t>(),
        model["constant_bytes"].get<uint64_t>(), model["ram_bytes"].get<uint64_t>(),
        model["bundle_bytes"].get<uint64_t>(), model["thresholds_permille"].dump(),
        model["seed"].get<uint64_t>());
    card += fmt::format(
        "## How well it does\nWindows, by the exact integer engine. Windows of one group are "
        "alike, "
        "so the interval (Wilson)\nis too narrow: {} independent groups stand behind the test. How "
        "well it decides is what\n`ganglion evaluate {}` tells.\n\n| | windows | right | balanced "
        "| points lost to integers |\n|---|---|---|---|---|\n",
        report["test_groups"].get<uint64_t>(), model["name"].get<std::string>());
    card += row("validation", report["validation"]) + row("test", report["test"]);
    card += "\n| label, test | recall | precision | F1 |\n|---|---|---|---|\n";
    for (const auto& label : model["labels"]) {
        const auto& j = report["test"]["labels"][label.get<std::string>()];
        card += fmt::format("| {} | {:.1f} % | {:.1f} % | {:.3f} |\n", label.get<std::string>(),
                            100 * j["recall"].get<double>(), 100 * j["precision"].get<double>(),
                            j["f1"].get<double>());
    }
    if (report.contains("chosen_on")) card += chosen_table(report["chosen_on"]);
    if (report.contains("compression")) card += compression_table(report["compression"]);
    if (!report["warnings"].empty()) {
        card += "\n## Warnings about the recordings\n";
        for (const auto& warning : report["warnings"])
            card += "- " + warning.get<std::string>() + "\n";
    }
    return card;
}

std::string refreshed_labelled_card(json& report, const project::Project& project,
                                    const ModelCost& cost) {
    json& model = report["model"];
    model["thresholds_permille"] = project.decision.thresholds;
    model["macs"] = cost.compiled.macs;
    model["constant_bytes"] = cost.compiled.constant_bytes;
    model["ram_bytes"] = cost.ram_bytes;
    model["bundle_bytes"] = cost.bundle_bytes;
    return labelled_card(report);
}

TrainingPage labelled_page(const LabelledFacts& facts, const LabelledWindows& test,
                           const json& before) {
    const auto& labels = facts.project.decision.labels;
    TrainingPage page;
    page.title =
        fmt::format("{} {}", facts.project.application.title, facts.project.application.version);
    page.about = facts.set;
    page.warnings = facts.warnings;
    page.curve = facts.curve;
    page.labels = labels;
    page.confusion = facts.test.integer;
    page.exact_confusion = facts.test.exact;
    page.compression = facts.compression;
    page.compiled = facts.cost.compiled;
    page.map = principal_map(test, 800);
    page.cards = {
        {fmt::format("{:.1f} %", 100 * facts.test.integer.accuracy()), "of test windows right"},
        {fmt::format("{:.1f} %", 100 * facts.test.integer.balanced_accuracy()),
         "mean over the classes"},
        {fmt::format("{}", facts.cost.ram_bytes), "bytes of RAM, features included"},
        {fmt::format("{}", facts.cost.bundle_bytes), "bytes of signed bundle"}};
    page.scores.resize(labels.size());
    for (size_t i = 0; i < test.size(); ++i) {
        const uint16_t truth = test.labels[i];
        page.scores[truth].push_back(facts.test.outputs[i * labels.size() + truth]);
    }
    std::map<uint32_t, GroupResult> groups;
    for (size_t i = 0; i < test.size(); ++i) {
        auto& group = groups[test.groups[i]];
        group.name = fmt::format("group {}", test.groups[i] + 1);
        ++group.all;
        group.right += facts.test.given[i] == test.labels[i] ? 1 : 0;
    }
    for (const auto& [number, group] : groups) page.groups.push_back(group);
    const auto number = [](const json& report, const char* pointer) {
        const json::json_pointer place(pointer);
        return report.contains(place) ? report[place].dump() : std::string();
    };
    if (before.is_object()) {
        const json now = labelled_report(facts);
        for (const auto& [what, pointer] : {std::pair{"share right, test", "/test/accuracy"},
                                            {"balanced, test", "/test/balanced_accuracy"},
                                            {"multiply-accumulates", "/model/macs"},
                                            {"RAM, bytes", "/model/ram_bytes"},
                                            {"bundle, bytes", "/model/bundle_bytes"}}) {
            const auto old = number(before, pointer);
            if (!old.empty()) page.compared.push_back({what, old, number(now, pointer)});
        }
    }
    return page;
}

}  // namespace ganglion::train
