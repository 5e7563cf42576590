#include "train/recordings/manifest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <stdexcept>

#include "train/recordings/table.hpp"

namespace ganglion::train {
namespace {

constexpr std::array<std::string_view, 4> kNeededColumns{"file", "label", "group", "split"};

[[noreturn]] void reject(const std::filesystem::path& name, std::string_view what) {
    throw std::runtime_error(fmt::format("{}: {}", name.string(), what));
}

/// RFC 4180 cells of one line: quotes protect commas, a doubled quote is a quote.
std::vector<std::string> cells_of(std::string_view line) {
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
            cells.back() += '"';
            ++i;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            cells.emplace_back();
        } else if (c != '\r') {
            cells.back() += c;
        }
    }
    return cells;
}

uint64_t fnv1a(std::string_view text) {
    uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return hash;
}

}  // namespace

std::vector<Recording> parse_manifest(std::string_view text, const std::filesystem::path& name) {
    std::vector<std::string> header;
    std::vector<Recording> all;
    for (size_t line_number = 1; !text.empty(); ++line_number) {
        const auto end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty() || line == "\r") continue;
        auto cells = cells_of(line);
        if (header.empty()) {
            for (const auto column : kNeededColumns) {
                if (std::find(cells.begin(), cells.end(), column) == cells.end()) {
                    reject(name,
                           fmt::format("line {}: no column '{}'; a manifest starts with a line "
                                       "naming at least file,label,group,split",
                                       line_number, column));
                }
            }
            header = std::move(cells);
            continue;
        }
        if (cells.size() != header.size()) {
            reject(name,
                   fmt::format("line {}: {} cells where the header names {}; put cells with commas "
                               "in quotes",
                               line_number, cells.size(), header.size()));
        }
        Recording recording;
        for (size_t i = 0; i < cells.size(); ++i) {
            if (header[i] == "file") {
                recording.path = name.parent_path() / cells[i];
            } else if (header[i] == "label") {
                recording.label = cells[i];
            } else if (header[i] == "group") {
                recording.group = cells[i];
            } else if (header[i] == "split") {
                recording.split = cells[i];
            } else {
                recording.others[header[i]] = cells[i];
            }
        }
        all.push_back(std::move(recording));
    }
    if (all.empty()) reject(name, "names no recordings");
    return all;
}

std::vector<std::string> groups_in_two_splits(const std::vector<Recording>& all) {
    std::map<std::string, std::set<std::string>> splits;
    for (const auto& recording : all) splits[recording.group].insert(recording.split);
    std::vector<std::string> shared;
    for (const auto& [group, names] : splits) {
        if (names.size() > 1 && group != kUnknownGroup) shared.push_back(group);
    }
    return shared;
}

std::vector<Recording> read_manifest(const std::filesystem::path& path) {
    return parse_manifest(read_text(path), path);
}

std::vector<Recording> read_class_folders(const std::filesystem::path& folder) {
    if (!std::filesystem::is_directory(folder)) {
        reject(folder, "is not a folder; give a folder with one sub-folder per class");
    }
    std::vector<Recording> all;
    for (const auto& label : std::filesystem::directory_iterator(folder)) {
        if (!label.is_directory()) continue;
        for (const auto& file : std::filesystem::directory_iterator(label)) {
            if (!file.is_regular_file()) continue;
            const auto name = file.path().filename().string();
            const uint64_t hundredth = fnv1a(name) % 100;
            all.push_back({file.path(),
                           label.path().filename().string(),
                           name,
                           hundredth < 70   ? "train"
                           : hundredth < 85 ? "val"
                                            : "test",
                           {}});
        }
    }
    if (all.empty()) {
        reject(folder,
               "holds no sub-folders with recordings; put each class into a folder of its name");
    }
    std::sort(all.begin(), all.end(),
              [](const Recording& a, const Recording& b) { return a.path < b.path; });
    return all;
}

std::vector<Recording> find_recordings(const std::filesystem::path& folder,
                                       const std::vector<std::string>& endings) {
    if (!std::filesystem::is_directory(folder)) {
        reject(folder, "is not a folder; give the folder that holds the manifests");
    }
    std::vector<std::filesystem::path> manifests;
    auto entries = std::filesystem::recursive_directory_iterator(folder);
    for (const auto& entry : entries) {
        if (entry.is_directory() && entries.depth() >= 1) entries.disable_recursion_pending();
        if (entry.is_regular_file() && entry.path().filename().string().ends_with("manifest.csv")) {
            manifests.push_back(entry.path());
        }
    }
    std::sort(manifests.begin(), manifests.end());
    std::vector<Recording> all;
    for (const auto& manifest : manifests) {
        const std::string text = read_text(manifest);
        const auto header = cells_of(std::string_view(text).substr(0, text.find('\n')));
        const auto has = [&](std::string_view column) {
            return std::find(header.begin(), header.end(), column) != header.end();
        };
        if (!std::all_of(kNeededColumns.begin(), kNeededColumns.end(), has)) continue;
        for (auto& recording : parse_manifest(text, manifest)) {
            const std::string name = recording.path.string();
            if (std::any_of(endings.begin(), endings.end(),
                            [&](const std::string& ending) { return name.ends_with(ending); })) {
                all.push_back(std::move(recording));
            }
        }
    }
    if (all.empty()) {
        reject(folder,
               "no manifest.csv with recordings of the needed kind in it or one level below");
    }
    return all;
}

std::vector<Recording> of_split(const std::vector<Recording>& all, std::string_view split) {
    std::vector<Recording> chosen;
    std::copy_if(all.begin(), all.end(), std::back_inserter(chosen),
                 [&](const Recording& r) { return r.split == split; });
    return chosen;
}

std::vector<Recording> without_phrases_of(std::string_view word, std::vector<Recording> all) {
    const std::string wanted = fmt::format("_{}_", word);
    std::erase_if(all, [&](const Recording& r) {
        return r.label != word && fmt::format("_{}_", r.label).find(wanted) != std::string::npos;
    });
    return all;
}

}  // namespace ganglion::train
