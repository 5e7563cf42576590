#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ganglion::train {

/// A CSV of a slow sensor or a log: rows at times, cells as text.
struct TimedTable {
    std::filesystem::path path;
    std::vector<std::string> names;
    std::vector<std::vector<std::string>> rows;
    std::vector<int64_t> minutes;  ///< of each row, local time: minutes since 1970-01-01 00:00

    /// Index of a column; throws std::runtime_error with file and column names where there is none.
    size_t column(std::string_view name) const;
    /// A column's numbers; NaN for an empty cell or one that is no number.
    std::vector<double> numbers(std::string_view name) const;
};

/// Reads a .csv or .csv.gz whose first row names the columns. The time stands in `time`, `date`,
/// `start` ("2011-11-28 02:27:59", "2017-01-01 01:00", "2018-07-01"), in `day` and `hour`, in
/// `year`, `month`, `day`, `hour`, or in `start_unix_s` (UTC; `utc_offset_minutes` are added).
/// Throws std::runtime_error with file, line and what is wrong.
TimedTable read_timed_table(const std::filesystem::path& path, int utc_offset_minutes = 0);

/// The same for a text; `path` stands in messages.
TimedTable parse_timed_table(std::string_view text, const std::filesystem::path& path,
                             int utc_offset_minutes = 0);

/// Minutes since 1970-01-01 00:00 of "YYYY-MM-DD[ HH:MM[:SS]]" (a T may stand for the blank).
/// Throws std::runtime_error for any other text.
int64_t parse_minutes(std::string_view text);

/// 0: Monday 00:00, .. 10079.
int32_t minute_of_week(int64_t minutes);

}  // namespace ganglion::train
