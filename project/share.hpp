#pragma once

#include "project/project.hpp"
#include "project/toml_section.hpp"

namespace ganglion::project {

/// [share] of a project whose learner is known. Refuses it where there is none.
Project::Share read_share(TomlSection section, const Project& project);

}  // namespace ganglion::project
