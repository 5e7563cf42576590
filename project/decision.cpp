#include "project/decision.hpp"

#include <algorithm>

namespace ganglion::project {

namespace {

void read_labels(TomlSection& section, Project::Decision& decision) {
    const std::string advice =
        R"(write 1 to 16 different texts of 1 to 15 bytes, e.g. ["other", "alexa"])";
    decision.labels = section.texts("labels", advice);
    if (decision.labels.empty() || decision.labels.size() > 16) {
        section.refuse("labels", "has " + std::to_string(decision.labels.size()) + " entries",
                       advice);
    }
    for (const std::string& label : decision.labels) {
        if (label.empty() || label.size() > 15 || std::ranges::count(decision.labels, label) != 1) {
            section.refuse("labels", '"' + label + "\" is empty, too long or there twice", advice);
        }
    }
}

// classes: a threshold for each label; else the one label and its threshold.
void read_thresholds(TomlSection& section, Project::Decision& decision) {
    if (decision.kind == DecisionRule::classes) {
        decision.thresholds = section.integers("thresholds", 0, 1000);
        if (decision.thresholds.size() != decision.labels.size() ||
            std::ranges::all_of(decision.thresholds, [](uint32_t value) { return value == 0; })) {
            section.refuse("thresholds", "has not one number for each label, one of them above 0",
                           "write permille in the order of labels; 0 for one that never fires");
        }
        return;
    }
    const std::string label = section.text_required("label", "write the label that fires");
    const auto place = std::ranges::find(decision.labels, label);
    if (place == decision.labels.end()) {
        section.refuse("label", '"' + label + "\" is not in labels", "write one of labels");
    }
    decision.label = static_cast<uint32_t>(place - decision.labels.begin());
    decision.threshold = section.integer_required("threshold", 1, 1000);
}

void read_sequential(TomlSection& section, Project::Decision& decision) {
    constexpr size_t steps = 16;
    decision.evidence = section.numbers("evidence", -100, 100);
    if (decision.evidence.empty()) return;
    if (decision.evidence.size() != steps) {
        section.refuse("evidence", "has not 16 numbers",
                       "write a log likelihood ratio for each sixteenth of the score");
    }
    decision.evidence_bound = section.number_required("evidence_bound", 0.01, 1000);
}

}  // namespace

Project::Decision read_decision(TomlSection& section) {
    Project::Decision decision;
    decision.kind =
        choice<DecisionRule>(section, "kind",
                             {{"class", DecisionRule::class_probability},
                              {"reconstruction_error", DecisionRule::reconstruction_error},
                              {"classes", DecisionRule::classes},
                              {"learner", DecisionRule::learner}});
    read_labels(section, decision);
    read_thresholds(section, decision);
    decision.average = section.integer("average", 1, 1, 32);
    decision.consecutive = section.integer("consecutive", 1, 1, 1000);
    decision.minimum_gap_ms = section.integer("minimum_gap_ms", 0, 0, 86400000);
    decision.release = section.integer("release", 0, 0, 1000);
    decision.repeat = section.boolean("repeat", false);
    decision.votes = section.integer("votes", 0, 0, 32);
    if (decision.votes != 0) {
        decision.majority = section.integer_required("majority", 1, decision.votes);
    }
    read_sequential(section, decision);
    if (decision.kind == DecisionRule::reconstruction_error) {
        decision.full_scale = section.number_required("full_scale", 1e-6, 1e6);
    }
    return decision;
}

}  // namespace ganglion::project
