#pragma once

#include <cstdint>
#include <vector>

namespace ganglion::compile {

/// A piece of the arena that is needed from operation `first` to operation `last`, both included.
struct Buffer {
    uint32_t bytes;
    int32_t first, last;
    /// An earlier-needed buffer that this one may overwrite; -1: none. Where it does, it begins
    /// `lead` bytes (a multiple of 4) before that one. No buffer is overwritten twice.
    int32_t over = -1;
    uint32_t lead = 0;
};

struct Plan {
    std::vector<uint32_t> offsets;  ///< one a buffer, multiples of 4
    uint32_t arena_bytes = 0;       ///< multiple of 16
    /// Largest sum of bytes needed at once (each rounded up to 4, shared ones once): no plan with
    /// the same overwritings is smaller.
    uint32_t lower_bound = 0;
    /// Proven: no plan is smaller that overwrites what this one does.
    bool is_optimal = true;
};

/// Bytes needed at each time from 0 up to, but not including, `times`: each buffer rounded up to 4,
/// what two share where one overwrites the other once.
std::vector<uint64_t> bytes_needed(const std::vector<Buffer>& buffers, int32_t times);

/// Places buffers so that no two that are needed at the same time share a byte, but for one that
/// overwrites another. Greedy: in a given order, each buffer, with those that it overwrites, goes
/// into the smallest gap between already placed ones that it fits (best fit). Several orders (by
/// size, by size times duration, by time, then seeded random ones while the bound is not met) are
/// tried; the smallest arena wins. Where it is above the bound, all other plans are searched, as
/// long as that does not take too long. Deterministic. Throws std::runtime_error where the arena
/// would pass 1 GiB.
Plan plan_memory(std::vector<Buffer> buffers);

}  // namespace ganglion::compile
