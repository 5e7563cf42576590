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
                        .name = shown_name(project) + ": " + figure.name,
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

std::string shown_name(const project::Project& project) {
    const std::string variant = project.path.stem().string();
    if (variant == "ganglion") return project.application.name;
    return project.path.parent_path().filename().string() + "/" + variant;
}

std::filesystem::path figures_file(const project::Project& project) {
    const std::string variant = project.path.stem().string();
    return project.path.parent_path() /
           (variant == "ganglion" ? "figures.json" : "figures_" + variant + ".json");
}

void record(const project::Project& project, const std::vector<bench::Row>& rows) {
    auto kept = recorded_figures(project);
    std::erase_if(kept, [&](const bench::Row& row) { return row.bench == rows.front().bench; });
    kept.insert(kept.end(), rows.begin(), rows.end());
    std::ranges::stable_sort(kept, {}, &bench::Row::bench);
    write_text(figures_file(project), bench::to_json(kept).dump(1) + "\n");
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
    for (const auto& folder : std::filesystem::directory_iterator(source_root() / "apps")) {
        for (const auto& file : std::filesystem::directory_iterator(folder.path())) {
            if (file.path().extension() != ".toml") continue;
            project::Project project = project::read(file.path());
            if (!project.judge.data.empty() || file.path().stem() == "ganglion")
                applications.push_back(std::move(project));
        }
    }
    std::ranges::sort(applications, {}, shown_name);
    return applications;
}

}  // namespace ganglion::cli
