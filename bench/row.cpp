#include "bench/row.hpp"

#include <fmt/core.h>

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

}  // namespace

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
    std::string text = fmt::format("{:<44} {:>14} {:<14} {:>14} {:>7} {:>7}\n", "case", "value",
                                   "unit", "peer", "ratio", "goal");
    for (const Row& row : rows)
        text += fmt::format("{:<44} {:>14.10g} {:<14} {:>14} {:>7} {:>7}\n", row.name, row.value,
                            row.unit, or_dash(row.peer_value, "{:.10g}"),
                            or_dash(ratio(row), "{:.3f}"), or_dash(row.goal, "{:.4g}"));
    return text;
}

}  // namespace ganglion::bench
