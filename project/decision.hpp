#pragma once

#include "project/project.hpp"
#include "project/toml_section.hpp"

namespace ganglion::project {

/// Reads the keys of a decision rule: those of [decision], and the same in [gate]. Does not finish
/// the section.
Project::Decision read_decision(TomlSection& section);

}  // namespace ganglion::project
