#include "project/kinds.hpp"

namespace ganglion::project {

const std::vector<FeatureRow>& feature_rows() {
    // log_mel and spectrum_bands have keys of other kinds too: project.cpp reads those.
    static const std::vector<FeatureRow> rows = {
        {Features::log_mel, "log_mel", 1, {}, nullptr},
        {Features::spectrum_bands, "spectrum_bands", 4, {}, nullptr},
    };
    return rows;
}

}  // namespace ganglion::project
