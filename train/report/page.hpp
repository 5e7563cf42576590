#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compile/report.hpp"
#include "train/evaluate/compression_rows.hpp"
#include "train/fit/fit_classifier.hpp"
#include "train/report/charts.hpp"

namespace ganglion::train {

/// A wrong decision, to be looked at and, where it is sound, heard.
struct Mistake {
    std::string name;  ///< of the recording
    std::string what;  ///< "missed", "taken for alexa, 812 permille"
    std::vector<int16_t> samples;
    uint32_t rate_hz = 0;
    bool is_sound = false;
};

/// How one person, machine, label or condition came out.
struct GroupResult {
    std::string name;
    uint64_t right = 0;
    uint64_t all = 0;
    std::string note;  ///< "2 false alarms"
};

/// One operating point on the validation streams.
struct TradePoint {
    uint32_t threshold = 0;  ///< permille
    double missed = 0;       ///< share
    double per_hour = 0;     ///< false alarms
};

/// A number beside that of the model that was there before.
struct Compared {
    std::string what;
    std::string before;
    std::string now;
};

/// All that the page shows; empty parts are left out.
struct TrainingPage {
    std::string title;
    std::string about;                                       ///< what it was trained on
    std::vector<std::pair<std::string, std::string>> cards;  ///< value, what it is
    std::vector<std::string> warnings;
    std::vector<Epoch> curve;
    std::vector<std::string> labels;
    std::optional<Confusion> confusion;        ///< of the integer engine over the test split
    std::optional<Confusion> exact_confusion;  ///< of the network in floating point
    std::vector<TradePoint> trade;
    uint32_t threshold = 0;
    std::vector<std::vector<double>> scores;  ///< by class of `labels`, 0 to 1
    std::vector<GroupResult> groups;
    std::vector<MapPoint> map;
    std::vector<Mistake> mistakes;
    compile::Report compiled;
    uint64_t instructions_per_second = 0;  ///< features and model; 0: not known
    std::vector<Compared> compared;
    std::vector<CompressionRow> compression;
};

/// Microjoules a second (microwatts) that `instructions_per_second` take on a named processor: an
/// estimate, instructions × cycles per instruction × energy per cycle.
struct EnergyEstimate {
    std::string processor;
    double microwatts_per_mhz = 0;  ///< from the data sheet
    double cycles_per_instruction = 0;
    double microwatts = 0;
};
std::vector<EnergyEstimate> estimate_energy(uint64_t instructions_per_second);

/// One page that needs nothing else, in light and in dark.
std::string to_html(const TrainingPage& page);

}  // namespace ganglion::train
