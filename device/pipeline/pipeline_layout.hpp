#pragma once

#include <array>
#include <cstdint>

#include "device/bundle/bundle.hpp"
#include "device/core/status.hpp"

namespace ganglion {

constexpr uint32_t kPipelineAlignment = 16;  ///< bytes, of each part

/// Bytes of each part of a pipeline's RAM, in the order in which they lie there; of a stage's, the
/// learner, then a streaming program's arena, the decider and the outputs.
struct PipelineLayout {
    uint32_t arena = 0;  ///< of the programs and, at other times, scratch of features and learners
    uint32_t state = 0;  ///< of the features
    uint32_t window = 0;
    uint32_t raw_frame = 0;
    uint32_t sound = 0;   ///< of the sound gate
    uint32_t normal = 0;  ///< what is learned of the features
    std::array<uint32_t, kMaximumStages> learner{};
    std::array<uint32_t, kMaximumStages> streaming{};  ///< a program whose state lives on
    std::array<uint32_t, kMaximumStages> decider{};
    std::array<uint32_t, kMaximumStages> outputs{};

    uint32_t total() const;
};

/// Checks that programs and features fit each other, which Pipeline::next() relies on, and says how
/// much each part takes. Errors: those of Program::load, too_large, bad_shape, unsupported.
Status lay_out(const Bundle& bundle, PipelineLayout& layout);

}  // namespace ganglion
