#include "compile/place.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace ganglion::compile {

using model::Tensor;
using model::TensorType;

uint32_t Constants::add(std::span<const uint8_t> bytes) {
    bytes_.resize((bytes_.size() + 3) / 4 * 4);
    const size_t offset = bytes_.size();
    if (offset + bytes.size() > (1U << 30))
        throw std::runtime_error("the model has more than 1 GiB of constants");
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return static_cast<uint32_t>(offset);
}

uint32_t Constants::add(std::span<const int32_t> words) {
    return add(std::span(reinterpret_cast<const uint8_t*>(words.data()), words.size_bytes()));
}

void Place::fail(const std::string& what) const {
    std::string name;
    if (!op().outputs.empty())
        name = ", which computes '" + graph_.tensors[op().outputs[0]].name + "'";
    throw std::runtime_error("operator " + std::to_string(index_) + " (" +
                             model::to_string(op().code) + ")" + name + ": " + what);
}

const Tensor& Place::input(size_t n) const {
    if (!has_input(n)) fail("input " + std::to_string(n) + " is missing");
    return graph_.tensors[op().inputs[n]];
}

const Tensor& Place::output() const {
    if (op().outputs.size() != 1) fail("one output is expected");
    return graph_.tensors[op().outputs[0]];
}

const Tensor& Place::output(size_t n) const {
    if (n >= op().outputs.size()) fail("output " + std::to_string(n) + " is missing");
    return graph_.tensors[op().outputs[n]];
}

const Tensor& Place::int8_tensor(int32_t number) const {
    const Tensor& tensor = graph_.tensors[number];
    const std::string name = "'" + tensor.name + "'";
    if (tensor.type != TensorType::int8) {
        fail(name + " is " + model::to_string(tensor.type) +
             "; only int8 is supported: quantize the whole model to int8, inputs and outputs "
             "included");
    }
    if (tensor.quantization.scales.size() != 1)
        fail(name + " needs one scale; quantize the model to int8");
    if (zero_point(tensor) < -128 || zero_point(tensor) > 127)
        fail(name + " has a zero point outside int8");
    return tensor;
}

const Tensor& Place::int16_tensor(int32_t number) const {
    const Tensor& tensor = graph_.tensors[number];
    const std::string name = "'" + tensor.name + "'";
    if (tensor.type != TensorType::int16) {
        fail(name + " is " + model::to_string(tensor.type) +
             " where int16 is expected; put a QUANTIZE between them");
    }
    if (tensor.quantization.scales.size() != 1)
        fail(name + " needs one scale; quantize the model to int16 activations");
    if (zero_point(tensor) != 0)
        fail(name + " has a zero point other than 0; quantize int16 symmetrically");
    return tensor;
}

const Tensor& Place::computed(const Tensor& tensor) const {
    if (tensor.is_constant())
        fail("'" + tensor.name + "' is a constant where a computed tensor is expected");
    return tensor;
}

const Tensor& Place::int8_activation(int32_t number) const {
    return computed(int8_tensor(number));
}

const Tensor& Place::int16_operand(size_t n) const {
    (void)input(n);
    return int16_tensor(op().inputs[n]);
}

const Tensor& Place::int16_input(size_t n) const {
    return computed(int16_operand(n));
}

const Tensor& Place::int16_output() const {
    (void)output();
    return computed(int16_tensor(op().outputs[0]));
}

const Tensor& Place::int8_operand(size_t n) const {
    (void)input(n);
    return int8_tensor(op().inputs[n]);
}

const Tensor& Place::int8_input(size_t n) const {
    (void)input(n);
    return int8_activation(op().inputs[n]);
}

const Tensor& Place::int8_output() const {
    (void)output();
    return int8_activation(op().outputs[0]);
}

const Tensor& Place::int8_output(size_t n) const {
    (void)output(n);
    return int8_activation(op().outputs[n]);
}

std::vector<int32_t> Place::numbers(size_t n) const {
    const Tensor& tensor = input(n);
    if (tensor.type != TensorType::int32 || !tensor.is_constant() || tensor.shape.size() > 1) {
        fail("input " + std::to_string(n) +
             " must be a constant int32 vector; export the model with fixed shapes");
    }
    std::vector<int32_t> result(tensor.data.size() / 4);
    std::memcpy(result.data(), tensor.data.data(), result.size() * 4);
    return result;
}

const Tensor& Place::weights(size_t n, size_t rank) const {
    const Tensor& tensor = input(n);
    if (!tensor.is_constant())
        fail("its weights are computed; only constant weights are supported");
    if (tensor.type != TensorType::int8) {
        fail("its weights are " + model::to_string(tensor.type) +
             "; only int8 is supported: use full int8 quantization");
    }
    if (tensor.shape.size() != rank)
        fail("its weights need " + std::to_string(rank) + " dimensions");
    if (tensor.quantization.scales.empty()) fail("its weights have no scale");
    for (int64_t zero : tensor.quantization.zero_points) {
        if (zero != 0)
            fail("its weights have a zero point other than 0; use symmetric weight quantization");
    }
    return tensor;
}

std::vector<int32_t> Place::bias(size_t n, uint32_t count) const {
    std::vector<int32_t> result(count);
    if (!has_input(n)) return result;
    const Tensor& tensor = input(n);
    if (tensor.type != TensorType::int32 || !tensor.is_constant() ||
        tensor.data.size() != size_t{count} * 4) {
        fail("its bias must be " + std::to_string(count) + " constant int32 values");
    }
    std::memcpy(result.data(), tensor.data.data(), tensor.data.size());
    return result;
}

std::vector<int64_t> Place::long_bias(size_t n, uint32_t count) const {
    std::vector<int64_t> result(count);
    if (!has_input(n)) return result;
    const Tensor& tensor = input(n);
    if (tensor.type != TensorType::int64 || !tensor.is_constant() ||
        tensor.data.size() != size_t{count} * 8) {
        fail("its bias must be " + std::to_string(count) +
             " constant int64 values, as the converter makes them for int16 activations");
    }
    std::memcpy(result.data(), tensor.data.data(), tensor.data.size());
    for (int64_t bias : result) {
        if (bias < -kMostInt16Bias || bias > kMostInt16Bias)
            fail("its bias is beyond 2^46; use larger scales");
    }
    return result;
}

uint16_t Place::narrow(int64_t value, const char* what) const {
    if (value < 0 || value > std::numeric_limits<uint16_t>::max()) {
        fail(std::string(what) + " is " + std::to_string(value) + "; it must lie in 0..65535");
    }
    return static_cast<uint16_t>(value);
}

OutputRange Place::range(model::Activation activation) const {
    try {
        return output_range(activation, output().quantization.scales[0], zero_point(output()));
    } catch (const std::runtime_error& error) {
        fail(error.what());
    }
}

Int16Range Place::int16_range(model::Activation activation) const {
    try {
        return compile::int16_range(activation, output().quantization.scales[0]);
    } catch (const std::runtime_error& error) {
        fail(error.what());
    }
}

Multiplier Place::multiplier(double real) const {
    try {
        return quantize_multiplier(real);
    } catch (const std::runtime_error& error) {
        fail(error.what());
    }
}

bool takes_int16(const Place& place) {
    return place.op().outputs.size() == 1 && place.op().code != model::OperatorCode::quantize &&
           place.output().type == TensorType::int16;
}

int32_t zero_point(const Tensor& tensor) {
    const auto& zeros = tensor.quantization.zero_points;
    if (zeros.empty()) return 0;
    // Out-of-range values stay out of range; they are refused where they matter.
    return static_cast<int32_t>(std::clamp<int64_t>(zeros[0], -100000, 100000));
}

}  // namespace ganglion::compile
