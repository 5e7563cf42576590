#include "bench/engine/measure.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>

#include "compile/chip/toolchain.hpp"
#include "compile/compile.hpp"
#include "model/tflite.hpp"
#include "tests/shared.hpp"

namespace ganglion::bench {
namespace {

namespace fs = std::filesystem;

/// The report's flash is the image's, byte for byte, and its parts are all of it.
TEST(Measure, FlashIsTheImages) {
    GANGLION_NEEDS_SHARED("models/micro_wake_word");
    const model::Graph graph =
        model::read_tflite_file(tests::shared_dir() / "models/micro_wake_word/alexa_v2.tflite");
    const compile::Target target = compile::target_by_name("cortex-m4");
    compile::ModelReport report{"alexa", compile::compile(graph, target).report, {}, {}, {}};
    const fs::path work = fs::path(testing::TempDir()) / "ganglion_measure";
    measure(graph, target, {}, work, true, report);
    ASSERT_TRUE(report.firmware.has_value());
    uint64_t parts = 0;
    for (const compile::FlashPart& part : report.firmware->flash) parts += part.bytes;
    EXPECT_EQ(parts, report.firmware->flash_bytes);
    std::string tool(chip::toolchain_of("cortex-m4").size);
    tool.replace(tool.rfind("size"), 4, "objcopy");
    const fs::path binary = work / "minimal.bin";
    const std::string command =
        tool + " -O binary " + (work / "minimal.elf").string() + " " + binary.string();
    ASSERT_EQ(std::system(command.c_str()), 0);
    EXPECT_EQ(fs::file_size(binary), report.firmware->flash_bytes);
    EXPECT_GE(report.firmware->stack_bytes, report.firmware->touched_stack_bytes);
    EXPECT_LE(report.firmware->stack_bytes, report.firmware->touched_stack_bytes + 48);
    ASSERT_EQ(report.instructions.size(), report.report.layers.size());
    const auto all = static_cast<double>(
        std::accumulate(report.instructions.begin(), report.instructions.end(), uint64_t{0}));
    EXPECT_GT(all, static_cast<double>(report.report.macs));
    // Each layer's estimate stands beside its count.
    for (size_t i = 0; i < report.instructions.size(); ++i) {
        const auto counted = static_cast<double>(report.instructions[i]);
        const auto estimated = static_cast<double>(report.report.layers[i].estimated_instructions);
        EXPECT_NEAR(estimated, counted, 0.03 * counted + 0.001 * all) << "layer " << i;
    }
    fs::remove_all(work);
}

}  // namespace
}  // namespace ganglion::bench
