#pragma once

#include <cstdint>
#include <vector>

#include "device/decide/decision.hpp"
#include "device/program/program.hpp"
#include "project/project.hpp"

namespace ganglion::compile {

/// One stage of a project: the gates first, the application's own decision last.
struct StagePlan {
    const project::Project::Decision* rule;
    const project::Project::Learner* learner;
    bool has_program = false;
    uint32_t frames = 1;
    uint32_t stride = 1;
    uint32_t hold_ms = 0;
    bool silent = false;
    bool once = false;
    uint32_t first_label = 0;
};
std::vector<StagePlan> stage_plans(const project::Project& project);

/// A stage's DECISION section. `program`: null where only a learner judges. Throws
/// std::runtime_error where model and project do not fit each other.
DecisionParameters decision_section(const project::Project& project, const StagePlan& plan,
                                    const Program* program);

/// A stage's LEARNER section; empty where it has none.
std::vector<uint8_t> learner_section(const project::Project& project, const StagePlan& plan);

}  // namespace ganglion::compile
