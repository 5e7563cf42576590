#include "compile/bundle_parameters.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "device/features/ecg_beats.hpp"
#include "device/features/pulse_windows.hpp"
#include "device/learn/distance_learner.hpp"
#include "device/learn/level_learner.hpp"
#include "device/learn/noise_learner.hpp"
#include "device/learn/plot_learner.hpp"
#include "device/learn/routine_learner.hpp"
#include "device/learn/series_learner.hpp"

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

// The last of a key's numbers stands for those left out.
template <typename T>
T whole_of(const project::Numbers& numbers, const char* key, size_t index, double factor = 1) {
    const std::vector<double>& list = numbers.find(key)->second;
    return static_cast<T>(std::lround(list[std::min(index, list.size() - 1)] * factor));
}

AlertBudgetParameters alert_budget(const project::Numbers& numbers, const char* key) {
    return {.start_q8 = whole_of<uint16_t>(numbers, key, 0, 256),
            .least_q8 = whole_of<uint16_t>(numbers, key, 1, 256),
            .most_q8 = whole_of<uint16_t>(numbers, key, 2, 256),
            .step_q8 = whole<uint16_t>(numbers, "alert_step", 256),
            .slots = whole<uint16_t>(numbers, "alert_slots"),
            .quiet = whole<uint16_t>(numbers, "quiet_slots")};
}

Bytes series_parameters(const Project& /*project*/, const Project::Learner& learner) {
    const auto& numbers = learner.parameters;
    constexpr double q14 = 16384;
    SeriesGuardParameters parameters{
        .seasonal = {.slots = whole<uint16_t>(numbers, "day", 7),
                     .day = whole<uint16_t>(numbers, "day"),
                     .profile_shift = whole<uint16_t>(numbers, "profile_shift"),
                     .rate_q10 = whole<uint16_t>(numbers, "rate", 1024),
                     .least_deviation = whole<uint16_t>(numbers, "least_deviation"),
                     .clip_q4 = whole<uint16_t>(numbers, "clip", 16),
                     .patience = whole<uint16_t>(numbers, "patience"),
                     .reserved = 0,
                     .weights_q14 = {},
                     .correction_q14 = whole<int16_t>(numbers, "correction", q14)},
        .sudden = alert_budget(numbers, "sudden"),
        .sustained = alert_budget(numbers, "sustained"),
        .least_value = whole<int16_t>(numbers, "least_value"),
        .most_value = whole<int16_t>(numbers, "most_value"),
        .window = whole<uint16_t>(numbers, "window"),
        .stuck_slots = whole<uint16_t>(numbers, "stuck_slots"),
    };
    for (size_t i = 0; i < SeasonalParameters::terms; ++i) {
        parameters.seasonal.weights_q14[i] = whole_of<int16_t>(numbers, "weights", i, q14);
    }
    return bytes_of(parameters);
}

Bytes plot_parameters(const Project& /*project*/, const Project::Learner& learner) {
    const auto& numbers = learner.parameters;
    return bytes_of(PlotParameters{
        .day = whole<uint16_t>(numbers, "day"),
        .equal_error = whole<uint16_t>(numbers, "equal_error"),
        .least_value = whole<int16_t>(numbers, "least_value"),
        .most_value = whole<int16_t>(numbers, "most_value"),
        .least_step = whole<uint16_t>(numbers, "least_step"),
        .stuck_slots = whole<uint16_t>(numbers, "stuck_slots"),
        .dryness_permille = whole<uint16_t>(numbers, "dryness", 1000),
        .learn_days = whole<uint16_t>(numbers, "learn_days"),
        .disease = {.least_temperature = whole<int16_t>(numbers, "disease_temperature"),
                    .least_humidity = whole<int16_t>(numbers, "disease_humidity"),
                    .humid_slots = whole<uint16_t>(numbers, "disease_slots"),
                    .least_slots = whole<uint16_t>(numbers, "disease_readings")},
    });
}

Bytes routine_parameters(const Project& project, const Project::Learner& learner) {
    const auto& numbers = learner.parameters;
    return bytes_of(RoutineParameters{
        .events = whole<uint16_t>(numbers, "events"),
        .actions = static_cast<uint16_t>(project.decision.labels.size()),
        .window_minutes = whole<uint16_t>(numbers, "window_minutes"),
        .least_cues = whole<uint16_t>(numbers, "least_cues"),
        .confidence_permille = whole<uint16_t>(numbers, "confidence", 1000),
        .habit_permille = whole<uint16_t>(numbers, "habit", 1000),
        .habit_minutes = whole<uint16_t>(numbers, "habit_minutes"),
        .learn_days = whole<uint16_t>(numbers, "learn_days"),
        .wrong_step_permille = whole<uint16_t>(numbers, "wrong_step", 1000),
        .wrong_per_day_q8 = whole<uint16_t>(numbers, "wrong_per_day", 256),
    });
}

Bytes level_parameters(const Project& /*project*/, const Project::Learner& learner) {
    const auto& numbers = learner.parameters;
    return bytes_of(LevelParameters{
        .channel = whole<uint16_t>(numbers, "channel"),
        .level = whole<int16_t>(numbers, "level"),
        .width = whole<uint16_t>(numbers, "width"),
        .reserved = 0,
    });
}

Bytes noise_parameters(const Project& project, const Project::Learner& learner) {
    const auto& numbers = learner.parameters;
    const double blocks_a_second = project.sensor.samples_per_second() /
                                   std::max(project.features.hop, 1U) /
                                   project::number_of(numbers, "block");
    const double slot_blocks = project::number_of(numbers, "slot_s") * blocks_a_second;
    // The device counts its day in blocks.
    if (std::abs(slot_blocks - std::round(slot_blocks)) > 1e-6) {
        throw std::runtime_error(project.path.string() +
                                 ": learner.slot_s: is no whole number of blocks, so its hours "
                                 "would drift against the day; choose another features.hop or "
                                 "learner.block");
    }
    return bytes_of(NoiseParameters{
        .slot_blocks = static_cast<uint32_t>(std::lround(slot_blocks)),
        .learn_blocks = std::max(whole<uint32_t>(numbers, "learn_s", blocks_a_second), 1U),
        .slots = whole<uint16_t>(numbers, "slots"),
        .block = whole<uint16_t>(numbers, "block"),
        .adapt_shift = whole<uint16_t>(numbers, "adapt_shift"),
        .least_deviation = whole<uint16_t>(numbers, "least_deviation"),
        .clip = whole<uint16_t>(numbers, "clip"),
        .reserved = 0,
        .loud = alert_budget(numbers, "loud"),
        .unusual = alert_budget(numbers, "unusual"),
    });
}

Bytes slot_means_parameters(const Project& project) {
    return bytes_of(whole<uint32_t>(project.features.parameters, "slot_minutes"));
}

Bytes no_parameters(const Project& /*project*/) {
    return {};
}

Bytes beat_parameters(const Project& project) {
    return bytes_of(EcgBeatsParameters{
        .rate_hz = static_cast<uint16_t>(project.sensor.rate_hz),
        .pause_ms = whole<uint16_t>(project.features.parameters, "pause_ms"),
    });
}

Bytes pulse_parameters(const Project& project) {
    const auto& numbers = project.features.parameters;
    return bytes_of(PulseWindowParameters{
        .rate_hz = static_cast<uint16_t>(project.sensor.rate_hz),
        .window_s = whole<uint16_t>(numbers, "window_s"),
        .hop_s = whole<uint16_t>(numbers, "hop_s"),
        .zero = 0,
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
    {project::Features::ecg_beats, FeatureKind::ecg_beats, beat_parameters},
    {project::Features::pulse_windows, FeatureKind::pulse_windows, pulse_parameters},
    {project::Features::readings, FeatureKind::readings, no_parameters},
    {project::Features::slot_means, FeatureKind::slot_means, slot_means_parameters},
    {project::Features::impacts, FeatureKind::impacts, impact_parameters},
    {project::Features::motion, FeatureKind::motion, motion_parameters},
    {project::Features::strokes, FeatureKind::strokes, stroke_parameters},
    {project::Features::levels, FeatureKind::levels, levels_parameters},
    {project::Features::gradients, FeatureKind::gradients, gradient_parameters},
    {project::Features::eyes, FeatureKind::eyes, eye_parameters},
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
    {project::LearnerChoice::series, LearnerKind::series, SeriesLearner::outputs,
     series_parameters},
    {project::LearnerChoice::plot, LearnerKind::plot, 0, plot_parameters},
    {project::LearnerChoice::routine, LearnerKind::routine, 0, routine_parameters},
    {project::LearnerChoice::level, LearnerKind::level, 1, level_parameters},
    {project::LearnerChoice::noise, LearnerKind::noise, NoiseLearner::outputs, noise_parameters},
    {project::LearnerChoice::prototypes, LearnerKind::prototypes, 0, prototype_parameters},
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
