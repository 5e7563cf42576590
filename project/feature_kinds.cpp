#include "project/kinds.hpp"

namespace ganglion::project {

namespace {

uint32_t one_a_channel(const Project::SensorInput& sensor, const Numbers& /*parameters*/) {
    return sensor.channels;
}

// As the blocks say: device/features/ecg_beats.hpp, pulse_windows.hpp.
uint32_t of_beats(const Project::SensorInput& /*sensor*/, const Numbers& /*parameters*/) {
    return 16;
}
uint32_t of_pulses(const Project::SensorInput& /*sensor*/, const Numbers& /*parameters*/) {
    return 9;
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
    };
    return rows;
}

}  // namespace ganglion::project
