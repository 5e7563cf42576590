#pragma once

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "paths.hpp"
#include "project/project.hpp"

namespace ganglion::tests {

/// The examples of docs/project.md, in order: tests use what the document shows.
inline std::vector<std::string> documented_examples() {
    std::ifstream file(std::string(GANGLION_SOURCE_DIR) + "/docs/project.md");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    std::vector<std::string> examples;
    const std::string opening = "```toml\n";
    for (size_t at = text.find(opening); at != std::string::npos; at = text.find(opening, at)) {
        at += opening.size();
        examples.push_back(text.substr(at, text.find("```", at) - at));
    }
    if (examples.size() != 2) throw std::runtime_error("docs/project.md: two examples expected");
    return examples;
}

inline project::Project documented_wake_word() {
    return project::parse(documented_examples()[0], "wake_word/ganglion.toml");
}

inline project::Project documented_machine() {
    return project::parse(documented_examples()[1], "machine/ganglion.toml");
}

}  // namespace ganglion::tests
