#pragma once

#include <cstdint>

namespace ganglion::cli {

/// Where the page and the API are when nobody says otherwise.
constexpr uint16_t kDefaultHttpPort = 8042;

}  // namespace ganglion::cli
