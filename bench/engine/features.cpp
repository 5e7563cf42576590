#include "bench/engine/features.hpp"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <numeric>
#include <optional>
#include <stdexcept>

#include "bench/engine/emulation.hpp"
#include "compile/bundle_features.hpp"
#include "paths.hpp"
#include "project/project.hpp"
#include "project/testing/random_samples.hpp"

namespace ganglion::bench {
namespace {

namespace fs = std::filesystem;

constexpr size_t kSeconds = 4;
constexpr uint32_t kAmplitude = 8000;

struct Block {
    const char* name;
    const char* project;
    std::optional<double> peer, goal;  ///< on Cortex-M4F
};
/// The peer: 82,017 instructions for each 10 ms, measured on Cortex-M4F.
constexpr std::array<Block, 2> kBlocks{{
    {"log_mel of wake_word", "apps/wake_word/ganglion.toml", 8'201'700, 0.2},
    {"spectrum_bands of machine", "apps/machine/ganglion.toml", {}, {}},
}};
constexpr const char* kFrontEnd = "the front end of microWakeWord, recorded baseline";
constexpr std::string_view kPeerTarget = "cortex-m4";

double instructions_a_second(const chip::Toolchain& toolchain, const fs::path& work,
                             const project::Project& project) {
    const auto section = compile::feature_section(project);
    const auto& sensor = project.sensor;
    const auto samples = tests::random_samples(
        kSeconds * static_cast<size_t>(sensor.samples_per_second()) * sensor.channels, kAmplitude,
        1);
    const fs::path cases = work / "features.bin";
    std::ofstream file(cases, std::ios::binary);
    const std::array<uint32_t, 2> sizes = {static_cast<uint32_t>(section.size()),
                                           static_cast<uint32_t>(samples.size())};
    file.write(reinterpret_cast<const char*>(sizes.data()), sizeof sizes);
    file.write(reinterpret_cast<const char*>(section.data()),
               static_cast<std::streamsize>(section.size()));
    file.write(reinterpret_cast<const char*>(samples.data()),
               static_cast<std::streamsize>(samples.size() * sizeof samples[0]));
    if (!file.flush()) throw std::runtime_error(cases.string() + ": cannot write");
    const auto counts = counted(
        toolchain, work, std::string(toolchain.features_runner),
        fmt::format("arg=features,arg={},arg={}", cases.string(), (work / "frames.bin").string()));
    return static_cast<double>(std::accumulate(counts.begin(), counts.end(), uint64_t{0})) /
           kSeconds;
}

}  // namespace

std::vector<Row> bench_features(const chip::Toolchain& toolchain, const fs::path& work) {
    fs::create_directories(work);
    std::vector<Row> rows;
    for (const Block& block : kBlocks) {
        const auto project = project::read(fs::path(GANGLION_SOURCE_DIR) / block.project);
        const bool is_compared = block.peer && toolchain.target == kPeerTarget;
        rows.push_back({"engine", fmt::format("{} a second, {}", block.name, toolchain.target),
                        instructions_a_second(toolchain, work, project), "instructions",
                        is_compared ? kFrontEnd : "", is_compared ? block.peer : std::nullopt,
                        is_compared ? block.goal : std::nullopt});
    }
    return rows;
}

}  // namespace ganglion::bench
