#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "compile/bundle_features.hpp"
#include "compile/chip/toolchain.hpp"
#include "paths.hpp"
#include "project/project.hpp"
#include "project/testing/random_samples.hpp"

// The feature blocks of every application give on each emulated processor the bits that they give
// here, where models are trained.

namespace ganglion::chip {
namespace {

namespace fs = std::filesystem;

constexpr size_t kSamples = 12'000;  // of a channel

std::vector<project::Project> all_projects() {
    std::vector<fs::path> files;
    for (const auto& file :
         fs::recursive_directory_iterator(fs::path(GANGLION_SOURCE_DIR) / "apps")) {
        if (file.path().extension() == ".toml") files.push_back(file.path());
    }
    std::sort(files.begin(), files.end());
    std::vector<project::Project> projects;
    for (const fs::path& file : files) projects.push_back(project::read(file));
    return projects;
}

/// Loud, then soft, then silent: carries, rounding and the logarithm of nothing.
std::vector<int16_t> samples_for(const project::Project& project, uint32_t seed) {
    const size_t count = kSamples * project.sensor.channels;
    std::vector<int16_t> samples = tests::random_samples(count, 32'000, seed);
    for (size_t i = count / 3; i < count; ++i) samples[i] /= 1024;
    std::fill(samples.begin() + static_cast<std::ptrdiff_t>(count / 6 * 5), samples.end(), 0);
    return samples;
}

class FeaturesOnChip : public testing::TestWithParam<Toolchain> {};

TEST_P(FeaturesOnChip, EqualTheHosts) {
    const fs::path folder =
        fs::path(testing::TempDir()) / ("ganglion_features_" + std::string(GetParam().target));
    fs::create_directories(folder);
    std::ofstream cases(folder / "cases.bin", std::ios::binary);
    const auto write = [&](const auto& values) {
        cases.write(reinterpret_cast<const char*>(values.data()),
                    static_cast<std::streamsize>(values.size() * sizeof values[0]));
    };
    std::vector<std::pair<std::string, std::vector<int16_t>>> expected;
    size_t blocks_heard = 0;
    for (const project::Project& project : all_projects()) {
        const auto section = compile::feature_section(project);
        const auto samples = samples_for(project, static_cast<uint32_t>(expected.size()));
        write(std::vector<uint32_t>{static_cast<uint32_t>(section.size()),
                                    static_cast<uint32_t>(samples.size())});
        write(section);
        write(samples);
        expected.emplace_back(project.application.name,
                              compile::raw_feature_frames(project, samples));
        blocks_heard += expected.back().second.empty() ? 0 : 1;
    }
    cases.close();
    EXPECT_GE(blocks_heard + 1, expected.size()) << "blocks that said nothing";
    const std::string command = fmt::format(
        "{} {} -semihosting-config enable=on,target=native,arg=features,arg={},arg={} </dev/null",
        GetParam().emulator, GetParam().features_runner, (folder / "cases.bin").string(),
        (folder / "frames.bin").string());
    ASSERT_EQ(std::system(command.c_str()), 0);
    std::ifstream file(folder / "frames.bin", std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    std::vector<int16_t> frames(bytes.size() / sizeof(int16_t));
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(frames.data()));
    auto at = frames.begin();
    for (const auto& [name, values] : expected) {
        ASSERT_GE(static_cast<size_t>(frames.end() - at), values.size()) << name;
        EXPECT_TRUE(std::equal(values.begin(), values.end(), at)) << name;
        at += static_cast<std::ptrdiff_t>(values.size());
    }
    EXPECT_EQ(at, frames.end());
    fs::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Chips, FeaturesOnChip, testing::ValuesIn(kToolchains),
                         [](const auto& parameter) {
                             std::string name(parameter.param.target);
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

}  // namespace
}  // namespace ganglion::chip
