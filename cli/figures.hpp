#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/row.hpp"
#include "project/project.hpp"
#include "train/evaluate/judges.hpp"

namespace ganglion::cli {

/// Builds the application's bundle and judges it over the recordings below `data`. Throws
/// std::runtime_error: no such folder, no such recordings, a bundle that cannot be made.
train::Judged judge_on(const project::Project& project, const std::filesystem::path& data,
                       const std::string& split, const std::function<void(size_t, size_t)>& step);

/// The figures as benchmark rows: "NAME: figure".
std::vector<bench::Row> to_rows(const project::Project& project, const train::Judged& judged);

/// Figures with intervals and goals, then the notes, for people.
std::string to_text(const train::Judged& judged);

/// apps/NAME/figures.json: what `bench applications --record` measured last, so that lists and
/// documents show what was measured and nothing else. Empty where there is none.
std::filesystem::path figures_file(const project::Project& project);
std::vector<bench::Row> recorded_figures(const project::Project& project);

/// The applications that come with Ganglion, by name.
std::vector<project::Project> all_applications();

/// docs/applications.md's table of what was recorded.
std::string applications_table();

}  // namespace ganglion::cli
