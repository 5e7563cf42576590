#include "device/pipeline/pipeline_layout.hpp"

#include <algorithm>

#include "device/decide/decision.hpp"
#include "device/features/feature_block.hpp"
#include "device/features/sound_gate.hpp"
#include "device/learn/learner.hpp"
#include "device/learn/running_normal.hpp"
#include "device/program/program.hpp"

namespace ganglion {

namespace {

constexpr uint32_t kLargestArena = 1U << 28U;
constexpr uint32_t kLargestWindow = 1U << 20U;

uint32_t aligned(uint32_t bytes) {
    return (bytes + kPipelineAlignment - 1) / kPipelineAlignment * kPipelineAlignment;
}

// Model and features must fit each other.
Status check_program(const Program& program, const FeatureSection& section,
                     const BundleStage& stage) {
    if (program.arena_bytes() > kLargestArena) return Status::too_large;
    const bool streams = program.state_bytes() != 0;
    if (program.input_count() != 1 || program.output_count() != 1) return Status::unsupported;
    if (program.input().type != ElementType::int8 || program.output().type != ElementType::int8)
        return Status::unsupported;
    const DecisionParameters& decision = stage.decision;
    const uint32_t window = section.frame_values() * decision.frames;
    if (window > kLargestWindow) return Status::too_large;
    const uint32_t given = streams ? section.frame_values() * decision.stride : window;
    if (program.input().bytes != given) return Status::bad_shape;
    if (streams && decision.stride > decision.frames) return Status::bad_shape;
    if (stage.has_learner) return Status::ok;  // it was read for this program's outputs
    if (decision.kind == static_cast<uint32_t>(DecisionKind::reconstruction_error)) {
        return program.output().bytes == window ? Status::ok : Status::bad_shape;
    }
    return decision.outputs == program.output().bytes ? Status::ok : Status::bad_shape;
}

}  // namespace

uint32_t PipelineLayout::total() const {
    uint32_t sum = arena + state + window + raw_frame + sound + normal;
    for (uint32_t i = 0; i < kMaximumStages; ++i)
        sum += streaming[i] + learner[i] + decider[i] + outputs[i];
    return sum;
}

Status lay_out(const Bundle& bundle, PipelineLayout& layout) {
    const FeatureSection& section = bundle.features();
    const uint32_t values = section.frame_values();
    uint32_t arena = FeatureBlock::scratch_bytes(section);
    bool programs = false;
    uint32_t index = 0;
    for (const BundleStage& stage : bundle.stages()) {
        if (!stage.program.empty()) {
            Program program;
            Status status = program.load(stage.program);
            if (status == Status::ok) status = check_program(program, section, stage);
            if (status != Status::ok) return status;
            // Features use the common arena between inferences; a state must outlive them.
            if (program.state_bytes() != 0) {
                layout.streaming[index] = aligned(program.arena_bytes());
            } else {
                arena = std::max(arena, program.arena_bytes());
            }
            programs = true;
            if (stage.has_learner) {
                layout.outputs[index] = aligned(program.output().bytes * sizeof(int16_t));
            }
        }
        if (stage.has_learner) {
            arena = std::max(arena, Learner::scratch_bytes(stage.learner));
            layout.learner[index] = aligned(Learner::state_bytes(stage.learner));
        }
        layout.decider[index] = aligned(Decider::state_bytes(stage.decision));
        ++index;
    }
    layout.arena = aligned(arena);
    layout.state = aligned(FeatureBlock::state_bytes(section));
    layout.window = programs ? aligned(values * section.header.frames) : 0;
    layout.raw_frame = aligned(values * uint32_t{sizeof(int16_t)});
    if (section.has_sound_gate) layout.sound = aligned(SoundGate::state_bytes(section.sound_gate));
    if (section.header.learn_frames != 0) {
        layout.normal = aligned(RunningNormal::state_bytes(values));
    }
    return Status::ok;
}

}  // namespace ganglion
