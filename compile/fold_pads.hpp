#pragma once

#include <map>
#include <set>
#include <vector>

#include "compile/place.hpp"

namespace ganglion::compile {

struct FoldedPads {
    std::map<size_t, FoldedPad> of_reader;  ///< by the number of the operator that pads for itself
    std::set<size_t> gone;                  ///< operators that are not needed any more
};

/// PAD and PADV2 that only convolutions and maxima read, to which they cost nothing: what lies
/// outside the image counts as zero in the one and as less than anything in the other. `readers`:
/// of each tensor, the model's borders included. Throws std::runtime_error where a padding or what
/// reads it is malformed.
FoldedPads fold_pads(const model::Graph& graph, const std::vector<int>& readers,
                     Constants& constants);

}  // namespace ganglion::compile
