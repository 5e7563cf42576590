#include "train/recordings/heart_records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <stdexcept>

#include "train/recordings/table.hpp"

namespace ganglion::train {

namespace {

// PhysioNet places the marks of a flutter at its first and last wave.
constexpr double kFlutterMarginSeconds = 0.15;

[[noreturn]] void reject(const std::filesystem::path& file, size_t line, const std::string& what) {
    throw std::runtime_error(fmt::format("{}:{}: {}", file.string(), line, what));
}

std::vector<std::string_view> cells_of(std::string_view line) {
    std::vector<std::string_view> cells;
    size_t begin = 0;
    bool quoted = false;
    for (size_t i = 0; i <= line.size(); ++i) {
        if (i < line.size() && line[i] == '"') quoted = !quoted;
        if (i < line.size() && (line[i] != ',' || quoted)) continue;
        cells.push_back(line.substr(begin, i - begin));
        begin = i + 1;
    }
    return cells;
}

// Rows of words under a header, each as column: cell.
class Rows {
  public:
    Rows(std::string_view text, std::filesystem::path name) : text_(text), name_(std::move(name)) {
        header_ = cells_of(line());
    }

    bool next() {
        if (text_.empty()) return false;
        cells_ = cells_of(line());
        if (cells_.size() != header_.size()) {
            fail(fmt::format("has {} cells, the header has {}", cells_.size(), header_.size()));
        }
        return true;
    }

    std::string_view operator[](std::string_view column) const {
        const auto place = std::ranges::find(header_, column);
        if (place == header_.end()) {
            fail(fmt::format("there is no column '{}'; add it to the header", column));
        }
        return cells_[static_cast<size_t>(place - header_.begin())];
    }

    uint64_t number(std::string_view column) const {
        const std::string_view cell = (*this)[column];
        uint64_t value = 0;
        const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
        if (error != std::errc() || end != cell.data() + cell.size()) {
            fail(fmt::format("'{}' is no whole number; {} needs one", cell, column));
        }
        return value;
    }

    [[noreturn]] void fail(const std::string& what) const { reject(name_, line_, what); }

  private:
    std::string_view line() {
        ++line_;
        const size_t end = std::min(text_.find('\n'), text_.size());
        std::string_view line = text_.substr(0, end);
        text_.remove_prefix(std::min(end + 1, text_.size()));
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        return line;
    }

    std::string_view text_;
    std::filesystem::path name_;
    std::vector<std::string_view> header_;
    std::vector<std::string_view> cells_;
    size_t line_ = 0;
};

std::optional<BeatClass> class_of(std::string_view aami) {
    static const std::map<std::string_view, BeatClass> classes = {
        {"N", BeatClass::normal},
        {"S", BeatClass::supraventricular},
        {"V", BeatClass::ventricular},
        {"F", BeatClass::fusion},
        {"Q", BeatClass::unknown}};
    const auto place = classes.find(aami);
    return place == classes.end() ? std::nullopt : std::optional(place->second);
}

std::vector<int16_t> read_samples(const std::filesystem::path& path) {
    const Table table = read_table(path);
    std::vector<int16_t> samples;
    samples.reserve(table.columns.front().size());
    for (const double value : table.columns.front())
        samples.push_back(static_cast<int16_t>(std::clamp(std::round(value), -32768.0, 32767.0)));
    return samples;
}

}  // namespace

std::string_view HeartRecord::rhythm_at(uint64_t sample) const {
    const auto after = std::ranges::upper_bound(rhythms, sample, {}, &RhythmChange::sample);
    return after == rhythms.begin() ? std::string_view() : std::prev(after)->rhythm;
}

bool HeartRecord::in_flutter(uint64_t sample) const {
    return std::ranges::any_of(flutter, [&](const SampleRange& range) {
        return sample >= range.begin && sample < range.end;
    });
}

void parse_beats(std::string_view text, const std::filesystem::path& name, HeartRecord& record) {
    Rows rows(text, name);
    const auto margin = static_cast<uint64_t>(kFlutterMarginSeconds * record.rate_hz);
    uint64_t flutter = 0;  // where one begins
    bool fluttering = false;
    uint64_t last = 0;
    while (rows.next()) {
        const uint64_t sample = rows.number("sample");
        if (sample < last) rows.fail("lies before the row above it; sort the rows by sample");
        last = sample;
        const std::string_view symbol = rows["symbol"];
        if (symbol == "[") {
            flutter = sample - std::min(sample, margin);
            fluttering = true;
        }
        if (symbol == "]" && fluttering) {
            record.flutter.push_back({flutter, sample + margin});
            fluttering = false;
        }
        if (symbol == "+") record.rhythms.push_back({sample, std::string(rows["rhythm"])});
        if (const auto kind = class_of(rows["aami"])) record.beats.push_back({sample, *kind});
    }
    if (fluttering) record.flutter.push_back({flutter, UINT64_MAX});
}

std::vector<HeartRecord> read_heart_records(const std::filesystem::path& folder,
                                            std::string_view split) {
    const auto manifest = folder / "manifest.csv";
    const std::string text = read_text(manifest);
    Rows rows(text, manifest);
    std::vector<HeartRecord> records;
    while (rows.next()) {
        if (!split.empty() && rows["split"] != split) continue;
        HeartRecord record;
        const std::filesystem::path file(rows["file"]);
        const std::filesystem::path beats(rows["beats_file"]);
        record.name = file.filename().string().substr(0, file.filename().string().find('.'));
        record.subject = rows["subject"];
        record.split = rows["split"];
        record.paced = rows["paced"] == "yes";
        record.rate_hz = static_cast<uint32_t>(rows.number("rate_hz"));
        record.samples = read_samples(folder / file);
        parse_beats(read_text(folder / beats), folder / beats, record);
        records.push_back(std::move(record));
    }
    if (records.empty()) {
        throw std::runtime_error(
            fmt::format("{}: has no record of split '{}'", manifest.string(), split));
    }
    return records;
}

}  // namespace ganglion::train
