#include "train/recordings/period_manifest.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "train/recordings/table.hpp"
#include "train/recordings/timed_table.hpp"

namespace ganglion::train {
namespace {

constexpr int64_t kDay = 24 * 60;

std::vector<std::string> split_quoted(std::string_view line) {
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (const char c : line) {
        if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            cells.emplace_back();
        } else {
            cells.back() += c;
        }
    }
    return cells;
}

// The first date behind `word`.
bool date_after(const std::string& text, const std::string& word, int64_t& minutes) {
    const size_t at = text.find(word);
    if (at == std::string::npos) return false;
    const size_t digit = text.find_first_of("0123456789", at);
    if (digit == std::string::npos) return false;
    minutes = parse_minutes(std::string_view(text).substr(digit, 10));
    return true;
}

void read_split(const std::string& split, PeriodRecording& recording) {
    if (split == "train") {
        recording.test_begin = INT64_MAX;
    } else if (split == "test") {
        recording.train_end = INT64_MIN;
        recording.test_begin = INT64_MIN;
    } else if (date_after(split, "train: until", recording.train_end)) {
        recording.train_end += kDay;  // the day itself belongs to it
        if (!date_after(split, "test:", recording.test_begin)) {
            recording.test_begin = recording.train_end;
        }
    } else if (date_after(split, "train: before", recording.train_end)) {
        recording.test_begin = recording.train_end;
    } else {
        throw std::runtime_error("split '" + split +
                                 "' is not known; write train, test, or train: until DATE; test: "
                                 "DATE on");
    }
}

}  // namespace

std::string PeriodRecording::other(const std::string& column) const {
    const auto found = others.find(column);
    return found == others.end() ? std::string() : found->second;
}

bool PeriodRecording::has(const std::string& split) const {
    return split == "train" ? train_end != INT64_MIN : test_begin != INT64_MAX;
}

bool PeriodRecording::in(const std::string& split, int64_t minute) const {
    return split == "train" ? minute < train_end : minute >= test_begin;
}

bool PeriodRecording::in_or_before(const std::string& split, int64_t minute) const {
    return split != "train" || minute < train_end;
}

std::vector<PeriodRecording> read_period_manifest(const std::filesystem::path& folder) {
    const auto path = folder / "manifest.csv";
    const std::string text = read_text(path);
    std::string_view left = text;
    std::vector<std::string> names;
    std::vector<PeriodRecording> all;
    for (size_t line_number = 1; !left.empty(); ++line_number) {
        const size_t end = std::min(left.find('\n'), left.size());
        std::string_view line = left.substr(0, end);
        left.remove_prefix(std::min(end + 1, left.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        const std::vector<std::string> cells = split_quoted(line);
        try {
            if (names.empty()) {
                names = cells;
                continue;
            }
            if (cells.size() != names.size()) {
                throw std::runtime_error(
                    fmt::format("has {} cells, the first row {}", cells.size(), names.size()));
            }
            PeriodRecording recording;
            for (size_t i = 0; i < names.size(); ++i) recording.others[names[i]] = cells[i];
            if (recording.other("file").empty()) throw std::runtime_error("names no file");
            recording.path = folder / recording.other("file");
            recording.group = recording.other("group");
            if (recording.group.empty()) recording.group = recording.other("region");
            if (recording.group.empty()) recording.group = recording.other("file");
            read_split(recording.other("split"), recording);
            all.push_back(std::move(recording));
        } catch (const std::runtime_error& error) {
            throw std::runtime_error(
                fmt::format("{}:{}: {}", path.string(), line_number, error.what()));
        }
    }
    if (all.empty()) throw std::runtime_error(path.string() + ": lists no recordings");
    return all;
}

}  // namespace ganglion::train
