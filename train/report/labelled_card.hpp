#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "train/evaluate/compression_rows.hpp"
#include "train/evaluate/integer_model.hpp"
#include "train/fit/label_thresholds.hpp"
#include "train/report/card.hpp"
#include "train/report/page.hpp"

namespace ganglion::train {

/// What is known of a fitted classifier.
struct LabelledFacts {
    project::Project project;  ///< with the thresholds chosen
    ModelCost cost;
    std::string set;                    ///< recordings and independent groups by split
    std::vector<std::string> warnings;  ///< about the recordings
    uint64_t train_windows = 0;
    uint64_t test_groups = 0;
    std::vector<Epoch> curve;
    Classified validation;
    Classified test;
    std::vector<CompressionRow> compression{};  ///< empty without [compression]
    std::vector<LabelPoint> points{};  ///< by label: where its threshold was chosen; or empty
};

/// The JSON report: every number of the card, for machines.
nlohmann::json labelled_report(const LabelledFacts& facts);

/// MODEL_CARD.md, made from a report alone.
std::string labelled_card(const nlohmann::json& report);

/// Brings thresholds and cost in a report up to the project and compiler of today and gives
/// the card anew; what was judged stays as it was.
std::string refreshed_labelled_card(nlohmann::json& report, const project::Project& project,
                                    const ModelCost& cost);

/// The page; `before`: the report of the model that was there (discarded: none).
TrainingPage labelled_page(const LabelledFacts& facts, const LabelledWindows& test,
                           const nlohmann::json& before);

}  // namespace ganglion::train
