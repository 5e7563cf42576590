#pragma once

#include <cstdint>
#include <filesystem>

namespace ganglion::cli {

struct GridDemoOptions {
    std::filesystem::path state, json;
    uint32_t homes = 200;    ///< 50 on a feeder
    uint32_t from_hour = 3;  ///< after noon
    uint32_t hours = 8;
    double speed = 300;
    uint64_t seed = 1;
    uint16_t http_port = 0;
    bool keep_running = false;  ///< on until it is interrupted, `hours` or not
};

/// A grid whose homes are real clients of a real fleet server, through an afternoon and evening:
/// the page shows it live; a table says what came of it, against local rules and no coordination on
/// the same hours.
void run_grid_demo(const GridDemoOptions& options);

}  // namespace ganglion::cli
