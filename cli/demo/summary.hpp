#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "bench/row.hpp"
#include "cli/demo/device.hpp"
#include "cli/demo/updates.hpp"

namespace ganglion::cli {

/// What the demo found out about one device, from the fleet's store and from the board itself.
struct DeviceSummary {
    std::string id;
    std::string application;
    std::string input;
    Verdict verdict;
    std::vector<Decided> decided;  ///< in order of their samples
    uint64_t events = 0;           ///< stored in the fleet
    uint64_t decisions = 0;        ///< those of them that are detections
    double delay_ms =
        0;  ///< worst, from where the truth begins (its end for words) to the decision
    double rate_hz = 0;
    uint32_t ram_bytes = 0;
    uint32_t flash_bytes = 0;
    uint64_t instructions = 0;           ///< of the last inference with its features
    double instructions_per_second = 0;  ///< of the sensor's time: features and inferences
    uint64_t bytes_sensed = 0;
    uint64_t bytes_sent = 0;
    uint64_t bytes_gate = 0;
    uint64_t overruns = 0;
    // Of relay and light: edges that the device told and that the emulator saw, longest delay.
    struct Switched {
        uint64_t edges = 0;
        uint64_t witnessed = 0;
        uint32_t instructions = 0;  ///< at most, from the deciding sample's arrival to the edge
    };
    Switched relay, light;
    // Of the stop line, where it was pulled.
    bool stopped = false;
    uint64_t stop_sample = 0;
    int64_t stop_delay_samples = 0;  ///< from the first faulty sample; where the truth is known
    uint32_t stop_instructions = 0;  ///< from the deciding sample's arrival to the line
    bool in_handshake = false;
    bool witnessed = false;  ///< the emulator saw the same edges as the device told
    UpdateSummary update;    ///< empty where the device got none
};

/// Asks the store and the board. `events` and `row` are the API's (docs/protocol.md).
DeviceSummary summarize(DemoDevice& device, const nlohmann::json& events,
                        const nlohmann::json& row);

/// What the board needed, as rows of the benchmark "board"; with a second device, which ran all
/// stages of the cascade always, the share of that too.
std::vector<bench::Row> to_rows(const project::Project& project,
                                const std::vector<DeviceSummary>& devices);

/// Each decision with what was true, what was missed, and the sums by label.
std::string to_account(const DeviceSummary& device, const Input& input);

std::string to_table(const std::vector<DeviceSummary>& devices);
nlohmann::json to_json(const std::vector<DeviceSummary>& devices);

}  // namespace ganglion::cli
