#include "bench/row.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace ganglion::bench {
namespace {

std::optional<double> ratio(const Row& row) {
    if (!row.peer_value || *row.peer_value == 0) return std::nullopt;
    return row.value / *row.peer_value;
}

nlohmann::json or_null(const std::optional<double>& value) {
    return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

std::string or_dash(const std::optional<double>& value, const char* format) {
    return value ? fmt::format(fmt::runtime(format), *value) : "-";
}

constexpr double kRounding = 1e-9;

}  // namespace

std::optional<bool> is_met(const Row& row) {
    if (!row.goal) return std::nullopt;
    if (!row.peer.empty() && !ratio(row)) return std::nullopt;
    return ratio(row).value_or(row.value) <= *row.goal + kRounding;
}

nlohmann::json to_json(const std::vector<Row>& rows) {
    auto array = nlohmann::json::array();
    for (const Row& row : rows)
        array.push_back(
            {{"bench", row.bench},
             {"case", row.name},
             {"value", row.value},
             {"unit", row.unit},
             {"peer", row.peer.empty() ? nlohmann::json(nullptr) : nlohmann::json(row.peer)},
             {"peer_value", or_null(row.peer_value)},
             {"ratio", or_null(ratio(row))},
             {"goal", or_null(row.goal)}});
    return array;
}

std::string to_text(const std::vector<Row>& rows) {
    size_t width = 4;
    for (const Row& row : rows) width = std::max(width, row.name.size());
    std::string text = fmt::format("{:<{}} {:>14} {:<14} {:>14} {:>8} {:>8}\n", "case", width,
                                   "value", "unit", "peer", "ratio", "goal");
    size_t goals = 0;
    size_t met = 0;
    for (const Row& row : rows) {
        const std::optional<bool> good = is_met(row);
        goals += good ? 1 : 0;
        met += good.value_or(false) ? 1 : 0;
        text += fmt::format("{:<{}} {:>14.10g} {:<14} {:>14} {:>8} {:>8}{}\n", row.name, width,
                            row.value, row.unit, or_dash(row.peer_value, "{:.10g}"),
                            or_dash(ratio(row), "{:.4f}"), or_dash(row.goal, "{:.4g}"),
                            good ? (*good ? "  met" : "  MISSED") : "");
    }
    return text + fmt::format("{} of {} goals met\n", met, goals);
}

}  // namespace ganglion::bench
