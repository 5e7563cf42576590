#pragma once

#include <vector>

#include "compile/arena.hpp"
#include "compile/draft.hpp"
#include "compile/report.hpp"

namespace ganglion::compile {

/// Where each buffer of a draft lies and from which to which step it is needed: a state and the
/// borders from the first or to the last one, what a loop uses during all of the loop. Buffers that
/// nobody uses are left out; names are left empty.
std::vector<PlacedBuffer> memory_map(const Draft& draft, const Arena& arena);

}  // namespace ganglion::compile
