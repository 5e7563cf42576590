#include "train/recordings/timed_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>

#include "train/recordings/table.hpp"

namespace ganglion::train {
namespace {

constexpr int64_t kDay = 24 * 60;
constexpr int64_t kWeek = 7 * kDay;

std::vector<std::string> split_cells(std::string_view line) {
    std::vector<std::string> cells(1);
    for (const char c : line) {
        if (c == ',') {
            cells.emplace_back();
        } else if (c != '"') {
            cells.back() += c;
        }
    }
    return cells;
}

std::optional<double> number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

int64_t days_since_1970(int64_t year, int64_t month, int64_t day) {
    using namespace std::chrono;
    const year_month_day date{std::chrono::year(static_cast<int>(year)),
                              std::chrono::month(static_cast<unsigned>(month)),
                              std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) throw std::runtime_error("is no date");
    return sys_days(date).time_since_epoch().count();
}

// Where a table keeps its time.
class TimeColumns {
  public:
    explicit TimeColumns(const TimedTable& table) : table_(table) {
        for (const char* name : {"time", "date", "start"}) {
            if (has(name)) text_ = table.column(name);
        }
        if (text_ != kNone) return;
        if (has("start_unix_s")) {
            unix_ = table.column("start_unix_s");
        } else if (has("day") && has("hour")) {
            day_ = table.column("day");
            hour_ = table.column("hour");
            if (has("year") && has("month")) {
                year_ = table.column("year");
                month_ = table.column("month");
            }
        } else {
            throw std::runtime_error(
                "has no time; name a column time, date, start or start_unix_s, or day and hour");
        }
    }
    int64_t minutes(const std::vector<std::string>& row, int utc_offset_minutes) const {
        if (text_ != kNone) return parse_minutes(row[text_]);
        if (unix_ != kNone) {
            return static_cast<int64_t>(std::floor(whole(row[unix_]) / 60.0)) + utc_offset_minutes;
        }
        const auto hour = static_cast<int64_t>(whole(row[hour_]));
        if (year_ == kNone) return parse_minutes(row[day_]) + hour * 60;
        const auto part = [&](size_t column) { return static_cast<int64_t>(whole(row[column])); };
        return days_since_1970(part(year_), part(month_), part(day_)) * kDay + hour * 60;
    }

  private:
    bool has(std::string_view name) const {
        return std::ranges::find(table_.names, name) != table_.names.end();
    }
    static double whole(const std::string& text) {
        const auto value = number(text);
        if (!value || std::abs(*value) > 1e12) {
            throw std::runtime_error("'" + text + "' is no number of a time");
        }
        return *value;
    }
    static constexpr size_t kNone = SIZE_MAX;
    const TimedTable& table_;
    size_t text_ = kNone;
    size_t unix_ = kNone;
    size_t day_ = kNone;
    size_t hour_ = kNone;
    size_t year_ = kNone;
    size_t month_ = kNone;
};

}  // namespace

size_t TimedTable::column(std::string_view name) const {
    const auto at = std::ranges::find(names, name);
    if (at != names.end()) return static_cast<size_t>(at - names.begin());
    throw std::runtime_error(fmt::format("{}: has no column {}; it has {}", path.string(), name,
                                         fmt::join(names, ", ")));
}

std::vector<double> TimedTable::numbers(std::string_view name) const {
    const size_t index = column(name);
    std::vector<double> values;
    for (const auto& row : rows) {
        values.push_back(number(row[index]).value_or(std::numeric_limits<double>::quiet_NaN()));
    }
    return values;
}

int64_t parse_minutes(std::string_view text) {
    const auto digits = [&](size_t at, size_t count) {
        int64_t value = 0;
        for (size_t i = at; i < at + count; ++i) {
            if (i >= text.size() || text[i] < '0' || text[i] > '9') {
                throw std::runtime_error(
                    fmt::format("'{}' is no time; write YYYY-MM-DD HH:MM", text));
            }
            value = value * 10 + (text[i] - '0');
        }
        return value;
    };
    const auto expect = [&](bool holds) {
        if (!holds)
            throw std::runtime_error(fmt::format("'{}' is no time; write YYYY-MM-DD HH:MM", text));
    };
    expect(text.size() == 10 || text.size() >= 16);
    expect(text[4] == '-' && text[7] == '-');
    const int64_t days = days_since_1970(digits(0, 4), digits(5, 2), digits(8, 2));
    if (text.size() == 10) return days * kDay;
    expect((text[10] == ' ' || text[10] == 'T') && text[13] == ':');
    const int64_t hour = digits(11, 2);
    const int64_t minute = digits(14, 2);
    expect(hour < 24 && minute < 60);
    return days * kDay + hour * 60 + minute;
}

int32_t minute_of_week(int64_t minutes) {
    constexpr int64_t thursday = 3 * kDay;  // 1970-01-01
    return static_cast<int32_t>(((minutes + thursday) % kWeek + kWeek) % kWeek);
}

TimedTable parse_timed_table(std::string_view text, const std::filesystem::path& path,
                             int utc_offset_minutes) {
    TimedTable table;
    table.path = path;
    size_t line_number = 0;
    std::unique_ptr<TimeColumns> time;
    try {
        while (!text.empty()) {
            const size_t end = std::min(text.find('\n'), text.size());
            std::string_view line = text.substr(0, end);
            text.remove_prefix(std::min(end + 1, text.size()));
            ++line_number;
            if (line.ends_with('\r')) line.remove_suffix(1);
            if (line.empty()) continue;
            std::vector<std::string> cells = split_cells(line);
            if (!time) {
                table.names = std::move(cells);
                time = std::make_unique<TimeColumns>(table);
                continue;
            }
            if (cells.size() != table.names.size()) {
                throw std::runtime_error(fmt::format("has {} cells, the first row {}", cells.size(),
                                                     table.names.size()));
            }
            table.minutes.push_back(time->minutes(cells, utc_offset_minutes));
            table.rows.push_back(std::move(cells));
        }
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(
            fmt::format("{}:{}: {}", path.string(), line_number, error.what()));
    }
    if (table.rows.empty()) throw std::runtime_error(path.string() + ": has no rows");
    return table;
}

TimedTable read_timed_table(const std::filesystem::path& path, int utc_offset_minutes) {
    return parse_timed_table(read_text(path), path, utc_offset_minutes);
}

}  // namespace ganglion::train
