#include "train/recordings/trials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "train/recordings/manifest.hpp"
#include "train/recordings/table.hpp"

namespace ganglion::train {
namespace {

[[noreturn]] void reject(const std::filesystem::path& file, const std::string& what) {
    throw std::runtime_error(fmt::format("{}: {}", file.string(), what));
}

std::string_view next_line(std::string_view& text) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
}

void split(std::string_view line, std::vector<std::string_view>& cells) {
    cells.clear();
    while (true) {
        const auto comma = line.find(',');
        cells.push_back(line.substr(0, comma));
        if (comma == std::string_view::npos) return;
        line.remove_prefix(comma + 1);
    }
}

class Reader {
  public:
    Reader(const std::filesystem::path& file, const TrialFormat& format)
        : file_(file), format_(format) {}

    std::vector<Trial> read(std::string_view text) {
        split(next_line(text), cells_);
        width_ = cells_.size();
        for (const auto& name : format_.columns) channels_.push_back(place_of(name));
        for (const auto& name : format_.keys) keys_.push_back(place_of(name));
        if (!format_.restarts.empty()) restarts_ = place_of(format_.restarts);
        if (!format_.label.empty()) label_ = place_of(format_.label);
        for (line_ = 2; !text.empty(); ++line_) {
            const std::string_view line = next_line(text);
            if (!line.empty()) read_row(line);
        }
        if (trials_.empty()) reject(file_, "holds no row; a trial needs at least one sample");
        return std::move(trials_);
    }

  private:
    size_t place_of(const std::string& name) const {
        const auto found = std::find(cells_.begin(), cells_.end(), name);
        if (found == cells_.end()) {
            reject(file_, fmt::format("line 1: no column '{}'; name it in the first line", name));
        }
        return static_cast<size_t>(found - cells_.begin());
    }

    double number(size_t place) const {
        double value = 0;
        const std::string_view cell = cells_[place];
        const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
        if (error != std::errc{} || end != cell.data() + cell.size() || !std::isfinite(value)) {
            reject(file_, fmt::format("line {}: '{}' is not a number; write one", line_, cell));
        }
        return value;
    }

    void read_row(std::string_view line) {
        split(line, cells_);
        if (cells_.size() != width_) {
            reject(file_, fmt::format("line {}: {} cells where the first line names {}", line_,
                                      cells_.size(), width_));
        }
        std::string key;
        for (const size_t place : keys_) key += fmt::format(" {}", cells_[place]);
        const double time = format_.restarts.empty() ? 0 : number(restarts_);
        if (trials_.empty() || key != key_ || time < time_) {
            Trial trial;
            trial.name = file_.filename().string() + key;
            if (!format_.label.empty()) trial.label = std::string(cells_[label_]);
            trials_.push_back(std::move(trial));
        }
        key_ = std::move(key);
        time_ = time;
        for (size_t i = 0; i < channels_.size(); ++i) {
            const double unit = format_.unit_per_lsb[format_.unit_per_lsb.size() == 1 ? 0 : i];
            const double steps = std::round(number(channels_[i]) / unit);
            trials_.back().samples.push_back(
                static_cast<int16_t>(std::clamp(steps, -32768.0, 32767.0)));
        }
    }

    const std::filesystem::path& file_;
    const TrialFormat& format_;
    std::vector<std::string_view> cells_;
    size_t width_ = 0;
    std::vector<size_t> channels_;
    std::vector<size_t> keys_;
    size_t restarts_ = 0;
    size_t label_ = 0;
    size_t line_ = 1;
    std::string key_;
    double time_ = 0;
    std::vector<Trial> trials_;
};

/// Manifests of persons say `subject`.
std::vector<Recording> recordings_in(const std::filesystem::path& manifest) {
    std::string text = read_text(manifest);
    const auto end = text.find('\n');
    const std::string header = text.substr(0, end);
    if ((',' + header + ',').find(",group,") == std::string::npos) {
        const auto at = header.find("subject,");
        if (at != std::string::npos) text.replace(at, 7, "group");
    }
    auto recordings = parse_manifest(text, manifest);
    // Files may be counted from the folder that holds the manifest's.
    const auto above = manifest.parent_path().parent_path();
    for (Recording& recording : recordings) {
        const auto other = above / recording.path.lexically_relative(manifest.parent_path());
        if (!std::filesystem::exists(recording.path) && std::filesystem::exists(other)) {
            recording.path = other;
        }
    }
    return recordings;
}

}  // namespace

std::vector<Trial> parse_trials(std::string_view text, const std::filesystem::path& file,
                                const TrialFormat& format) {
    if (format.columns.empty() || format.unit_per_lsb.empty()) {
        reject(file, "no column is asked for; name one a channel and its unit");
    }
    return Reader(file, format).read(text);
}

std::vector<Trial> read_trials(const std::filesystem::path& manifest, std::string_view under,
                               const TrialFormat& format) {
    std::vector<Trial> all;
    const std::string inside = "/" + std::string(under);
    for (const Recording& recording : recordings_in(manifest)) {
        if (recording.path.generic_string().find(inside) == std::string::npos) continue;
        auto trials = parse_trials(read_text(recording.path), recording.path, format);
        for (Trial& trial : trials) {
            trial.group = recording.group;
            trial.split = recording.split;
            if (format.label.empty()) trial.label = recording.label;
            all.push_back(std::move(trial));
        }
    }
    if (all.empty()) reject(manifest, fmt::format("names no recording under '{}'", under));
    return all;
}

}  // namespace ganglion::train
