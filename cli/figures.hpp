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

/// "machine", or of a variant "machine/fault".
std::string shown_name(const project::Project& project);

/// apps/NAME/figures.json, or figures_VARIANT.json: what `bench applications --record` and `demo
/// APPLICATION --record` measured last, so that lists and documents show what was measured and
/// nothing else. Empty where there is none.
std::filesystem::path figures_file(const project::Project& project);
std::vector<bench::Row> recorded_figures(const project::Project& project);
/// Keeps rows of one benchmark there, in place of that benchmark's earlier ones.
void record(const project::Project& project, const std::vector<bench::Row>& rows);

/// The applications that come with Ganglion and their variants that recordings judge, by name.
std::vector<project::Project> all_applications();

}  // namespace ganglion::cli
