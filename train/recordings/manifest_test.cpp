#include "train/recordings/manifest.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "tests/shared.hpp"

namespace ganglion::train {
namespace {

constexpr std::string_view kGood =
    "file,label,group,split,note\n"
    "a/1.wav,yes,ann,train,\"loud, clear\"\n"
    "a/2.wav,no,bob,test,\n";

std::string error_of(std::string_view text) {
    try {
        parse_manifest(text, "set/manifest.csv");
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

TEST(Manifest, ReadsRowsQuotesAndPaths) {
    const auto all = parse_manifest(kGood, "set/manifest.csv");
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].path, "set/a/1.wav");
    EXPECT_EQ(all[0].others.at("note"), "loud, clear");
    EXPECT_EQ(of_split(all, "test").size(), 1U);
    EXPECT_EQ(of_split(all, "test")[0].group, "bob");
}

TEST(Manifest, ErrorsNameLineAndColumn) {
    EXPECT_NE(error_of("file,label,split\n").find("line 1: no column 'group'"), std::string::npos);
    EXPECT_NE(
        error_of("file,label,group,split\na,b\n").find("line 2: 2 cells where the header names 4"),
        std::string::npos);
    EXPECT_NE(error_of("").find("names no recordings"), std::string::npos);
}

TEST(Manifest, FindsGroupsInTwoSplits) {
    auto all = parse_manifest(kGood, "set/manifest.csv");
    EXPECT_TRUE(groups_in_two_splits(all).empty());
    all.push_back(all[0]);
    all.back().split = "test";
    EXPECT_EQ(groups_in_two_splits(all), std::vector<std::string>{"ann"});
}

TEST(Manifest, LeavesOutPhrasesOfTheWord) {
    const auto all = parse_manifest(
        "file,label,group,split\na.wav,computer,a,test\nb.wav,hey_computer,a,test\n"
        "c.wav,computers,a,test\nd.wav,speech,a,test\ne.wav,computer_on,a,test\n",
        "/data/manifest.csv");
    std::vector<std::string> labels;
    for (const auto& recording : without_phrases_of("computer", all))
        labels.push_back(recording.label);
    EXPECT_EQ(labels, (std::vector<std::string>{"computer", "computers", "speech"}));
    EXPECT_EQ(without_phrases_of("smart_mirror", all).size(), all.size());
}

TEST(ClassFolders, LabelsByFolderAndSplitsByName) {
    const auto folder =
        std::filesystem::temp_directory_path() / (std::to_string(::getpid()) + "classes");
    for (const char* label : {"fan", "pump"}) {
        std::filesystem::create_directories(folder / label);
        for (int i = 0; i < 60; ++i)
            std::ofstream(folder / label / (std::to_string(i) + ".wav")) << "x";
    }
    const auto all = read_class_folders(folder);
    EXPECT_EQ(all.size(), 120U);
    EXPECT_EQ(all.front().label, "fan");
    EXPECT_EQ(all.back().label, "pump");
    for (const char* split : {"train", "val", "test"})
        EXPECT_FALSE(of_split(all, split).empty()) << split;
    EXPECT_GT(of_split(all, "train").size(), 60U);
    EXPECT_TRUE(groups_in_two_splits(all).empty()) << "the same name must fall on the same side";
    std::filesystem::remove_all(folder);
    EXPECT_THROW(read_class_folders(folder), std::runtime_error);
}

TEST(FindRecordings, SharedSoundsHaveAllSplits) {
    GANGLION_NEEDS_SHARED("data/wake_word");
    const auto all = find_recordings(tests::shared_dir() / "data", {".wav", ".flac"});
    EXPECT_GT(all.size(), 3000U);
    size_t words = 0;
    for (const auto& recording : of_split(all, "test")) words += recording.label == "alexa" ? 1 : 0;
    EXPECT_EQ(words, 32U);
    EXPECT_THROW(find_recordings(tests::shared_dir() / "data", {".nothing"}), std::runtime_error);
}

}  // namespace
}  // namespace ganglion::train
