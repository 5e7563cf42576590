#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "compile/report.hpp"
#include "project/project.hpp"
#include "train/evaluate/motor_judgement.hpp"
#include "train/evaluate/word_judgement.hpp"

namespace ganglion::train {

/// What a model takes on a device, as this version of the compiler makes it.
struct ModelCost {
    compile::Report compiled;
    uint32_t ram_bytes = 0;     ///< of the pipeline: arena, features, window
    uint32_t bundle_bytes = 0;  ///< the signed file
};

/// What every card says about a model, whatever it senses.
struct ModelFacts {
    project::Project project;
    ModelCost cost;
    uint32_t model_bytes = 0;  ///< the .tflite
    double largest_difference =
        0;  ///< float against integer network: score, over the validation windows
    double mean_difference = 0;
    uint64_t compared_windows = 0;
    std::string trained_on;  ///< one sentence
};

struct WordFacts {
    WordJudgement validation;
    WordJudgement test;
    WordJudgement synthetic;
    bool threshold_given = false;  ///< not chosen on the validation split
};

struct MotorFacts {
    MotorJudgement validation;
    MotorJudgement simulated_test;
    MotorJudgement recorded_test;  ///< no faults: no recordings were given
};

/// The JSON report: every number of the card, for machines.
nlohmann::json word_report(const ModelFacts& model, const WordFacts& facts);
nlohmann::json motor_report(const ModelFacts& model, const MotorFacts& facts);

/// MODEL_CARD.md, made from a report alone, so that card and report cannot disagree.
std::string word_card(const nlohmann::json& report);
std::string motor_card(const nlohmann::json& report);

/// The card of a model whose decisions are as reported but which the compiler makes smaller or
/// larger now. Changes the report too.
std::string refreshed_card(nlohmann::json& report, const ModelCost& cost);

}  // namespace ganglion::train
