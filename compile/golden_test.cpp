#include "compile/testing/golden.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "compile/compile.hpp"
#include "compile/testing/kernel_paths.hpp"
#include "device/program/program.hpp"
#include "model/tflite.hpp"

// Every reference model, run as a program on this machine, must give the reference kernels' outputs
// bit for bit.

namespace ganglion::compile {
namespace {

using Json = nlohmann::json;

/// First layer whose output differs from the reference's for input 0, all layers computed whole;
/// empty when all agree.
std::string first_wrong_layer(const model::Graph& graph, const Target& target,
                              const Golden& golden) {
    const CompiledModel compiled = compile(graph, target, {.ram_bytes = UINT32_MAX});
    Program program;
    EXPECT_EQ(program.load(compiled.program), Status::ok);
    const Json& about = golden.entry["layers"];
    std::ifstream file(tests::shared_dir() / about["index"].get<std::string>());
    const Json index = Json::parse(file);
    const std::vector<int8_t> expected =
        read_values(tests::shared_dir() / about["file"].get<std::string>());
    std::vector<Json> layers;
    for (const Json& layer : index) {
        if (layer["op"] != "RESHAPE") layers.push_back(layer);
    }
    std::vector<int8_t> arena(program.arena_bytes());
    for (size_t i = 0; i < layers.size() && i < compiled.report.layers.size(); ++i) {
        std::memcpy(arena.data() + program.input().offset, golden.inputs.data(),
                    program.input().bytes);
        program.run_until(arena, static_cast<uint32_t>(i + 1));
        const LayerReport& layer = compiled.report.layers[i];
        if (layer.output_bytes != layers[i]["bytes"]) continue;  // channels were removed
        if (std::memcmp(arena.data() + layer.output_offset,
                        expected.data() + layers[i]["offset"].get<size_t>(),
                        layer.output_bytes) != 0) {
            return "operation " + std::to_string(i) + " (" + layer.operation + ")";
        }
    }
    return "";
}

/// How many of the reference's outputs the program does not give.
size_t wrong_outputs(const Program& program, const Golden& golden) {
    std::vector<int8_t> arena(program.arena_bytes());
    size_t wrong = 0;
    for (size_t i = 0; i < golden.count; ++i) {
        std::memcpy(arena.data() + program.input().offset,
                    golden.inputs.data() + i * program.input().bytes, program.input().bytes);
        program.run(arena);
        wrong += std::memcmp(arena.data() + program.output().offset,
                             golden.outputs.data() + i * program.output().bytes,
                             program.output().bytes) != 0;
    }
    return wrong;
}

/// A model and the target it is compiled for: every target's operations give the same bits here,
/// whatever kernels run them.
class ReferenceModel : public testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(ReferenceModel, EqualsTheReferenceBitForBit) {
    const auto [model, target] = GetParam();
    GANGLION_NEEDS_SHARED(model);
    const Golden golden = read_golden(model);
    const model::Graph graph = model::read_tflite_file(tests::shared_dir() / model);
    const CompiledModel compiled = compile(graph, target_by_name(target));
    Program program;
    ASSERT_EQ(program.load(compiled.program), Status::ok);
    ASSERT_EQ(golden.inputs.size(), golden.count * program.input().bytes);
    ASSERT_EQ(golden.outputs.size(), golden.count * program.output().bytes);

    for_each_kernel_path([&](const std::string& path) {
        EXPECT_EQ(first_wrong_layer(graph, target_by_name(target), golden), "") << path;
        EXPECT_EQ(wrong_outputs(program, golden), 0U) << "of " << golden.count << ", " << path;
    });
    EXPECT_GE(compiled.report.arena_bytes, compiled.report.arena_lower_bound);
    EXPECT_TRUE(compiled.report.arena_is_optimal);
    RecordProperty("report", to_text(compiled.report));
}

INSTANTIATE_TEST_SUITE_P(
    Golden, ReferenceModel,
    testing::Combine(testing::Values("models/mlperf_tiny/kws_dscnn_int8.tflite",
                                     "models/mlperf_tiny/ic_resnet8_int8.tflite",
                                     "models/mlperf_tiny/ad_autoencoder_int8.tflite",
                                     "models/mlperf_tiny/vww_mobilenetv1_025_96_int8.tflite",
                                     "models/mlperf_tiny/sww_dscnn1d_int8.tflite",
                                     "models/tflm/hello_world_int8.tflite",
                                     "models/tflm/micro_speech_int8.tflite",
                                     "models/tflm/person_detect_int8.tflite"),
                     testing::Values("portable", "cortex-m3", "cortex-m4", "x86-64")),
    [](const auto& parameter) {
        std::string name = std::filesystem::path(std::get<0>(parameter.param)).stem().string() +
                           "_" + std::get<1>(parameter.param);
        std::replace(name.begin(), name.end(), '-', '_');
        return name;
    });

}  // namespace
}  // namespace ganglion::compile
