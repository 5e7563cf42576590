#include "cli/demo/summary.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "cli/figures.hpp"

namespace ganglion::cli {
namespace {

double milliseconds(int64_t samples, double rate_hz) {
    return 1000.0 * static_cast<double>(samples) / rate_hz;
}

/// The delay a person would feel: from the end of a word, or from the first sample of a fault.
double worst_delay_ms(const Input& input, const std::vector<Decided>& decisions) {
    const bool lasting = input.truth.lasting;
    double worst = 0;
    for (const auto& interval : input.truth.intervals) {
        if (!interval.required) continue;
        const uint64_t from = lasting ? interval.begin : interval.end;
        for (const auto& [decision, label] : decisions)
            if (decision >= interval.begin && decision <= interval.end + input.tolerance &&
                (interval.label.empty() || interval.label == label)) {
                worst = std::max(
                    worst, milliseconds(static_cast<int64_t>(decision) - static_cast<int64_t>(from),
                                        input.rate_hz));
                break;
            }
    }
    return worst;
}

double instructions_per_second(DemoDevice& device) {
    const firmware::SamplePort port = device.board().state();
    const double seconds = device.input().seconds_of(device.streamed());
    const uint64_t work = uint64_t{port.work_high} << 32U | port.work_low;
    return seconds > 0 ? static_cast<double>(work) / seconds : 0;
}

std::string time_text(uint64_t sample, double rate_hz) {
    const double seconds = static_cast<double>(sample) / rate_hz;
    if (seconds < 3600) return fmt::format("{:.1f} s", seconds);
    return seconds < 48 * 3600 ? fmt::format("{:.1f} h", seconds / 3600)
                               : fmt::format("{:.1f} d", seconds / 86400);
}

void add_stop(DeviceSummary& summary, DemoDevice& device) {
    std::vector<bool> told;
    for (const auto& edge : device.board().edges(firmware::Line::stop)) {
        told.push_back(edge.level);
        if (!edge.level || summary.stopped) continue;
        summary.stopped = true;
        summary.stop_sample = edge.sample;
        summary.stop_instructions = edge.instructions;
        summary.in_handshake = edge.in_handshake;
    }
    if (!summary.stopped) return;
    const auto& truth = device.input().truth;
    if (truth.known && !truth.intervals.empty())
        summary.stop_delay_samples = static_cast<int64_t>(summary.stop_sample) -
                                     static_cast<int64_t>(truth.intervals.front().begin);
    // The emulator also sees the line's first level at boot.
    const auto seen = device.board().witnessed_levels(firmware::Line::stop);
    summary.witnessed =
        seen.size() >= told.size() && std::equal(told.rbegin(), told.rend(), seen.rbegin());
}

DeviceSummary::Switched switched(DemoDevice& device, firmware::Line line) {
    DeviceSummary::Switched result;
    for (const auto& edge : device.board().edges(line)) {
        ++result.edges;
        result.instructions = std::max(result.instructions, edge.instructions);
    }
    // Each start's first level is no edge.
    const auto levels = device.board().witnessed_levels(line);
    result.witnessed = levels.empty() ? 0 : levels.size() - 1;
    return result;
}

std::string with_thousands(uint64_t value) {
    std::string text = std::to_string(value);
    for (size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
    return text;
}

std::string to_text(const DeviceSummary::Switched& line) {
    if (line.edges == 0) return "-";
    return fmt::format("{} edges{}, at most {} instructions", line.edges,
                       line.edges == line.witnessed ? "" : " (NOT all seen by the emulator)",
                       with_thousands(line.instructions));
}

}  // namespace

DeviceSummary summarize(DemoDevice& device, const nlohmann::json& events,
                        const nlohmann::json& row) {
    const auto& application = device.application().project.application;
    DeviceSummary summary;
    summary.id = device.id();
    summary.application = application.name + " " + application.version;
    summary.input = device.input().description;
    summary.rate_hz = device.input().rate_hz;
    std::vector<Decided>& decisions = summary.decided;
    for (const auto& event : events) {
        ++summary.events;
        if (event.at("kind") == "started") continue;
        decisions.push_back(
            {event.at("sample").get<uint64_t>(), event.at("label").get<std::string>()});
    }
    std::ranges::stable_sort(decisions, {}, &Decided::sample);
    summary.decisions = decisions.size();
    summary.verdict = judge(device.input().truth, decisions, device.input().tolerance);
    summary.delay_ms = worst_delay_ms(device.input(), decisions);
    const auto& bundle = row.at("bundle");
    summary.ram_bytes = bundle.at("ram_bytes");
    summary.flash_bytes = bundle.at("flash_bytes");
    summary.instructions = bundle.at("instructions");
    summary.instructions_per_second = instructions_per_second(device);
    summary.bytes_sensed = row.at("bytes_sensed");
    summary.bytes_sent = row.at("bytes_sent");
    summary.bytes_gate = row.at("bytes_gate");
    summary.overruns = row.at("overruns");
    add_stop(summary, device);
    summary.relay = switched(device, firmware::Line::relay);
    summary.light = switched(device, firmware::Line::light);
    return summary;
}

std::vector<bench::Row> to_rows(const project::Project& project,
                                const std::vector<DeviceSummary>& devices) {
    std::vector<bench::Row> rows;
    const auto add = [&](const char* name, double value, const char* unit) {
        rows.push_back({.bench = "board",
                        .name = shown_name(project) + ": " + name,
                        .value = std::round(value * 100) / 100,
                        .unit = unit,
                        .peer = "",
                        .peer_value = {},
                        .goal = {}});
        const auto goal = project.judge.goals.find(name);
        if (goal != project.judge.goals.end()) rows.back().goal = goal->second;
    };
    const DeviceSummary& device = devices.front();
    add("instructions a second", device.instructions_per_second, "instructions");
    add("instructions an inference", static_cast<double>(device.instructions), "instructions");
    if (devices.size() == 1) return rows;
    const double always = devices.back().instructions_per_second;
    add("instructions a second, all stages always", always, "instructions");
    add("instructions of all stages always", 100 * device.instructions_per_second / always, "%");
    return rows;
}

std::string to_account(const DeviceSummary& device, const Input& input) {
    constexpr size_t most = 40;
    std::string text;
    const auto& outcomes = device.verdict.outcomes;
    for (size_t i = 0; i < std::min(most, device.decided.size()); ++i) {
        const char* outcome = i >= outcomes.size()            ? ""
                              : outcomes[i] == Outcome::right ? "right"
                              : outcomes[i] == Outcome::wrong ? "WRONG"
                                                              : "not judged";
        text +=
            fmt::format("{:>10}  {:<16} {}\n", time_text(device.decided[i].sample, input.rate_hz),
                        device.decided[i].label, outcome);
    }
    if (device.decided.size() > most)
        text += fmt::format("{:>10}  and {} more\n", "", device.decided.size() - most);
    text += fmt::format("\n{:<16} {:>6} {:>6} {:>6}\n", "label", "right", "missed", "wrong");
    for (const auto& [label, counts] : device.verdict.by_label)
        text += fmt::format("{:<16} {:>6} {:>6} {:>6}\n", label.empty() ? "any" : label,
                            counts.right, counts.missed, counts.wrong);
    return text;
}

std::string to_table(const std::vector<DeviceSummary>& devices) {
    struct Line {
        const char* name;
        std::function<std::string(const DeviceSummary&)> value;
    };
    const std::vector<Line> lines = {
        {"application", [](auto& d) { return d.application; }},
        {"events stored", [](auto& d) { return std::to_string(d.events); }},
        {"decisions", [](auto& d) { return to_text(d.verdict, d.decisions); }},
        {"delay, worst",
         [](auto& d) { return d.verdict.right == 0 ? "-" : fmt::format("{:.0f} ms", d.delay_ms); }},
        {"stop line",
         [](auto& d) {
             if (!d.stopped) return std::string("-");
             const std::string where =
                 d.verdict.known
                     ? fmt::format("{} samples = {:.1f} ms after the fault", d.stop_delay_samples,
                                   milliseconds(d.stop_delay_samples, d.rate_hz))
                     : fmt::format("at sample {}", d.stop_sample);
             return where + (d.witnessed ? "" : " (NOT seen by the emulator)");
         }},
        {"  decision to line",
         [](auto& d) {
             return d.stopped
                        ? fmt::format("{} instructions{}", with_thousands(d.stop_instructions),
                                      d.in_handshake ? ", during a TLS handshake" : "")
                        : "-";
         }},
        {"relay", [](auto& d) { return to_text(d.relay); }},
        {"light", [](auto& d) { return to_text(d.light); }},
        {"update",
         [](auto& d) { return d.update.taken.empty() ? std::string("-") : d.update.taken; }},
        {"  tampered",
         [](auto& d) {
             return d.update.refused.empty() ? std::string("-") : "refused: " + d.update.refused;
         }},
        {"  a bad one",
         [](auto& d) {
             return d.update.undone.empty() ? std::string("-") : "undone by the device itself";
         }},
        {"pipeline RAM", [](auto& d) { return with_thousands(d.ram_bytes) + " bytes"; }},
        {"bundle flash", [](auto& d) { return with_thousands(d.flash_bytes) + " bytes"; }},
        {"an inference", [](auto& d) { return with_thousands(d.instructions) + " instructions"; }},
        {"a second of sensing",
         [](auto& d) {
             return with_thousands(static_cast<uint64_t>(d.instructions_per_second)) +
                    " instructions";
         }},
        {"samples lost", [](auto& d) { return with_thousands(d.overruns); }},
        {"bytes sensed", [](auto& d) { return with_thousands(d.bytes_sensed); }},
        {"bytes sent", [](auto& d) { return with_thousands(d.bytes_sent) + " on the wire"; }},
        {"  of them raw audio", [](auto& d) { return with_thousands(d.bytes_gate); }},
        {"reduction",
         [](auto& d) {
             return d.bytes_sent == 0
                        ? "-"
                        : fmt::format("{:.0f} ×", static_cast<double>(d.bytes_sensed) /
                                                      static_cast<double>(d.bytes_sent));
         }},
    };
    constexpr int name_width = 20;
    constexpr int value_width = 44;
    std::string table = fmt::format("{:<{}}", "", name_width);
    for (const auto& device : devices) table += fmt::format(" {:<{}}", device.id, value_width);
    table +=
        '\n' +
        std::string(static_cast<size_t>(name_width) + devices.size() * (value_width + 1), '-') +
        '\n';
    for (const auto& line : lines) {
        table += fmt::format("{:<{}}", line.name, name_width);
        for (const auto& device : devices)
            table += fmt::format(" {:<{}}", line.value(device), value_width);
        table += '\n';
    }
    return table;
}

nlohmann::json to_json(const std::vector<DeviceSummary>& devices) {
    auto array = nlohmann::json::array();
    for (const auto& d : devices)
        array.push_back({{"device", d.id},
                         {"application", d.application},
                         {"input", d.input},
                         {"truth_known", d.verdict.known},
                         {"right", d.verdict.right},
                         {"missed", d.verdict.missed},
                         {"wrong", d.verdict.wrong},
                         {"events", d.events},
                         {"decisions", d.decisions},
                         {"delay_ms", d.delay_ms},
                         {"ram_bytes", d.ram_bytes},
                         {"flash_bytes", d.flash_bytes},
                         {"instructions", d.instructions},
                         {"instructions_per_second", d.instructions_per_second},
                         {"bytes_sensed", d.bytes_sensed},
                         {"bytes_sent", d.bytes_sent},
                         {"bytes_gate", d.bytes_gate},
                         {"overruns", d.overruns},
                         {"stopped", d.stopped},
                         {"stop_sample", d.stop_sample},
                         {"stop_delay_samples", d.stop_delay_samples},
                         {"stop_instructions", d.stop_instructions},
                         {"stop_in_handshake", d.in_handshake},
                         {"stop_witnessed", d.witnessed},
                         {"relay_edges", d.relay.edges},
                         {"relay_witnessed", d.relay.witnessed},
                         {"relay_instructions", d.relay.instructions},
                         {"light_edges", d.light.edges},
                         {"light_witnessed", d.light.witnessed},
                         {"light_instructions", d.light.instructions},
                         {"update_taken", d.update.taken},
                         {"update_refused", d.update.refused},
                         {"update_undone", d.update.undone}});
    return array;
}

}  // namespace ganglion::cli
