#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "project/project.hpp"

namespace ganglion::train {

/// One architecture with the features in front of it.
struct Candidate {
    std::vector<uint32_t> channels;
    uint32_t bands = 0;
    uint32_t frames = 0;
    uint32_t stride = 0;

    /// "40b-49f-2s-64x64x64": different for different candidates.
    std::string name() const;
};

/// The project with the candidate's features and widths; its budget is left out, since the search
/// has its own.
project::Project with_candidate(const project::Project& base, const Candidate& candidate);

/// `count` different candidates, or as many as there are: first the project's own, then ones drawn
/// from widths 16 to 96 (equal, or growing towards the end), 2 to 7 layers, 0.75 to 1.25 times its
/// frames, half to all of its bands, once and twice its stride. The same seed draws the same.
std::vector<Candidate> draw_candidates(const project::Project& base, size_t count, uint64_t seed);

}  // namespace ganglion::train
