#pragma once

#include <cstdint>
#include <optional>

#include "compile/draft.hpp"

namespace ganglion::compile {

/// Computes layers by rows (row_group.hpp) where the whole tensors would need too much RAM, and
/// chooses how much scratch depthwise operations get. Without `ram_bytes`: as long as it saves RAM
/// for few instructions; with it: until the arena fits, whatever it costs, and no further.
void save_ram(Draft& draft, std::optional<uint32_t> ram_bytes);

}  // namespace ganglion::compile
