#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "compile/compile.hpp"
#include "compile/testing/golden.hpp"
#include "device/program/program.hpp"
#include "model/tflite.hpp"

// Small models that the TensorFlow Lite converter made, against the reference kernels: every
// operator that they know, bit for bit, on every target's layout.

namespace ganglion::compile {
namespace {

std::filesystem::path fixture(const std::string& name) {
    return std::filesystem::path(FIXTURES) / name;
}

class Fixture : public testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(Fixture, EqualsTheReferenceKernels) {
    const auto [name, target] = GetParam();
    const model::Graph graph = model::read_tflite_file(fixture(std::string(name) + ".tflite"));
    const std::vector<int8_t> values = read_values(fixture(std::string(name) + ".bin"));
    const CompiledModel compiled = compile(graph, target_by_name(target));
    Program program;
    ASSERT_EQ(program.load(compiled.program), Status::ok);
    std::vector<int8_t> arena(program.arena_bytes(), 99);
    program.reset(arena);
    size_t at = 0;
    size_t runs = 0;
    for (; at < values.size(); ++runs) {
        for (uint32_t n = 0; n < program.input_count(); ++n) {
            const TensorInfo& input = program.input(n);
            ASSERT_LE(at + input.bytes, values.size());
            std::memcpy(arena.data() + input.offset, values.data() + at, input.bytes);
            at += input.bytes;
        }
        program.run(arena);
        for (uint32_t n = 0; n < program.output_count(); ++n) {
            const TensorInfo& output = program.output(n);
            ASSERT_LE(at + output.bytes, values.size());
            EXPECT_EQ(std::vector<int8_t>(arena.begin() + output.offset,
                                          arena.begin() + output.offset + output.bytes),
                      std::vector<int8_t>(
                          values.begin() + static_cast<std::ptrdiff_t>(at),
                          values.begin() + static_cast<std::ptrdiff_t>(at + output.bytes)))
                << "run " << runs << ", output " << n;
            at += output.bytes;
        }
        // What is not state may be anything between runs.
        std::fill(arena.begin() + program.state_bytes(), arena.end(), static_cast<int8_t>(runs));
    }
    EXPECT_GE(runs, 2U);
}

TEST_P(Fixture, SurvivesTheFileFormat) {
    const auto [name, target] = GetParam();
    const model::Graph graph = model::read_tflite_file(fixture(std::string(name) + ".tflite"));
    const model::Graph again = model::read_tflite(model::write_tflite(graph));
    EXPECT_EQ(compile(again, target_by_name(target)).program,
              compile(graph, target_by_name(target)).program);
}

std::string name_of(const testing::TestParamInfo<Fixture::ParamType>& parameter) {
    std::string target = std::get<1>(parameter.param);
    std::replace(target.begin(), target.end(), '-', '_');
    return std::get<0>(parameter.param) + (target == "portable" ? "" : "_" + target);
}

INSTANTIATE_TEST_SUITE_P(
    Converter, Fixture,
    testing::Combine(testing::Values("transpose_4d", "transpose_3d", "slices", "padding", "padv2",
                                     "stacks", "unstacks", "resize_nearest",
                                     "resize_nearest_corners", "resize_nearest_half_pixels",
                                     "resize_bilinear", "resize_bilinear_corners",
                                     "resize_bilinear_half_pixels", "resize_bilinear_down",
                                     "transpose_conv_same", "transpose_conv_valid", "batch_matmul",
                                     "batch_matmul_adjoint", "batch_matmul_self",
                                     "batch_matmul_constant", "conv_dilated", "conv_strided",
                                     "depthwise_multiplied", "depthwise_dilated", "depth_to_space",
                                     "space_to_depth", "split_even"),
                     testing::Values("portable", "cortex-m4")),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Int16, Fixture,
    testing::Combine(
        testing::Values("add_channel_int16", "add_two_int16", "average_pool_int16",
                        "batch_matmul_adjoint_int16", "batch_matmul_int16", "reduce_max_int16",
                        "reduce_min_int16", "resize_bilinear_corners_int16",
                        "resize_bilinear_int16", "transpose_conv_int16",
                        "transpose_conv_valid_int16", "conv_dilated_int16", "conv_groups_int16",
                        "conv_int16", "depthwise_int16", "depthwise_row_int16",
                        "fully_connected_int16", "fully_connected_tensor_int16", "leaky_relu_int16",
                        "logistic_int16", "max_pool_int16", "maximum_int16", "mean_channels_int16",
                        "mean_int16", "minimum_int16", "moves_int16", "mul_int16",
                        "mul_scalar_int16", "network_int16", "relu6_int16", "relu_int16",
                        "resize_nearest_int16", "softmax_int16", "softmax_plain_int16",
                        "splits_int16", "sub_int16", "sum_int16", "tanh_int16"),
        testing::Values("portable", "cortex-m4")),
    name_of);

INSTANTIATE_TEST_SUITE_P(Int4, Fixture,
                         testing::Combine(testing::Values("conv_int4", "conv_pointwise_int4",
                                                          "depthwise_int4", "fully_connected_int4",
                                                          "fully_connected_row_int4",
                                                          "fully_connected_tensor_int4"),
                                          testing::Values("portable", "cortex-m4", "x86-64")),
                         name_of);

INSTANTIATE_TEST_SUITE_P(Sequences, Fixture,
                         testing::Combine(testing::Values("lstm", "lstm_batches", "lstm_sequence",
                                                          "lstm_time_major", "svdf", "svdf_int8",
                                                          "svdf_rank"),
                                          testing::Values("portable", "cortex-m4")),
                         name_of);

INSTANTIATE_TEST_SUITE_P(
    Elements, Fixture,
    testing::Combine(
        testing::Values("average_pool", "max_pool", "max_pool_padded", "abs", "add",
                        "add_broadcast", "add_channel", "add_relu", "add_scalar", "arg_max",
                        "arg_max_64", "arg_min", "conv_groups", "conv_groups_of_one", "exp",
                        "float_border", "fully_connected", "fully_connected_n1",
                        "fully_connected_rows", "hard_swish", "leaky_relu", "logistic", "maximum",
                        "maximum_scalar", "mean_apart", "mean_channels", "mean_flat", "mean_image",
                        "mean_rows", "minimum", "mul", "mul_channel", "mul_gate", "mul_scalar",
                        "prelu", "reduce_max", "reduce_min", "relu", "relu6", "relu_n1_to_1",
                        "softmax", "square", "squared_difference", "sub", "sub_broadcast",
                        "sub_constant_first", "sub_scalar", "sum_image", "tanh", "two_outputs"),
        testing::Values("portable", "cortex-m4")),
    name_of);

}  // namespace
}  // namespace ganglion::compile
