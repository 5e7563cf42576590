#include "train/recordings/table.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "train/recordings/audio.hpp"

namespace ganglion::train {
namespace {

[[noreturn]] void reject(const std::filesystem::path& name, std::string_view what) {
    throw std::runtime_error(fmt::format("{}: {}", name.string(), what));
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view blank = " \t\r";
    const auto first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::vector<std::string_view> split(std::string_view line) {
    std::vector<std::string_view> cells;
    for (;;) {
        const auto comma = line.find(',');
        cells.push_back(trim(line.substr(0, comma)));
        if (comma == std::string_view::npos) return cells;
        line.remove_prefix(comma + 1);
    }
}

std::optional<double> number(std::string_view cell) {
    if (!cell.empty() && cell.front() == '+') cell.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (error != std::errc() || end != cell.data() + cell.size() || !std::isfinite(value))
        return {};
    return value;
}

std::string shown(std::string_view cell) {
    std::string text(cell.substr(0, 30));
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 32; }, '?');
    return text;
}

struct CloseGzip {
    void operator()(gzFile_s* file) const { gzclose(file); }
};

}  // namespace

std::string read_text(const std::filesystem::path& path, size_t limit_bytes) {
    if (std::filesystem::is_directory(path)) reject(path, "this is a folder; give a file");
    const std::unique_ptr<gzFile_s, CloseGzip> file(gzopen(path.c_str(), "rb"));
    if (!file) reject(path, "cannot be opened; check the name and that you may read it");
    std::string text;
    std::array<char, 1 << 16> block{};
    for (;;) {
        const int n = gzread(file.get(), block.data(), static_cast<unsigned>(block.size()));
        int error = Z_OK;
        const char* message = gzerror(file.get(), &error);
        if (n < 0 || error != Z_OK) {
            reject(path,
                   fmt::format("the compressed file is truncated or damaged ({}); copy it again",
                               error == Z_BUF_ERROR ? "ends early" : message));
        }
        if (n == 0) return text;
        if (text.size() + static_cast<size_t>(n) > limit_bytes) {
            reject(path, fmt::format("unpacks to more than {} bytes; give a shorter recording",
                                     limit_bytes));
        }
        text.append(block.data(), static_cast<size_t>(n));
    }
}

Table parse_table(std::string_view text, const std::filesystem::path& name) {
    Table table;
    bool header_allowed = true;
    for (size_t line_number = 1; !text.empty(); ++line_number) {
        const auto end = text.find('\n');
        const std::string_view line = trim(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty()) continue;
        const auto cells = split(line);
        std::vector<double> row;
        for (const auto cell : cells) {
            if (const auto value = number(cell)) row.push_back(*value);
        }
        if (row.size() != cells.size()) {
            if (header_allowed) {
                table.names.assign(cells.begin(), cells.end());
                header_allowed = false;
                continue;
            }
            const auto bad =
                std::find_if(cells.begin(), cells.end(), [](auto cell) { return !number(cell); });
            reject(name,
                   fmt::format("line {}, column {}: '{}' is not a number; give numbers separated "
                               "by commas, words only in the first line",
                               line_number, bad - cells.begin() + 1, shown(*bad)));
        }
        header_allowed = false;
        if (table.columns.empty()) table.columns.resize(row.size());
        const size_t wanted = table.names.empty() ? table.columns.size() : table.names.size();
        if (row.size() != wanted) {
            reject(name,
                   fmt::format("line {}: {} values where {} are expected; every line needs the "
                               "same number of columns",
                               line_number, row.size(), wanted));
        }
        for (size_t i = 0; i < row.size(); ++i) table.columns[i].push_back(row[i]);
    }
    if (table.columns.empty()) {
        reject(name, "holds no numbers; give a CSV file with one row a sample");
    }
    return table;
}

Table read_table(const std::filesystem::path& path) {
    return parse_table(read_text(path), path);
}

std::vector<int16_t> read_vibration_csv(const std::filesystem::path& path, double rate_hz,
                                        double unit_per_lsb, const VibrationFormat& format) {
    const Table table = read_table(path);
    size_t column = 0;
    if (format.column) {
        const auto found = std::find(table.names.begin(), table.names.end(), *format.column);
        if (found == table.names.end()) {
            reject(path, fmt::format("has no column '{}'; its columns are: {}", *format.column,
                                     table.names.empty()
                                         ? "(no header)"
                                         : fmt::format("{}", fmt::join(table.names, ", "))));
        }
        column = static_cast<size_t>(found - table.names.begin());
    }
    const auto& values = table.columns[column];
    std::vector<int16_t> counts(values.size());
    std::transform(values.begin(), values.end(), counts.begin(), [&](double value) {
        return static_cast<int16_t>(
            std::lrint(std::clamp(value / unit_per_lsb, -32768.0, 32767.0)));
    });
    return resample(counts, format.file_rate_hz > 0 ? format.file_rate_hz : rate_hz, rate_hz);
}

}  // namespace ganglion::train
