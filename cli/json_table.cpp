#include "cli/json_table.hpp"

#include <algorithm>
#include <vector>

namespace ganglion::cli {
namespace {

using nlohmann::ordered_json;

std::string cell(const ordered_json& value) {
    if (value.is_string()) return value.get<std::string>();
    return value.is_null() ? "-" : value.dump();
}

/// Columns as wide as their widest cell; numbers to the right.
std::string aligned(const std::vector<std::vector<std::string>>& lines,
                    const std::vector<bool>& right) {
    std::vector<size_t> widths(right.size());
    for (const auto& line : lines)
        for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
    std::string text;
    for (const auto& line : lines) {
        std::string row;
        for (size_t i = 0; i < line.size(); ++i) {
            const std::string padding(widths[i] - line[i].size(), ' ');
            row.append(i == 0 ? "" : "  ").append(right[i] ? padding + line[i] : line[i] + padding);
        }
        text.append(row, 0, row.find_last_not_of(' ') + 1).append("\n");
    }
    return text;
}

bool has_rows(const ordered_json& answer) {
    return answer.is_array() && !answer.empty() &&
           std::ranges::all_of(answer, [](const auto& row) { return row.is_object(); });
}

bool names_the_row(const std::string& field) {
    return field == "id" || field == "device" || field == "name" || field == "start_ms";
}

}  // namespace

std::string table_text(const ordered_json& answer) {
    std::vector<std::vector<std::string>> lines;
    std::vector<bool> right;
    if (has_rows(answer)) {
        lines.emplace_back();
        for (const auto& [name, value] : answer.front().items()) lines.front().push_back(name);
        std::stable_partition(lines.front().begin(), lines.front().end(), names_the_row);
        for (const std::string& name : lines.front())
            right.push_back(answer.front().at(name).is_number());
        for (const auto& row : answer) {
            auto& line = lines.emplace_back();
            for (const std::string& name : lines.front())
                line.push_back(row.contains(name) ? cell(row.at(name)) : "-");
        }
    } else if (answer.is_object()) {
        right = {false, false};
        for (const auto& [name, value] : answer.items()) lines.push_back({name, cell(value)});
    } else {
        return answer.dump(1) + "\n";
    }
    return aligned(lines, right);
}

}  // namespace ganglion::cli
