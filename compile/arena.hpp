#pragma once

#include <cstdint>
#include <vector>

#include "compile/draft.hpp"

namespace ganglion::compile {

/// Lets operations overwrite an input that nobody needs afterwards, where their kernels can.
void share_in_place(Draft& draft);

/// Bytes that each step needs at least, states and borders included. What share_in_place() allows
/// is taken as done.
std::vector<uint64_t> bytes_needed(const Draft& draft);

/// Places of a draft's buffers.
struct Arena {
    std::vector<uint32_t> offsets;  ///< one a buffer; UINT32_MAX: not used
    uint32_t state_bytes = 0;       ///< at its start
    uint32_t bytes = 0;             ///< multiple of 16
    uint32_t lower_bound = 0;       ///< no plan is smaller
    bool is_optimal = true;         ///< as in Plan
};

/// Throws std::runtime_error where it would be too large.
Arena place_buffers(const Draft& draft);

/// Writes places into the operations and the layers' reports, and moves into the loops.
void settle(Draft& draft, const Arena& arena);

}  // namespace ganglion::compile
