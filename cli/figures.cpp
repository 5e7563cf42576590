#include "cli/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "cli/application.hpp"
#include "cli/files.hpp"

namespace ganglion::cli {

train::Judged judge_on(const project::Project& project, const std::filesystem::path& data,
                       const std::string& split, const std::function<void(size_t, size_t)>& step) {
    if (!std::filesystem::is_directory(data))
        throw std::runtime_error(data.string() + ": no such folder of recordings");
    const train::DeviceRun device(project);
    return train::judge_application(
        {.project = project, .device = device, .data = data, .split = split, .step = step});
}

std::vector<bench::Row> to_rows(const project::Project& project, const train::Judged& judged) {
    std::vector<bench::Row> rows;
    for (const train::Figure& figure : judged.figures) {
        rows.push_back({.bench = "applications",
                        .name = project.application.name + ": " + figure.name,
                        .value = figure.value,
                        .unit = figure.unit,
                        .peer = "",
                        .peer_value = {},
                        .goal = figure.goal});
    }
    return rows;
}

std::string to_text(const train::Judged& judged) {
    std::string text;
    for (const train::Figure& figure : judged.figures) {
        text += fmt::format("{:<22} {:.5g} {}", figure.name, figure.value, figure.unit);
        if (figure.interval) {
            text += fmt::format(" [{:.4g}, {:.4g}]", figure.interval->low, figure.interval->high);
        }
        if (figure.goal) {
            text += fmt::format("  goal {:.5g}: {}", *figure.goal,
                                figure.value <= *figure.goal + 1e-9 ? "reached" : "NOT reached");
        }
        text += '\n';
    }
    for (const std::string& note : judged.notes) text += "  " + note + '\n';
    return text;
}

std::filesystem::path figures_file(const project::Project& project) {
    return project.path.parent_path() / "figures.json";
}

std::vector<bench::Row> recorded_figures(const project::Project& project) {
    const auto file = figures_file(project);
    std::vector<bench::Row> rows;
    if (!std::filesystem::exists(file)) return rows;
    for (const auto& row : nlohmann::json::parse(read_text(file))) {
        rows.push_back({.bench = row.at("bench"),
                        .name = row.at("case"),
                        .value = row.at("value"),
                        .unit = row.at("unit"),
                        .peer = "",
                        .peer_value = {},
                        .goal = row.at("goal").is_null()
                                    ? std::optional<double>()
                                    : std::optional<double>(row.at("goal").get<double>())});
    }
    return rows;
}

std::vector<project::Project> all_applications() {
    std::vector<project::Project> applications;
    for (const auto& entry : std::filesystem::directory_iterator(source_root() / "apps")) {
        const auto file = entry.path() / "ganglion.toml";
        if (std::filesystem::exists(file)) applications.push_back(project::read(file));
    }
    std::ranges::sort(applications, {},
                      [](const project::Project& project) { return project.application.name; });
    return applications;
}

std::string applications_table() {
    std::string text = "| application | figure | value | goal |\n|---|---|---|---|\n";
    for (const project::Project& project : all_applications()) {
        for (const bench::Row& row : recorded_figures(project)) {
            const size_t behind_name = project.application.name.size() + 2;
            const auto met = bench::is_met(row);
            text += fmt::format(
                "| {} | {} | {:.5g} {} | {} |\n", project.application.name,
                row.name.substr(std::min(behind_name, row.name.size())), row.value, row.unit,
                row.goal ? fmt::format("≤ {:.5g}: {}", *row.goal, *met ? "reached" : "not reached")
                         : "");
        }
    }
    return text;
}

}  // namespace ganglion::cli
