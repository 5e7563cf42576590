#include "compile/passes/only_class.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "compile/compile.hpp"
#include "compile/testing/golden.hpp"
#include "compile/testing/random_graph.hpp"
#include "device/program/program.hpp"
#include "model/tflite.hpp"

namespace ganglion::compile {
namespace {

/// Runs a program whose output is a class.
class Classifier {
  public:
    explicit Classifier(const model::Graph& graph) {
        CompileOptions options;
        options.only_class = true;
        compiled_ = compile(graph, target_by_name("cortex-m4"), options);
        EXPECT_EQ(program_.load(compiled_.program), Status::ok);
        arena_.resize(program_.arena_bytes());
    }

    size_t operator()(const int8_t* input) {
        std::memcpy(arena_.data() + program_.input().offset, input, program_.input().bytes);
        program_.run(arena_);
        int32_t index = -1;
        EXPECT_EQ(program_.output().bytes, sizeof index);
        std::memcpy(&index, arena_.data() + program_.output().offset, sizeof index);
        return static_cast<size_t>(index);
    }

    uint32_t input_bytes() const { return program_.input().bytes; }
    const Report& report() const { return compiled_.report; }

  private:
    CompiledModel compiled_;
    Program program_;
    std::vector<int8_t> arena_;
};

class OnlyClass : public testing::TestWithParam<const char*> {};

/// The class has the largest of the reference's outputs, for every input.
TEST_P(OnlyClass, IsTheReferencesLargestOutput) {
    GANGLION_NEEDS_SHARED(GetParam());
    const model::Graph graph = model::read_tflite_file(tests::shared_dir() / GetParam());
    const Golden golden = read_golden(GetParam());
    Classifier class_of(graph);
    for (const LayerReport& layer : class_of.report().layers) EXPECT_NE(layer.operation, "softmax");
    const size_t classes = golden.outputs.size() / golden.count;
    for (size_t i = 0; i < golden.count; ++i) {
        const auto* outputs = golden.outputs.data() + i * classes;
        const size_t index = class_of(golden.inputs.data() + i * class_of.input_bytes());
        ASSERT_LT(index, classes);
        EXPECT_EQ(outputs[index], *std::max_element(outputs, outputs + classes)) << "input " << i;
    }
}

INSTANTIATE_TEST_SUITE_P(Models, OnlyClass,
                         testing::Values("models/mlperf_tiny/kws_dscnn_int8.tflite",
                                         "models/mlperf_tiny/ic_resnet8_int8.tflite",
                                         "models/mlperf_tiny/vww_mobilenetv1_025_96_int8.tflite"));

TEST(OnlyClass, AsksLogitsToo) {
    for (uint32_t seed = 1; seed <= 50; ++seed) {
        RandomGraph random(seed);
        const int32_t row = random.begin({1, 1, 1, 12});
        const model::Graph graph = random.finish(random.dense(row));
        if (graph.tensors[graph.outputs[0]].elements() < 2) continue;
        const std::vector<int8_t> input = random.values(12);
        const CompiledModel plain = compile(graph, target_by_name("portable"));
        Program program;
        ASSERT_EQ(program.load(plain.program), Status::ok);
        std::vector<int8_t> arena(program.arena_bytes());
        std::memcpy(arena.data() + program.input().offset, input.data(), input.size());
        program.run(arena);
        const int8_t* first = arena.data() + program.output().offset;
        const auto largest =
            static_cast<size_t>(std::max_element(first, first + program.output().bytes) - first);
        EXPECT_EQ(Classifier(graph)(input.data()), largest) << "seed " << seed;
    }
}

TEST(OnlyClass, RefusesWhatHasNoClass) {
    RandomGraph random(1);
    const int32_t image = random.begin({1, 2, 2, 1});
    const model::Graph graph = random.finish(random.pool(image, model::OperatorCode::max_pool_2d));
    EXPECT_THROW((void)only_class(graph), std::runtime_error);
}

}  // namespace
}  // namespace ganglion::compile
