#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ganglion::cli {

/// A stretch of the input in which the device should decide, in samples.
struct Interval {
    uint64_t begin = 0;
    uint64_t end = 0;
};

/// What the demo knows of its own input. `known` is false for a user's recordings: nothing to judge
/// against.
struct Truth {
    bool known = false;
    bool lasting = false;  ///< what is there stays (a fault): deciding on it again is not wrong
    std::vector<Interval> intervals;
};

struct Verdict {
    bool known = false;
    uint32_t right = 0;
    uint32_t missed = 0;
    uint32_t wrong = 0;
    std::vector<uint64_t> delays;  ///< samples from each interval's begin to its decision
};

/// Matches decisions (sample indices, ascending) to the truth. A decision is right from an
/// interval's begin until `tolerance` samples after its end; more decisions than one for an
/// interval are wrong.
Verdict judge(const Truth& truth, const std::vector<uint64_t>& decisions, uint64_t tolerance);

/// "3 right, 0 missed, 0 wrong", or "3 (truth not known)".
std::string to_text(const Verdict& verdict, size_t decisions);

}  // namespace ganglion::cli
