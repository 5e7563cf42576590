#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ganglion::update {

/// A delta (docs/update.md) from which a device that holds `base` makes `image`, which is not
/// empty.
std::vector<uint8_t> make_delta(std::span<const uint8_t> base, std::span<const uint8_t> image);

}  // namespace ganglion::update
