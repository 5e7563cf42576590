#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "cli/commands/commands.hpp"
#include "cli/files.hpp"
#include "project/project.hpp"

namespace ganglion::cli {
namespace {

void run() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(source_root() / "apps"))
        if (std::filesystem::exists(entry.path() / "ganglion.toml"))
            files.push_back(entry.path() / "ganglion.toml");
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
        const auto project = project::read(file);
        fmt::print("{:<12} {:<8} {}\n", project.application.name, project.application.version,
                   project.application.title);
    }
    fmt::print("\nHow well each does, with intervals: apps/NAME/MODEL_CARD.md\n");
}

}  // namespace

void add_apps(CLI::App& program) {
    auto* command = add_command(program, "apps", "List the applications that come with Ganglion",
                                "./ganglion apps");
    command->callback(run);
}

}  // namespace ganglion::cli
