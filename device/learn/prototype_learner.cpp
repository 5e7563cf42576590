#include "device/learn/prototype_learner.hpp"

#include <algorithm>
#include <cstring>

namespace ganglion {

Status PrototypeLearner::parse(const LearnerHeader& header, uint32_t values,
                               std::span<const uint8_t> bytes, Parameters& parameters) {
    if (bytes.size() != sizeof(Parameters)) return Status::bad_shape;
    Parameters parsed;
    std::memcpy(&parsed, bytes.data(), sizeof parsed);
    if (const Status status = check(parsed); status != Status::ok) return status;
    if (parsed.classes != header.outputs) return Status::bad_shape;
    if (uint32_t{parsed.points} * parsed.width != values) return Status::bad_shape;
    parameters = parsed;
    return Status::ok;
}

uint32_t PrototypeLearner::scratch_bytes(const Parameters& parameters) {
    return Prototypes::scratch_bytes(parameters) + uint32_t{parameters.points} * parameters.width;
}

void PrototypeLearner::start(const Parameters& parameters, std::span<uint8_t> state) {
    row_bytes_ = Prototypes::scratch_bytes(parameters);
    prototypes_.start(parameters, state);
}

bool PrototypeLearner::resume(const Parameters& parameters, std::span<uint8_t> state) {
    row_bytes_ = Prototypes::scratch_bytes(parameters);
    return prototypes_.resume(parameters, state);
}

// Behind the rows that a comparison needs.
std::span<const int8_t> PrototypeLearner::narrowed(std::span<const int16_t> values,
                                                   std::span<uint8_t> scratch) const {
    auto* narrow = reinterpret_cast<int8_t*>(scratch.data() + row_bytes_);
    std::transform(values.begin(), values.end(), narrow, [](int16_t value) {
        return static_cast<int8_t>(std::clamp<int16_t>(value, -128, 127));
    });
    return {narrow, values.size()};
}

bool PrototypeLearner::push(std::span<const int16_t> values, std::span<uint8_t> scratch,
                            std::span<uint16_t> scores) {
    std::fill(scores.begin(), scores.end(), uint16_t{0});
    const Prototypes::Match match = prototypes_.match(narrowed(values, scratch), scratch);
    if (match.found) scores[match.label] = match.score;
    return true;
}

bool PrototypeLearner::teach(uint32_t label, std::span<const int16_t> values,
                             std::span<uint8_t> scratch) {
    if (label > UINT16_MAX) return false;
    return prototypes_.teach(static_cast<uint16_t>(label), narrowed(values, scratch), scratch) ==
           Prototypes::Taught::kept;
}

}  // namespace ganglion
