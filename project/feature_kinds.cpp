#include "project/kinds.hpp"

namespace ganglion::project {

namespace {

uint32_t one_a_channel(const Project::SensorInput& sensor, const Numbers& /*parameters*/) {
    return sensor.channels;
}

}  // namespace

const std::vector<FeatureRow>& feature_rows() {
    // log_mel and spectrum_bands have keys of other kinds too: project.cpp reads those.
    static const std::vector<FeatureRow> rows = {
        {Features::log_mel, "log_mel", 1, {}, nullptr},
        {Features::spectrum_bands, "spectrum_bands", 4, {}, nullptr},
        {Features::readings, "readings", 16, {}, one_a_channel},
        {Features::slot_means, "slot_means", 16, {{"slot_minutes", 1, 10080, 60}}, one_a_channel},
    };
    return rows;
}

}  // namespace ganglion::project
