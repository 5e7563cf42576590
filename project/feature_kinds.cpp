#include "project/kinds.hpp"

namespace ganglion::project {

namespace {

uint32_t one_a_channel(const Project::SensorInput& sensor, const Numbers& /*parameters*/) {
    return sensor.channels;
}

// As the blocks say: device/features/ecg_beats.hpp, pulse_windows.hpp.
uint32_t of_beats(const Project::SensorInput& /*sensor*/, const Numbers& /*parameters*/) {
    return 19;
}
uint32_t of_pulses(const Project::SensorInput& /*sensor*/, const Numbers& /*parameters*/) {
    return 9;
}

// Cells of images: see GradientFrames.
uint32_t gradient_values(const Project::SensorInput& /*sensor*/, const Numbers& numbers) {
    const auto cells = [&](const char* side) {
        return static_cast<uint32_t>((number_of(numbers, side) - number_of(numbers, "cell")) /
                                         number_of(numbers, "step") +
                                     1);
    };
    return cells("width") * cells("height") * 8;
}

uint32_t impact_values(const Project::SensorInput& sensor, const Numbers& numbers) {
    const auto segments = static_cast<uint32_t>(numbers.find("segments")->second.size() / 2);
    return segments * (sensor.channels < 6 ? 7 : 9) + segments + 1;
}

uint32_t stroke_values(const Project::SensorInput& sensor, const Numbers& numbers) {
    return sensor.channels * static_cast<uint32_t>(number_of(numbers, "points"));
}

}  // namespace

const std::vector<FeatureRow>& feature_rows() {
    // log_mel and spectrum_bands have keys of other kinds too: project.cpp reads those.
    static const std::vector<FeatureRow> rows = {
        {Features::log_mel, "log_mel", 1, {}, nullptr},
        {Features::spectrum_bands, "spectrum_bands", 4, {}, nullptr},
        {Features::ecg_beats, "ecg_beats", 1, {{"pause_ms", 1500, 10000, 3000}}, of_beats},
        {Features::pulse_windows,
         "pulse_windows",
         1,
         {{"window_s", 20, 300, 60}, {"hop_s", 1, 300, 15}},
         of_pulses},
        {Features::readings, "readings", 16, {}, one_a_channel},
        {Features::slot_means, "slot_means", 16, {{"slot_minutes", 1, 10080, 60}}, one_a_channel},
        {Features::impacts,
         "impacts",
         6,
         {{"threshold_g", 0.1, 16, 1.6},
          {"before", 1, 2000, {}},
          {"after", 1, 2000, {}},
          {"segments", -2000, 2000, {}, 24}},
         impact_values},
        {Features::motion,
         "motion",
         6,
         {{"hop", 1, 2048, {}},
          {"turn_rad_per_lsb", 0, 1, 0},
          {"follow_s", 0.1, 600, 10},
          {"habit_s", 0.1, 3600, 60},
          {"smooth_s", 0.01, 10, 0.3}},
         [](const Project::SensorInput& /*sensor*/, const Numbers& /*numbers*/) {
             return uint32_t{14};
         }},
        {Features::strokes,
         "strokes",
         8,
         {{"points", 4, 64, 16},
          {"group", 1, 8, {}},
          {"active_first", 0, 7, 0},
          {"active_count", 1, 8, {}},
          {"active_step", 0, 1, 0},
          {"threshold", 1, 32767, {}},
          {"quiet", 1, 1024, {}},
          {"least", 4, 1024, {}},
          {"most", 4, 1024, {}},
          {"least_rms", 1, 32767, {}, 2}},
         stroke_values},
        {Features::levels,
         "levels",
         8,
         {{"calibrate", 0, 255, 0},
          {"unit", 0, 32767, 0},
          {"least_share", 0, 1, 0},
          {"clip", 0.1, 100, 4},
          {"window", 1, 1024, {}},
          {"least", 1, 1024, {}},
          {"hop", 1, 1024, {}}},
         [](const Project::SensorInput& sensor, const Numbers& /*numbers*/) {
             return 2 * sensor.channels;
         }},
        {Features::gradients,
         "gradients",
         1,
         {{"width", 8, 64, {}}, {"height", 8, 64, {}}, {"cell", 2, 16, 6}, {"step", 1, 16, 3}},
         gradient_values},
        {Features::eyes,
         "eyes",
         4,
         {{"calibrate_s", 10, 255, 60},
          {"hop_s", 1, 600, 10},
          {"window_s", 1, 600, 60},
          {"closed_share", 0, 0.78, 0.25},
          {"nod", 1, 32767, 1500}},
         [](const Project::SensorInput& /*sensor*/, const Numbers& /*numbers*/) {
             return uint32_t{9};
         }},
    };
    return rows;
}

}  // namespace ganglion::project
