#include "train/quantize/float_operators.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace ganglion::train {
namespace {

using model::OperatorCode;

/// Row-major distances between neighbours along each of the result's dimensions; 0 along those in
/// which `shape` has but one value.
std::vector<size_t> steps_within(const FloatStep& step, const std::vector<int32_t>& shape) {
    const auto& whole = step.result().shape;
    if (shape.size() > whole.size()) step.fail("its output has too few dimensions");
    std::vector<size_t> steps(whole.size(), 0);
    size_t distance = 1;
    for (size_t i = 0; i < shape.size(); ++i) {
        const size_t from = shape.size() - 1 - i;
        const size_t to = whole.size() - 1 - i;
        if (shape[from] != 1 && shape[from] != whole[to]) step.fail("its shapes do not fit");
        steps[to] = shape[from] == 1 ? 0 : distance;
        distance *= static_cast<size_t>(shape[from]);
    }
    return steps;
}

model::Activation activation_of(const FloatStep& step) {
    if (const auto* add = std::get_if<model::AddOptions>(&step.op.options)) return add->activation;
    if (const auto* sub = std::get_if<model::SubOptions>(&step.op.options)) return sub->activation;
    if (const auto* mul = std::get_if<model::MulOptions>(&step.op.options)) return mul->activation;
    return model::Activation::none;
}

void run_elementwise(const FloatStep& step) {
    const auto& shape = step.result().shape;
    const auto first = steps_within(step, step.tensor(0).shape);
    const auto second = steps_within(step, step.tensor(1).shape);
    const auto& a = step.input(0);
    const auto& b = step.input(1);
    auto& output = step.output();
    const auto activation = activation_of(step);
    std::vector<int32_t> at(shape.size(), 0);
    for (float& to : output) {
        size_t i = 0;
        size_t j = 0;
        for (size_t d = 0; d < shape.size(); ++d) {
            i += static_cast<size_t>(at[d]) * first[d];
            j += static_cast<size_t>(at[d]) * second[d];
        }
        const float value = step.op.code == OperatorCode::add   ? a[i] + b[j]
                            : step.op.code == OperatorCode::sub ? a[i] - b[j]
                                                                : a[i] * b[j];
        to = activated(value, activation);
        for (size_t d = shape.size(); d-- > 0 && ++at[d] == shape[d];) at[d] = 0;
    }
}

void run_softmax(const FloatStep& step) {
    const auto& shape = step.result().shape;
    const auto depth = static_cast<size_t>(shape.empty() ? 1 : shape.back());
    const float beta = step.options<model::SoftmaxOptions>().beta;
    const auto& input = step.input(0);
    auto& output = step.output();
    for (size_t row = 0; row < input.size(); row += depth) {
        const float most = *std::max_element(input.begin() + static_cast<ptrdiff_t>(row),
                                             input.begin() + static_cast<ptrdiff_t>(row + depth));
        float sum = 0;
        for (size_t i = row; i < row + depth; ++i)
            sum += output[i] = std::exp(beta * (input[i] - most));
        for (size_t i = row; i < row + depth; ++i) output[i] /= sum;
    }
}

/// A place in `shape` of the value at `index`.
std::vector<int32_t> place_of(size_t index, const std::vector<int32_t>& shape) {
    std::vector<int32_t> place(shape.size());
    for (size_t d = shape.size(); d-- > 0; index /= static_cast<size_t>(shape[d]))
        place[d] = static_cast<int32_t>(index % static_cast<size_t>(shape[d]));
    return place;
}

size_t index_of(const std::vector<int32_t>& place, const std::vector<int32_t>& shape) {
    size_t index = 0;
    for (size_t d = 0; d < shape.size(); ++d)
        index = index * static_cast<size_t>(shape[d]) + static_cast<size_t>(place[d]);
    return index;
}

void run_mean(const FloatStep& step) {
    auto kept = step.tensor(0).shape;
    const auto rank = static_cast<int32_t>(kept.size());
    for (int32_t axis : step.numbers(1)) {
        if (axis < 0) axis += rank;
        if (axis < 0 || axis >= rank) step.fail("an axis lies outside its input");
        kept[static_cast<size_t>(axis)] = 1;
    }
    const auto& input = step.input(0);
    auto& output = step.output();
    const size_t parts = input.size() / output.size();
    std::fill(output.begin(), output.end(), 0.0F);
    for (size_t i = 0; i < input.size(); ++i) {
        auto place = place_of(i, step.tensor(0).shape);
        for (size_t d = 0; d < kept.size(); ++d) place[d] = kept[d] == 1 ? 0 : place[d];
        output.at(index_of(place, kept)) += input[i] / static_cast<float>(parts);
    }
}

void run_pad(const FloatStep& step) {
    const auto before = step.numbers(1);
    const auto& shape = step.tensor(0).shape;
    if (before.size() != 2 * shape.size()) step.fail("its paddings do not fit its input");
    auto& output = step.output();
    std::fill(output.begin(), output.end(), 0.0F);
    for (size_t i = 0; i < step.input(0).size(); ++i) {
        auto place = place_of(i, shape);
        for (size_t d = 0; d < shape.size(); ++d) place[d] += before[2 * d];
        output.at(index_of(place, step.result().shape)) = step.input(0)[i];
    }
}

void run_concatenation(const FloatStep& step) {
    const auto& options = step.options<model::ConcatenationOptions>();
    const auto& shape = step.result().shape;
    const int32_t axis =
        options.axis < 0 ? options.axis + static_cast<int32_t>(shape.size()) : options.axis;
    if (axis < 0 || static_cast<size_t>(axis) >= shape.size()) step.fail("its axis does not fit");
    int32_t from = 0;
    for (size_t n = 0; n < step.op.inputs.size(); ++n) {
        const auto& part = step.tensor(n).shape;
        for (size_t i = 0; i < step.input(n).size(); ++i) {
            auto place = place_of(i, part);
            place[static_cast<size_t>(axis)] += from;
            step.output().at(index_of(place, shape)) =
                activated(step.input(n)[i], options.activation);
        }
        from += part.at(static_cast<size_t>(axis));
    }
}

float relu(float x) {
    return std::max(0.0F, x);
}
float relu6(float x) {
    return std::clamp(x, 0.0F, 6.0F);
}
float relu_n1_to_1(float x) {
    return std::clamp(x, -1.0F, 1.0F);
}
float hard_swish(float x) {
    return x * relu6(x + 3) / 6;
}
float elu(float x) {
    return x < 0 ? std::expm1(x) : x;
}
float logistic(float x) {
    return 1 / (1 + std::exp(-x));
}
float tangent(float x) {
    return std::tanh(x);
}

}  // namespace

float (*float_function(OperatorCode code))(float) {
    switch (code) {
        case OperatorCode::relu:
            return relu;
        case OperatorCode::relu6:
            return relu6;
        case OperatorCode::relu_n1_to_1:
            return relu_n1_to_1;
        case OperatorCode::hard_swish:
            return hard_swish;
        case OperatorCode::elu:
            return elu;
        case OperatorCode::logistic:
            return logistic;
        case OperatorCode::tanh:
            return tangent;
        default:
            return nullptr;
    }
}

float activated(float value, model::Activation activation) {
    switch (activation) {
        case model::Activation::relu:
            return relu(value);
        case model::Activation::relu_n1_to_1:
            return relu_n1_to_1(value);
        case model::Activation::relu6:
            return relu6(value);
        case model::Activation::tanh:
            return std::tanh(value);
        case model::Activation::none:
        case model::Activation::sign_bit:
            break;
    }
    return value;
}

const model::Tensor& FloatStep::tensor(size_t n) const {
    if (!has_input(n)) fail("an input is missing");
    return graph.tensors[static_cast<size_t>(op.inputs[n])];
}

const std::vector<float>& FloatStep::input(size_t n) const {
    if (tensor(n).type != model::TensorType::float32) {
        fail(fmt::format("'{}' is {}; only float32 is computed here", tensor(n).name,
                         model::to_string(tensor(n).type)));
    }
    return values[static_cast<size_t>(op.inputs[n])];
}

const model::Tensor& FloatStep::result() const {
    return graph.tensors[static_cast<size_t>(op.outputs.at(0))];
}

std::vector<float>& FloatStep::output() const {
    if (result().type != model::TensorType::float32)
        fail(fmt::format("its output is {}", model::to_string(result().type)));
    return values[static_cast<size_t>(op.outputs.at(0))];
}

std::vector<int32_t> FloatStep::numbers(size_t n) const {
    const auto& from = tensor(n);
    if (!from.is_constant() || from.type != model::TensorType::int32)
        fail(fmt::format("'{}' must be constant int32 numbers", from.name));
    std::vector<int32_t> result(static_cast<size_t>(from.elements()));
    std::memcpy(result.data(), from.data.data(), from.data.size());
    return result;
}

void FloatStep::fail(const std::string& what) const {
    const auto index = &op - graph.operators.data();
    throw std::runtime_error(
        fmt::format("operator {} ({}): {}", index, model::to_string(op.code), what));
}

void run_float_operator(const FloatStep& step) {
    switch (step.op.code) {
        case OperatorCode::conv_2d:
            return run_float_convolution(step);
        case OperatorCode::depthwise_conv_2d:
            return run_float_depthwise(step);
        case OperatorCode::fully_connected:
            return run_float_dense(step);
        case OperatorCode::average_pool_2d:
        case OperatorCode::max_pool_2d:
            return run_float_pool(step);
        case OperatorCode::add:
        case OperatorCode::sub:
        case OperatorCode::mul:
            return run_elementwise(step);
        case OperatorCode::softmax:
            return run_softmax(step);
        case OperatorCode::mean:
            return run_mean(step);
        case OperatorCode::pad:
            return run_pad(step);
        case OperatorCode::concatenation:
            return run_concatenation(step);
        default:
            break;
    }
    const auto& input = step.input(0);
    auto& output = step.output();
    if (input.size() != output.size()) step.fail("its input and output differ in size");
    switch (step.op.code) {
        case OperatorCode::reshape:
        case OperatorCode::squeeze:
        case OperatorCode::expand_dims:
            output = input;
            return;
        case OperatorCode::leaky_relu: {
            const float slope = step.options<model::LeakyReluOptions>().alpha;
            std::transform(input.begin(), input.end(), output.begin(),
                           [slope](float x) { return x < 0 ? slope * x : x; });
            return;
        }
        default:
            break;
    }
    const auto function = float_function(step.op.code);
    if (function == nullptr) step.fail("this operator is not computed in floating point here");
    std::transform(input.begin(), input.end(), output.begin(), function);
}

}  // namespace ganglion::train
