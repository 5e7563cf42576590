#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "train/evaluate/recorded_stream.hpp"

namespace ganglion::cli {

/// What the demo knows of its own input. `known` is false for a user's recordings: nothing to judge
/// against.
struct Truth {
    bool known = false;
    bool lasting = false;  ///< what is there stays (a fault): deciding on it again is not wrong
    std::vector<train::Expected> intervals;
    std::vector<std::string> judged = {};  ///< labels; empty: all
};

/// What a device decided.
struct Decided {
    uint64_t sample = 0;
    std::string label = {};
};

/// What became of one decision.
enum class Outcome : uint8_t { right, wrong, neither };

struct Verdict {
    struct Counts {
        uint32_t right = 0;
        uint32_t missed = 0;
        uint32_t wrong = 0;
    };
    bool known = false;
    uint32_t right = 0;
    uint32_t missed = 0;
    uint32_t wrong = 0;
    std::map<std::string, Counts> by_label;  ///< of what was expected, else of what was decided
    std::vector<Outcome> outcomes;           ///< of each decision
    std::vector<uint64_t> delays;            ///< samples from each interval's begin to its decision
};

/// Matches decisions (ascending) to the truth. A decision is right from an interval's begin until
/// `tolerance` samples after its end, with its label. A further one of the same label is wrong,
/// unless what is there lasts; one where nothing is required, or of a label that is not judged, is
/// neither.
Verdict judge(const Truth& truth, const std::vector<Decided>& decisions, uint64_t tolerance);

/// "3 right, 0 missed, 0 wrong", or "3 (truth not known)".
std::string to_text(const Verdict& verdict, size_t decisions);

}  // namespace ganglion::cli
