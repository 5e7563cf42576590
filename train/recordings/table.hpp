#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ganglion::train {

/// Numbers of a CSV file, column by column. Columns have names when the first row holds any word.
struct Table {
    std::vector<std::string> names;            ///< empty when the file has no header
    std::vector<std::vector<double>> columns;  ///< all of equal length
};

/// The whole text of a file, unpacked when it is gzip. Throws std::runtime_error when it cannot be
/// read, the gzip stream ends early, or it unpacks to more than `limit_bytes`.
std::string read_text(const std::filesystem::path& path, size_t limit_bytes = size_t{1} << 30);

/// Parses comma-separated numbers; a first row with words in it is the header. `name` stands in
/// messages. Throws std::runtime_error naming file, line and what to do for a word where a number
/// should be, a row of another length, or no rows at all.
Table parse_table(std::string_view text, const std::filesystem::path& name);

/// parse_table over a `.csv` or `.csv.gz` file.
Table read_table(const std::filesystem::path& path);

struct VibrationFormat {
    double file_rate_hz = 0;            ///< sampling rate of the file; 0 = the same as the sensor's
    std::optional<std::string> column;  ///< column name; default: the only or the first column
};

/// Reads one column of acceleration in g and turns it into sensor counts: resampled to `rate_hz`, 1
/// count = `unit_per_lsb` g, clipped to int16 as the converter would. Throws std::runtime_error as
/// read_table does, and when the wanted column does not exist.
std::vector<int16_t> read_vibration_csv(const std::filesystem::path& path, double rate_hz,
                                        double unit_per_lsb, const VibrationFormat& format = {});

}  // namespace ganglion::train
