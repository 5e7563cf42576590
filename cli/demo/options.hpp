#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ganglion::cli {

struct DemoOptions {
    std::string application;     ///< one of its own over recordings; empty: speaker and motor
    std::filesystem::path data;  ///< root of the recordings
    std::string split = "test";
    bool record = false;  ///< keep what the board needed as rows of the application's figures
    std::filesystem::path state;               ///< empty: a folder below the system's temporary one
    std::vector<std::filesystem::path> audio;  ///< empty: speech made by this machine
    bool microphone = false;
    std::filesystem::path vibration;  ///< empty: a simulated motor
    double vibration_rate_hz = 0;     ///< of that file; 0: the sensor's own
    double cut_network_seconds = 0;   ///< 0: no cut
    bool keep_running = false;
    bool fast = false;       ///< device time as fast as this machine can
    uint16_t http_port = 0;  ///< 0: any free one
    uint16_t mqtt_port = 0;
    std::filesystem::path json;  ///< also write the summary here
};

}  // namespace ganglion::cli
