#pragma once

#include <optional>

#include "device/learn/share_terms.hpp"
#include "project/project.hpp"

namespace ganglion::compile {

/// A project's [share] as its bundle states it; nothing where it has none.
std::optional<ShareTerms> share_terms(const project::Project& project);

}  // namespace ganglion::compile
