#include "compile/bundle_decision.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>

#include "compile/bundle_parameters.hpp"
#include "compile/bundle_share.hpp"

namespace ganglion::compile {

namespace {

using project::DecisionRule;
using project::Project;

[[noreturn]] void refuse(const Project& project, const std::string& what) {
    throw std::runtime_error(project.path.string() + ": " + what);
}

// factor = multiplier / 2^shift with a multiplier of 15 bits.
void put_factor(const Project& project, double factor, DecisionParameters& decision) {
    int exponent = 0;
    long multiplier = std::lround(std::frexp(factor, &exponent) * (1 << 15));
    if (multiplier == 1 << 15) {
        multiplier /= 2;
        ++exponent;
    }
    const int shift = 15 - exponent;
    if (!(factor > 0) || shift < 1 || shift > 62) {
        refuse(project,
               "the model's quantization and decision.full_scale give no usable score; "
               "change full_scale");
    }
    decision.score_multiplier = static_cast<uint32_t>(multiplier);
    decision.score_shift = static_cast<uint32_t>(shift);
}

std::string shape_text(const TensorInfo& tensor) {
    std::string text = "[";
    for (uint32_t i = 0; i < tensor.rank; ++i) {
        text += (i == 0 ? "" : ", ") + std::to_string(tensor.dims[i]);
    }
    return text + "]";
}

void put_rule(const Project::Decision& rule, const StagePlan& plan, DecisionParameters& decision) {
    decision.first_label = static_cast<uint16_t>(plan.first_label);
    decision.frames = static_cast<uint16_t>(plan.frames);
    decision.stride = static_cast<uint16_t>(plan.stride);
    decision.hold_ms = plan.hold_ms;
    decision.silent = plan.silent ? 1 : 0;
    decision.once = plan.once ? 1 : 0;
    decision.average = static_cast<uint16_t>(rule.average);
    decision.consecutive = static_cast<uint16_t>(rule.consecutive);
    decision.votes = static_cast<uint16_t>(rule.votes);
    decision.majority = static_cast<uint16_t>(rule.majority);
    decision.minimum_gap_ms = rule.minimum_gap_ms;
    const bool classes = rule.kind == DecisionRule::classes;
    const size_t count = classes ? rule.thresholds.size() : 1;
    for (size_t i = 0; i < count; ++i) {
        const uint32_t threshold = classes ? rule.thresholds[i] : rule.threshold;
        decision.thresholds[i] = static_cast<uint16_t>(threshold);
        if (threshold == 0) continue;
        const uint32_t release =
            rule.repeat
                ? kAlwaysReleased
                : std::clamp<uint32_t>(rule.release == 0 ? threshold : rule.release, 1, threshold);
        decision.releases[i] = static_cast<uint16_t>(release);
    }
    if (rule.evidence.empty()) return;
    decision.sequential = 1;
    for (size_t i = 0; i < kEvidenceSteps; ++i) {
        decision.evidence_q8[i] = static_cast<int16_t>(std::lround(rule.evidence[i] * 256));
    }
    decision.evidence_bound_q8 = static_cast<int32_t>(std::lround(rule.evidence_bound * 256));
}

void check_input(const Project& project, const StagePlan& plan, const Program& program) {
    if (program.input_count() != 1 || program.output_count() != 1 ||
        program.input().type != ElementType::int8 || program.output().type != ElementType::int8) {
        refuse(project,
               "the model must have one int8 input and one int8 output; export it that way");
    }
    // A streaming program is given the new frames alone.
    const uint32_t frames = program.state_bytes() != 0 ? plan.stride : plan.frames;
    if (program.input().bytes == project.frame_values() * frames) return;
    refuse(project, "the model takes " + shape_text(program.input()) + ", the features give " +
                        std::to_string(plan.frames) + " frames of " +
                        std::to_string(project.frame_values()) +
                        " values; change [features] or train again");
}

void check_outputs(const Project& project, const Project::Decision& rule,
                   const TensorInfo& output) {
    if (output.bytes == rule.labels.size()) return;
    refuse(project, "the model gives " + shape_text(output) + ", decision.labels has " +
                        std::to_string(rule.labels.size()) +
                        " entries; write one label for each output");
}

void put_reconstruction(const Project& project, const Project::Decision& rule,
                        const Program& program, DecisionParameters& decision) {
    const TensorInfo& input = program.input();
    const TensorInfo& output = program.output();
    if (output.bytes != input.bytes) {
        refuse(project,
               "reconstruction_error needs a model whose output has as many values as "
               "its input, not " +
                   shape_text(output) + " for " + shape_text(input));
    }
    const double rescale = static_cast<double>(output.scale) / input.scale;
    if (!(rescale * 65536 >= 1) || rescale > 16) {
        refuse(project, "the model's output scale is far from its input scale; train again");
    }
    decision.rescale_q16 = static_cast<uint32_t>(std::lround(rescale * 65536));
    const double step = input.scale / 16.0;
    put_factor(project, 1000.0 * step * step / (input.bytes * rule.full_scale), decision);
}

DecisionKind kind_of(DecisionRule rule) {
    switch (rule) {
        case DecisionRule::class_probability:
            return DecisionKind::class_probability;
        case DecisionRule::reconstruction_error:
            return DecisionKind::reconstruction_error;
        case DecisionRule::classes:
            return DecisionKind::classes;
        case DecisionRule::learner:
            break;
    }
    return DecisionKind::learner;
}

}  // namespace

std::vector<StagePlan> stage_plans(const Project& project) {
    std::vector<StagePlan> plans;
    auto label = static_cast<uint32_t>(project.decision.labels.size());
    for (const Project::Gate& gate : project.gates) {
        plans.push_back({.rule = &gate.decision,
                         .learner = &gate.learner,
                         .has_program = !gate.model_file.empty(),
                         .frames = gate.frames,
                         .stride = gate.stride,
                         .hold_ms = gate.hold_ms,
                         .silent = gate.silent,
                         .once = gate.once,
                         .first_label = label});
        label += static_cast<uint32_t>(gate.decision.labels.size());
    }
    plans.push_back({.rule = &project.decision,
                     .learner = &project.learner,
                     .has_program = project.has_model(),
                     .frames = project.features.frames,
                     .stride = project.features.stride,
                     .hold_ms = 0,
                     .silent = false,
                     .once = false,
                     .first_label = 0});
    return plans;
}

DecisionParameters decision_section(const Project& project, const StagePlan& plan,
                                    const Program* program) {
    const Project::Decision& rule = *plan.rule;
    DecisionParameters decision{};
    decision.kind = static_cast<uint32_t>(kind_of(rule.kind));
    put_rule(rule, plan, decision);
    // Where nothing is read from a program these stand for "score as it is".
    decision.score_multiplier = 1;
    decision.score_shift = 1;
    const bool learner = plan.learner->kind != project::LearnerChoice::none;
    const bool by_learner = rule.kind == DecisionRule::learner;
    if (learner != (by_learner || (learner && rule.kind == DecisionRule::classes))) {
        refuse(project, learner ? "a learner's scores are decided by kind = \"learner\" or "
                                  "\"classes\"; write one of them"
                                : "kind = \"learner\" needs a learner; write [learner]");
    }
    if (program != nullptr) {
        check_input(project, plan, *program);
        decision.output_zero_point = program->output().zero_point;
        decision.input_zero_point = program->input().zero_point;
    }
    const auto labels = static_cast<uint16_t>(rule.labels.size());
    if (learner) {
        decision.outputs = static_cast<uint16_t>(learner_outputs(project, *plan.learner));
        // A learner of one output scores whatever label fires.
        if (by_learner && decision.outputs == 1) {
            decision.first_label = static_cast<uint16_t>(decision.first_label + rule.label);
        } else if (by_learner) {
            decision.label = static_cast<uint16_t>(rule.label);
        }
        return decision;
    }
    if (program == nullptr)
        refuse(project, "the decision needs a model or a learner; add [model] or [learner]");
    if (rule.kind == DecisionRule::reconstruction_error) {
        decision.outputs = 1;
        decision.first_label = static_cast<uint16_t>(decision.first_label + rule.label);
        put_reconstruction(project, rule, *program, decision);
        return decision;
    }
    check_outputs(project, rule, program->output());
    decision.outputs = labels;
    if (rule.kind == DecisionRule::class_probability) {
        decision.label = static_cast<uint16_t>(rule.label);
    }
    put_factor(project, 1000.0 * program->output().scale, decision);
    return decision;
}

std::vector<uint8_t> learner_section(const Project& project, const StagePlan& plan) {
    if (plan.learner->kind == project::LearnerChoice::none) return {};
    const std::vector<uint8_t> parameters = learner_parameters(project, *plan.learner);
    // What gates share nothing.
    const auto share = plan.learner == &project.learner ? share_terms(project) : std::nullopt;
    const LearnerHeader header{
        static_cast<uint32_t>(learner_kind(*plan.learner)), learner_outputs(project, *plan.learner),
        static_cast<uint32_t>(parameters.size()), share ? uint32_t{sizeof *share} : 0};
    std::vector<uint8_t> bytes(sizeof header);
    std::memcpy(bytes.data(), &header, sizeof header);
    bytes.insert(bytes.end(), parameters.begin(), parameters.end());
    if (share) {
        const auto* terms = reinterpret_cast<const uint8_t*>(&*share);
        bytes.insert(bytes.end(), terms, terms + sizeof *share);
    }
    return bytes;
}

}  // namespace ganglion::compile
