#include "train/report/settings.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace ganglion::train {
namespace {

constexpr std::string_view kToml =
    "# top\n[model]\nthreshold = 1\n\n[decision]\nkind = \"class\"\nthreshold = 400       # chosen "
    "by training\n"
    "threshold_note = 5\n\n[action]\ngate_ms = 2000\n";

TEST(Settings, ChangesOneValueAndNothingElse) {
    const auto text = with_setting(kToml, "decision", "threshold", "715");
    EXPECT_EQ(text,
              "# top\n[model]\nthreshold = 1\n\n[decision]\nkind = \"class\"\nthreshold = 715      "
              " # chosen by "
              "training\nthreshold_note = 5\n\n[action]\ngate_ms = 2000\n");
    EXPECT_EQ(with_setting(text, "decision", "threshold", "715"), text);
}

TEST(Settings, AddsAMissingKeyToItsSection) {
    const auto text = with_setting(kToml, "decision", "average", "3");
    EXPECT_NE(text.find("threshold_note = 5\naverage = 3\n\n[action]"), std::string::npos) << text;
    EXPECT_THROW(with_setting(kToml, "budget", "x", "1"), std::runtime_error);
}

TEST(Settings, ASectionGoesWithItsHeader) {
    EXPECT_EQ(without_section(kToml, "decision"),
              "# top\n[model]\nthreshold = 1\n\n[action]\ngate_ms = 2000\n");
    EXPECT_EQ(without_section(kToml, "budget"), kToml);
}

TEST(Settings, FilesAreReplacedWhole) {
    const auto file =
        std::filesystem::temp_directory_path() / (std::to_string(::getpid()) + "settings.toml");
    std::ofstream(file) << kToml;
    write_setting(file, "action", "gate_ms", "1000");
    std::ifstream in(file);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    EXPECT_NE(text.find("gate_ms = 1000"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(file.string() + ".part"));
    std::filesystem::remove(file);
    EXPECT_THROW(write_setting(file, "action", "gate_ms", "1"), std::runtime_error);
    EXPECT_THROW(write_file("/no/such/folder/file", "x"), std::runtime_error);
}

}  // namespace
}  // namespace ganglion::train
