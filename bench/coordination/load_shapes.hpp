#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace ganglion::bench::grid {

struct ShapeSource {
    std::filesystem::path data;  ///< the shared grid data; a generated week where it is absent
    int house_year, region_year;
    uint32_t days;
};

/// Hourly loads in units of their mean, each beginning on a Monday at 0:00: of the one recorded
/// household in ten different stretches of weeks about January of `house_year`, each mixed with a
/// region's load at that time of `region_year`. So homes differ, and share what a region has in
/// common.
std::vector<std::vector<float>> load_shapes(const ShapeSource& source);

/// Whether real recordings are used.
bool has_recordings(const std::filesystem::path& data);

}  // namespace ganglion::bench::grid
