#include "compile/bundle_parameters.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "device/learn/distance_learner.hpp"

namespace ganglion::compile {

namespace {

using project::Project;
using Bytes = std::vector<uint8_t>;

template <typename T>
Bytes bytes_of(const T& value) {
    Bytes bytes(sizeof value);
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

// A key's number as the integer type of a parameter; project/ has checked its range.
template <typename T>
T whole(const project::Numbers& numbers, const char* key, double factor = 1) {
    return static_cast<T>(std::lround(project::number_of(numbers, key) * factor));
}

Bytes distance_parameters(const Project& /*project*/, const Project::Learner& learner) {
    const auto& numbers = learner.parameters;
    return bytes_of(DistanceParameters{
        .learn_frames = whole<uint32_t>(numbers, "learn_frames"),
        .adapt_shift = whole<uint16_t>(numbers, "adapt_shift"),
        .refuse = whole<uint16_t>(numbers, "refuse"),
        .least_deviation = whole<uint16_t>(numbers, "least_deviation"),
        .doublings_q8 = whole<uint16_t>(numbers, "doublings", 256),
    });
}

struct FeatureRow {
    project::Features of;
    FeatureKind kind;
    Bytes (*parameters)(const Project& project);
};
constexpr FeatureRow kFeatures[] = {
    {project::Features::log_mel, FeatureKind::log_mel, spectrum_parameters},
    {project::Features::spectrum_bands, FeatureKind::spectrum_bands, spectrum_parameters},
};

struct LearnerRow {
    project::LearnerChoice of;
    LearnerKind kind;
    /// 0: one for each label of the decision.
    uint32_t outputs;
    Bytes (*parameters)(const Project& project, const Project::Learner& learner);
};
constexpr LearnerRow kLearners[] = {
    {project::LearnerChoice::distance, LearnerKind::distance, 1, distance_parameters},
};

const FeatureRow& row_of(project::Features of) {
    return *std::ranges::find(kFeatures, of, &FeatureRow::of);
}

const LearnerRow& row_of(project::LearnerChoice of) {
    return *std::ranges::find(kLearners, of, &LearnerRow::of);
}

}  // namespace

FeatureKind feature_kind(const Project& project) {
    return row_of(project.features.kind).kind;
}

Bytes feature_parameters(const Project& project) {
    Bytes bytes = row_of(project.features.kind).parameters(project);
    if (bytes.size() % 2 != 0) bytes.push_back(0);
    return bytes;
}

LearnerKind learner_kind(const Project::Learner& learner) {
    return row_of(learner.kind).kind;
}

uint32_t learner_outputs(const Project& project, const Project::Learner& learner) {
    const uint32_t outputs = row_of(learner.kind).outputs;
    return outputs != 0 ? outputs : static_cast<uint32_t>(project.decision.labels.size());
}

Bytes learner_parameters(const Project& project, const Project::Learner& learner) {
    Bytes bytes = row_of(learner.kind).parameters(project, learner);
    bytes.resize((bytes.size() + 3) / 4 * 4);
    return bytes;
}

}  // namespace ganglion::compile
