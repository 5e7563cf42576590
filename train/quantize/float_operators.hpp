#pragma once

#include <string>
#include <vector>

#include "model/graph.hpp"

namespace ganglion::train {

/// One operator of a float32 graph, with the values of all tensors.
struct FloatStep {
    const model::Graph& graph;
    const model::Operator& op;
    std::vector<std::vector<float>>& values;

    const model::Tensor& tensor(size_t n) const;  ///< of input n
    const std::vector<float>& input(size_t n) const;
    bool has_input(size_t n) const { return n < op.inputs.size() && op.inputs[n] >= 0; }
    const model::Tensor& result() const;
    std::vector<float>& output() const;
    std::vector<int32_t> numbers(size_t n) const;  ///< of a constant int32 input
    /// The operator's options. Throws std::runtime_error where the file has none.
    template <typename Options>
    const Options& options() const {
        if (const auto* given = std::get_if<Options>(&op.options)) return *given;
        fail("its options are missing");
    }
    [[noreturn]] void fail(const std::string& what) const;
};

/// Computes the operator's output. Throws std::runtime_error where its shapes do not fit or it is
/// none of: CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, AVERAGE_POOL_2D, MAX_POOL_2D, MEAN, ADD,
/// SUB, MUL, RELU, RELU6, RELU_N1_TO_1, LEAKY_RELU, HARD_SWISH, ELU, LOGISTIC, TANH, SOFTMAX, PAD,
/// CONCATENATION, RESHAPE, SQUEEZE, EXPAND_DIMS.
void run_float_operator(const FloatStep& step);

/// Convolutions, dense layers and poolings; values in the format's order, channels last.
void run_float_convolution(const FloatStep& step);
void run_float_depthwise(const FloatStep& step);
void run_float_dense(const FloatStep& step);
void run_float_pool(const FloatStep& step);

/// What a fused activation makes of a value.
float activated(float value, model::Activation activation);

/// The function of one value that an operator is; null where it is none. LEAKY_RELU has its slope
/// apart.
float (*float_function(model::OperatorCode code))(float);

/// Rows or columns of padding before an image under Padding::same.
int32_t padding_before(model::Padding padding, int32_t in, int32_t out, int32_t kernel,
                       int32_t stride, int32_t dilation);

}  // namespace ganglion::train
