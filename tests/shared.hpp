#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "paths.hpp"

namespace ganglion::tests {

/// Folder with the real recordings and reference models (`data/`, `models/`, `golden/`):
/// `$GANGLION_SHARED`, else
/// `../shared` beside the source tree. May be absent: see GANGLION_NEEDS_SHARED.
inline std::filesystem::path shared_dir() {
    if (const char* from_environment = std::getenv("GANGLION_SHARED")) return from_environment;
    return std::filesystem::path(GANGLION_SOURCE_DIR) / ".." / "shared";
}

}  // namespace ganglion::tests

/// Skips the test by name where the reference material `relative` (below shared_dir()) is absent.
#define GANGLION_NEEDS_SHARED(relative)                                                        \
    if (!std::filesystem::exists(ganglion::tests::shared_dir() / (relative)))                  \
    GTEST_SKIP() << "SKIPPED: needs " << (ganglion::tests::shared_dir() / (relative)).string() \
                 << " (set GANGLION_SHARED to the folder that holds data/, models/, golden/)"
