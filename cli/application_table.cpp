#include "cli/application_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "cli/figures.hpp"
#include "device/event/messages.hpp"

namespace ganglion::cli {
namespace {

constexpr double kDay = 86400;

std::optional<double> figure(const std::vector<bench::Row>& rows, const std::string& name) {
    const auto row = std::ranges::find_if(
        rows, [&](const bench::Row& each) { return each.name.ends_with(": " + name); });
    return row == rows.end() ? std::optional<double>() : std::optional<double>(row->value);
}

std::string figure_name(const bench::Row& row) {
    return row.name.substr(row.name.find(": ") + 2);
}

// Those with a goal; where there is none, the first that is no cost.
std::string accuracy(const std::vector<bench::Row>& rows) {
    std::string text;
    for (const bench::Row& row : rows) {
        if (!row.goal) continue;
        const bool met = bench::is_met(row).value_or(false);
        text += fmt::format("{}{} {:.3g}{}{} (≤ {:.3g}{})", text.empty() ? "" : "; ",
                            figure_name(row), row.value, row.unit.empty() ? "" : " ", row.unit,
                            *row.goal, met ? "" : ": **not reached**");
    }
    if (!text.empty()) return text;
    for (const bench::Row& row : rows) {
        if (row.bench != "applications" || row.unit == "bytes") continue;
        text += fmt::format("{}{} {:.3g}{}{}", text.empty() ? "" : "; ", figure_name(row),
                            row.value, row.unit.empty() ? "" : " ", row.unit);
    }
    return text.empty() ? "not measured" : text;
}

std::string bytes_text(double bytes) {
    if (bytes < 10e3) return fmt::format("{:.0f} B", bytes);
    if (bytes < 10e6) return fmt::format("{:.0f} KB", bytes / 1e3);
    return fmt::format("{:.0f} MB", bytes / 1e6);
}

std::string watts_text(double watts) {
    return watts < 1e-3 ? fmt::format("{:.1f} µW", watts * 1e6)
                        : fmt::format("{:.2f} mW", watts * 1e3);
}

std::string instructions_text(double value) {
    if (value < 1e3) return fmt::format("{:.3g}", value);
    return value < 1e6 ? fmt::format("{:.3g} k", value / 1e3)
                       : fmt::format("{:.3g} M", value / 1e6);
}

std::string row_of(const project::Project& project) {
    const auto rows = recorded_figures(project);
    const auto ram = figure(rows, "pipeline RAM");
    const auto flash = figure(rows, "bundle");
    const auto work = figure(rows, "instructions a second");
    const std::string unknown = "not measured";
    return fmt::format(
        "| `{}` | {} | {} | {} | {} | {} | {} | {} of {} |\n", shown_name(project), accuracy(rows),
        ram ? bytes_text(*ram) : unknown, flash ? bytes_text(*flash) : unknown,
        work ? instructions_text(*work) : unknown,
        work ? fmt::format("{:.3g} %", 100 * Chip::duty(*work)) : unknown,
        work ? watts_text(Chip::watts(Chip::duty(*work))) : unknown,
        bytes_text(bytes_sent_a_day(project)), bytes_text(bytes_sensed_a_day(project)));
}

}  // namespace

double bytes_sensed_a_day(const project::Project& project) {
    return kDay * project.sensor.samples_per_second() * project.sensor.channels * sizeof(int16_t);
}

double bytes_sent_a_day(const project::Project& project) {
    EventBatch batch;
    batch.boot = 10;
    batch.clock_ms = static_cast<uint64_t>(kDay * 1000);
    batch.from_oldest = true;
    batch.count = 1;
    Event& event = batch.events.front();
    event.boot = batch.boot;
    event.sequence = 300;
    event.clock_ms = batch.clock_ms;
    event.score_permille = 900;
    event.sample = static_cast<uint64_t>(kDay * project.sensor.samples_per_second());
    const auto& labels = project.decision.labels;
    event.label = EventLabel(*std::ranges::max_element(
        labels, {}, [](const std::string& label) { return label.size(); }));
    if (project.action.stop_line) {
        event.kind = EventKind::action;
        event.stop_samples = 0;
        event.stop_instructions = 100'000;
    }
    std::array<uint8_t, kMaxBatchBytes> payload;
    const auto message = static_cast<double>(encode(batch, payload));
    const double sound = project.action.gate_ms / 1000.0 * project.sensor.samples_per_second() *
                         project.sensor.channels * sizeof(int16_t);
    return kEventsADay * (message + sound);
}

std::string applications_table() {
    std::string text =
        "| application | errors on the test split (goal) | RAM | flash | instructions a second | "
        "duty cycle | average power | sent a day, of sensed |\n|---|---|---|---|---|---|---|---|\n";
    for (const project::Project& project : all_applications()) text += row_of(project);
    return text;
}

}  // namespace ganglion::cli
