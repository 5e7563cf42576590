#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ganglion::train {

/// One recording of a set: where it is, what it is, and on which side of the split it stands.
struct Recording {
    std::filesystem::path path;
    std::string label;
    std::string group;                          ///< person, machine or source
    std::string split;                          ///< "train", "val" or "test"
    std::map<std::string, std::string> others;  ///< every further column of the manifest
};

/// Reads `manifest.csv`: a header line with at least file, label, group and split; quoted cells may
/// hold commas. Paths are relative to the manifest's folder. Throws std::runtime_error with file,
/// line and what to do when a column is missing or a row has another length.
std::vector<Recording> read_manifest(const std::filesystem::path& path);

/// The parsing step of read_manifest; `name` gives the folder and stands in messages.
std::vector<Recording> parse_manifest(std::string_view text, const std::filesystem::path& name);

/// What a manifest writes for the group of a recording that nobody knows the source of: recordings
/// that bear it have nothing in common.
constexpr std::string_view kUnknownGroup = "unknown";

/// Groups that stand in more than one split, sorted; kUnknownGroup is none. Not an error, because
/// some sets split one recording by time, but a report that claims "unseen people" must name them.
std::vector<std::string> groups_in_two_splits(const std::vector<Recording>& all);

/// A folder with one sub-folder per class. No manifest says who recorded what, so each file is its
/// own group and the split goes by a hash of the file name: 70 % train, 15 % val, 15 % test. Sorted
/// by path. Throws std::runtime_error when the folder has no sub-folder with files.
std::vector<Recording> read_class_folders(const std::filesystem::path& folder);

/// Every manifest (`manifest.csv` or `*_manifest.csv`) in `folder` or one level below it, read in
/// sorted order; kept are the rows whose file name ends with one of `endings` (".wav"). Manifests
/// of other kinds, without the columns file, label, group and split, are passed over. Throws
/// std::runtime_error when nothing is found.
std::vector<Recording> find_recordings(const std::filesystem::path& folder,
                                       const std::vector<std::string>& endings);

/// The recordings of one split.
std::vector<Recording> of_split(const std::vector<Recording>& all, std::string_view split);

/// Those that can judge `word` or teach it: without the ones whose label has it among other words,
/// as "hey_computer" has "computer". They say the word, but not as the word's own recordings do.
std::vector<Recording> without_phrases_of(std::string_view word, std::vector<Recording> all);

}  // namespace ganglion::train
