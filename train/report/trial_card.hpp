#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "train/evaluate/trial_judgement.hpp"
#include "train/report/card.hpp"

namespace ganglion::train {

/// The JSON report of a model judged by whole trials: every number of its card.
nlohmann::json trial_report(const ModelFacts& model, const TrialJudgement& validation,
                            const TrialJudgement& test);

/// MODEL_CARD.md, made from a report alone, so that card and report cannot disagree.
std::string trial_card(const nlohmann::json& report);

/// One judgement as JSON: counts, shares and 95 % intervals.
nlohmann::json trial_figures(const TrialJudgement& judgement);

}  // namespace ganglion::train
