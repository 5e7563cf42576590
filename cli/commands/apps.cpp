#include <fmt/core.h>

#include <memory>

#include "cli/application_table.hpp"
#include "cli/commands/commands.hpp"
#include "cli/figures.hpp"

namespace ganglion::cli {
namespace {

void list() {
    for (const project::Project& project : all_applications()) {
        fmt::print("{:<13} {:<8} {}\n", shown_name(project), project.application.version,
                   project.application.title);
        const auto rows = recorded_figures(project);
        for (const bench::Row& row : rows) {
            const size_t behind_name = shown_name(project).size() + 2;
            fmt::print("    {:<24} {:.5g} {}\n", row.name.substr(behind_name), row.value, row.unit);
        }
        if (rows.empty()) fmt::print("    no recorded figures; see its MODEL_CARD.md\n");
    }
    fmt::print(
        "\nMeasured by `ganglion bench applications`; with intervals: apps/NAME/MODEL_CARD.md\n");
}

}  // namespace

void add_apps(CLI::App& program) {
    auto markdown = std::make_shared<bool>(false);
    auto* command =
        add_command(program, "apps", "List the applications and how well they were measured",
                    "./ganglion apps --markdown");
    command->add_flag("--markdown", *markdown, "the table of docs/applications.md");
    command->callback([markdown] {
        if (*markdown)
            fmt::print("{}", applications_table());
        else
            list();
    });
}

}  // namespace ganglion::cli
