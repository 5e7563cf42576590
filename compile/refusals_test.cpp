#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <stdexcept>

#include "compile/compile.hpp"
#include "compile/testing/random_sequences.hpp"

// What is not supported is refused with the operator, its place and what to do instead.

namespace ganglion::compile {
namespace {

using model::Graph;
using model::OperatorCode;
using model::TensorType;
using testing::AllOf;
using testing::HasSubstr;

/// Graph of one operator on one image, its other inputs constants.
class OneOperator {
  public:
    OneOperator(OperatorCode code, const std::vector<int32_t>& in, const std::vector<int32_t>& out,
                model::Options options = {}) {
        graph_.tensors = {{.name = "image", .shape = in, .quantization = {{0.5F}, {3}}},
                          {.name = "result", .shape = out, .quantization = {{0.5F}, {3}}}};
        graph_.inputs = {0};
        graph_.outputs = {1};
        graph_.operators = {{code, {0}, {1}, std::move(options), {}}};
    }
    OneOperator& with(const std::vector<int32_t>& numbers) {
        return with(numbers, {static_cast<int32_t>(numbers.size())});
    }
    OneOperator& with(const std::vector<int32_t>& numbers, const std::vector<int32_t>& shape) {
        model::Tensor t{.name = "numbers", .type = TensorType::int32, .shape = shape};
        t.data.resize(numbers.size() * 4);
        std::memcpy(t.data.data(), numbers.data(), t.data.size());
        graph_.operators[0].inputs.push_back(static_cast<int32_t>(graph_.tensors.size()));
        graph_.tensors.push_back(t);
        return *this;
    }
    Graph& graph() { return graph_; }

    std::string error() const {
        try {
            (void)compile(graph_, target_by_name("portable"));
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "compiled";
    }

  private:
    Graph graph_;
};

TEST(Refusals, NameTheOperatorAndWhatToDoInstead) {
    EXPECT_THAT(
        OneOperator(OperatorCode::mirror_pad, {1, 4, 4, 1}, {1, 6, 6, 1}).error(),
        AllOf(HasSubstr("operator 0 (MIRROR_PAD), which computes 'result'"), HasSubstr("use PAD")));
    EXPECT_THAT(OneOperator(OperatorCode::gather, {1, 4}, {1, 2}).error(),
                AllOf(HasSubstr("(GATHER)"), HasSubstr("use SLICE")));
}

TEST(Refusals, SlicesGoForward) {
    OneOperator slice(OperatorCode::strided_slice, {1, 4}, {1, 4}, model::StridedSliceOptions{});
    slice.with({0, 3}).with({1, -5}).with({1, -1});
    EXPECT_THAT(slice.error(), AllOf(HasSubstr("(STRIDED_SLICE)"), HasSubstr("stride -1"),
                                     HasSubstr("in dimension 1"), HasSubstr("reverse the data")));
    OneOperator outside(OperatorCode::slice, {1, 4}, {1, 2});
    EXPECT_THAT(outside.with({0, 3}).with({1, 2}).error(), HasSubstr("dimension 1 is empty"));
}

TEST(Refusals, PermutationsAreWhole) {
    OneOperator twice(OperatorCode::transpose, {2, 4}, {4, 2});
    EXPECT_THAT(twice.with({1, 1}).error(), HasSubstr("names a dimension twice"));
    OneOperator shape(OperatorCode::transpose, {2, 4}, {2, 4});
    EXPECT_THAT(shape.with({1, 0}).error(), HasSubstr("output shape does not fit"));
    OneOperator many(OperatorCode::transpose, {2, 2, 2, 2, 2, 2, 2}, {2, 2, 2, 2, 2, 2, 2});
    many.with({6, 5, 4, 3, 2, 1, 0});
    EXPECT_THAT(many.error(), HasSubstr("up to 4"));
}

TEST(Refusals, PaddingsAreKnownAndPositive) {
    OneOperator negative(OperatorCode::pad, {1, 4}, {1, 3});
    EXPECT_THAT(negative.with({0, 0, -1, 0}, {2, 2}).error(), HasSubstr("negative padding"));
    OneOperator shape(OperatorCode::pad, {1, 4}, {1, 6});
    EXPECT_THAT(shape.with({0, 0, 1, 0}, {2, 2}).error(), HasSubstr("does not fit its paddings"));
}

TEST(Refusals, ResizesAreOfOneKindAndOneImage) {
    OneOperator both(OperatorCode::resize_bilinear, {1, 2, 2, 1}, {1, 4, 4, 1},
                     model::ResizeBilinearOptions{{true, true}});
    EXPECT_THAT(both.with({4, 4}).error(), HasSubstr("exclude each other"));
    OneOperator batch(OperatorCode::resize_nearest_neighbor, {2, 2, 2, 1}, {2, 4, 4, 1},
                      model::ResizeNearestOptions{});
    EXPECT_THAT(batch.with({4, 4}).error(), HasSubstr("batch size 1"));
    OneOperator size(OperatorCode::resize_nearest_neighbor, {1, 2, 2, 1}, {1, 4, 4, 1},
                     model::ResizeNearestOptions{});
    EXPECT_THAT(size.with({4, 5}).error(), HasSubstr("does not fit its size"));
}

TEST(Refusals, BlocksFitTheImage) {
    OneOperator blocks(OperatorCode::depth_to_space, {1, 2, 2, 6}, {1, 4, 4, 1},
                       model::DepthToSpaceOptions{2});
    EXPECT_THAT(blocks.error(), HasSubstr("blocks of 2x2"));
}

TEST(Refusals, MatricesFitEachOther) {
    OneOperator product(OperatorCode::batch_matmul, {1, 4}, {1, 4}, model::BatchMatMulOptions{});
    product.graph().operators[0].inputs = {0, 0};
    EXPECT_THAT(product.error(), AllOf(HasSubstr("(BATCH_MATMUL)"), HasSubstr("do not fit")));
}

/// Whatever the format's list holds: compiled, or refused by name with an advice.
TEST(Refusals, EveryUnknownOperatorIsNamedWithAnAdvice) {
    constexpr int32_t kLastCode = 160;
    size_t refused = 0;
    for (int32_t code = 0; code <= kLastCode; ++code) {
        const auto op = static_cast<OperatorCode>(code);
        const std::string name = model::to_string(op);
        const std::string error = OneOperator(op, {1, 4, 4, 1}, {1, 4, 4, 1}).error();
        if (error.find("is not supported") == std::string::npos) continue;
        ++refused;
        EXPECT_THAT(error, HasSubstr("operator 0 (" + name +
                                     "), which computes 'result': this "
                                     "operator is not supported; "));
        EXPECT_GT(error.size(), 100U) << error;
    }
    EXPECT_GT(refused, 80U);
}

TEST(Refusals, Int16HasItsOwnOperators) {
    // HARD_SWISH, PRELU, SQUARED_DIFFERENCE and ELU have no int16 in TensorFlow Lite either.
    for (const OperatorCode code :
         {OperatorCode::hard_swish, OperatorCode::prelu, OperatorCode::squared_difference,
          OperatorCode::elu, OperatorCode::abs, OperatorCode::exp, OperatorCode::svdf}) {
        OneOperator function(code, {1, 4}, {1, 4});
        for (model::Tensor& tensor : function.graph().tensors) {
            tensor.type = TensorType::int16;
            tensor.quantization.zero_points = {0};
        }
        EXPECT_THAT(function.error(),
                    AllOf(HasSubstr("operator 0 (" + model::to_string(code) + ")"),
                          HasSubstr("'result'"), HasSubstr("not supported on int16"),
                          HasSubstr("put a QUANTIZE to int8 before it")));
    }
    OneOperator shifted(OperatorCode::relu, {1, 4}, {1, 4});
    for (model::Tensor& tensor : shifted.graph().tensors) tensor.type = TensorType::int16;
    EXPECT_THAT(shifted.error(),
                HasSubstr("zero point other than 0; quantize int16 symmetrically"));
    OneOperator mixed(OperatorCode::relu, {1, 4}, {1, 4});
    mixed.graph().tensors[1].type = TensorType::int16;
    mixed.graph().tensors[1].quantization.zero_points = {0};
    EXPECT_THAT(mixed.error(),
                HasSubstr("'image' is int8 where int16 is expected; put a QUANTIZE"));
}

TEST(Refusals, Int4IsForWeights) {
    OneOperator activations(OperatorCode::relu, {1, 4}, {1, 4});
    activations.graph().tensors[0].type = TensorType::int4;
    EXPECT_THAT(activations.error(), AllOf(HasSubstr("'image' is a computed int4 tensor"),
                                           HasSubstr("quantize activations to int8")));
    OneOperator weights(OperatorCode::relu, {1, 4}, {1, 4});
    weights.graph().tensors.push_back(
        {.name = "packed", .type = TensorType::int4, .shape = {5}, .data = {1, 2}});
    EXPECT_THAT(weights.error(),
                HasSubstr("('packed'): holds 2 bytes of constants where its shape needs 3"));
}

/// What `damage` does to a random graph that compiles.
template <typename Damage>
std::string error_after(Graph (*make)(RandomGraph&), Damage damage) {
    RandomGraph random(1);
    Graph graph = make(random);
    (void)compile(graph, target_by_name("portable"));
    damage(graph);
    try {
        (void)compile(graph, target_by_name("portable"));
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "compiled";
}

TEST(Refusals, LstmVariantsSayWhatToExport) {
    const auto with_input = [](size_t position) {
        return error_after(random_lstm, [&](Graph& graph) {
            graph.operators[0].inputs[position] = graph.operators[0].inputs[12];
        });
    };
    EXPECT_THAT(with_input(9), AllOf(HasSubstr("operator 0 (UNIDIRECTIONAL_SEQUENCE_LSTM)"),
                                     HasSubstr("peephole")));
    EXPECT_THAT(with_input(16), HasSubstr("projection; export a plain LSTM layer"));
    EXPECT_THAT(with_input(20), HasSubstr("layer normalization"));
    EXPECT_THAT(error_after(random_lstm, [](Graph& graph) { graph.operators[0].inputs[1] = -1; }),
                HasSubstr("export the layer with four gates"));
    const auto cell = [](Graph& graph) -> model::Tensor& {
        return graph.tensors[static_cast<size_t>(graph.operators[0].inputs[19])];
    };
    EXPECT_THAT(error_after(random_lstm,
                            [&](Graph& graph) { cell(graph).quantization.scales[0] = 0.001F; }),
                HasSubstr("must be a power of two"));
    EXPECT_THAT(
        error_after(random_lstm, [&](Graph& graph) { cell(graph).type = TensorType::int8; }),
        HasSubstr("is int8 where int16 with one scale is expected"));
}

TEST(Refusals, SvdfStatesFit) {
    const auto state = [](Graph& graph) -> model::Tensor& {
        return graph.tensors[static_cast<size_t>(graph.operators[0].inputs[4])];
    };
    EXPECT_THAT(error_after(random_svdf, [&](Graph& graph) { ++state(graph).shape[1]; }),
                AllOf(HasSubstr("operator 0 (SVDF)"), HasSubstr("elements")));
    EXPECT_THAT(error_after(random_svdf,
                            [](Graph& graph) {
                                std::get<model::SvdfOptions>(graph.operators[0].options).rank = 0;
                            }),
                HasSubstr("its rank, filters and outputs do not fit"));
}

}  // namespace
}  // namespace ganglion::compile
