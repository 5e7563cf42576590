#include "cli/demo/summary.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <functional>

namespace ganglion::cli {
namespace {

double milliseconds(int64_t samples, uint32_t rate_hz) {
    return 1000.0 * static_cast<double>(samples) / rate_hz;
}

/// The delay a person would feel: from the end of a word, or from the first sample of a fault.
double worst_delay_ms(const DemoDevice& device, const std::vector<uint64_t>& decisions) {
    const Input& input = device.input();
    const bool lasting = input.truth.lasting;
    double worst = 0;
    for (const auto& interval : input.truth.intervals) {
        const uint64_t from = lasting ? interval.begin : interval.end;
        for (const uint64_t decision : decisions)
            if (decision >= interval.begin && decision <= interval.end + input.tolerance) {
                worst = std::max(
                    worst, milliseconds(static_cast<int64_t>(decision) - static_cast<int64_t>(from),
                                        input.rate_hz));
                break;
            }
    }
    return worst;
}

void add_stop(DeviceSummary& summary, DemoDevice& device) {
    std::vector<bool> told;
    for (const auto& edge : device.board().stop_edges()) {
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
    const auto seen = device.board().witnessed_levels();
    summary.witnessed =
        seen.size() >= told.size() && std::equal(told.rbegin(), told.rend(), seen.rbegin());
}

std::string with_thousands(uint64_t value) {
    std::string text = std::to_string(value);
    for (size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
    return text;
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
    std::vector<uint64_t> decisions;
    for (const auto& event : events) {
        ++summary.events;
        if (event.at("kind") != "started") decisions.push_back(event.at("sample").get<uint64_t>());
    }
    std::sort(decisions.begin(), decisions.end());
    summary.decisions = decisions.size();
    summary.verdict = judge(device.input().truth, decisions, device.input().tolerance);
    summary.delay_ms = worst_delay_ms(device, decisions);
    const auto& bundle = row.at("bundle");
    summary.ram_bytes = bundle.at("ram_bytes");
    summary.flash_bytes = bundle.at("flash_bytes");
    summary.instructions = bundle.at("instructions");
    summary.bytes_sensed = row.at("bytes_sensed");
    summary.bytes_sent = row.at("bytes_sent");
    summary.bytes_gate = row.at("bytes_gate");
    summary.overruns = row.at("overruns");
    add_stop(summary, device);
    return summary;
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
                         {"update_taken", d.update.taken},
                         {"update_refused", d.update.refused},
                         {"update_undone", d.update.undone}});
    return array;
}

}  // namespace ganglion::cli
