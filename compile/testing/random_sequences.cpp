#include "compile/testing/random_sequences.hpp"

namespace ganglion::compile {

int32_t random_state(RandomGraph& random, std::vector<int32_t> shape, model::TensorType type,
                     float scale, int zero_point) {
    const int32_t n = random.tensor(std::move(shape), scale, zero_point);
    random.change(n, [&](model::Tensor& tensor) {
        tensor.type = type;
        tensor.is_variable = true;
    });
    return n;
}

model::Graph random_lstm(RandomGraph& random) {
    const bool time_major = random.between(0, 1) == 0;
    const int batches = random.between(1, 3);
    const int steps = random.between(1, 4);
    const int inputs = random.between(1, 20);
    const int units = random.between(1, 17);
    const auto shape = [&](int values) {
        return time_major ? std::vector<int32_t>{steps, batches, values}
                          : std::vector<int32_t>{batches, steps, values};
    };
    const int32_t sequence = random.begin(shape(inputs));
    std::vector<int32_t> operands(24, -1);
    operands[0] = sequence;
    for (size_t gate = 0; gate < 4; ++gate) {
        operands[1 + gate] = random.weights({units, inputs}, 0, false);
        operands[5 + gate] = random.weights({units, units}, 0, false);
        operands[12 + gate] = random.bias(units);
    }
    const float scale = random.real(0.004F, 0.009F);
    const int zero = random.between(-128, 127);
    operands[18] = random_state(random, {batches, units}, model::TensorType::int8, scale, zero);
    operands[19] = random_state(random, {batches, units}, model::TensorType::int16,
                                1.0F / static_cast<float>(1 << random.between(10, 15)), 0);
    const int32_t out = random.tensor(shape(units), scale, zero);
    const float clip = random.between(0, 1) == 0 ? 0.0F : random.real(0.1F, 12.0F);
    random.apply(model::OperatorCode::unidirectional_sequence_lstm, operands, {out},
                 model::LstmOptions{model::Activation::tanh, clip, 0.0F, time_major});
    return random.finish(out);
}

model::Graph random_svdf(RandomGraph& random) {
    const int batches = random.between(1, 2);
    const int inputs = random.between(1, 24);
    const int units = random.between(1, 12);
    const int rank = random.between(1, 3);
    const int memory = random.between(1, 9);
    const bool wide = random.between(0, 3) != 0;
    const auto type = wide ? model::TensorType::int16 : model::TensorType::int8;
    const int filters = units * rank;
    const int32_t input = random.begin({batches, inputs});
    const int32_t features = random.weights({filters, inputs}, 0, false);
    const int32_t time = random.weights({filters, wide ? 2 * memory : memory}, 0, false);
    random.change(time, [&](model::Tensor& tensor) {
        tensor.type = type;
        tensor.shape[1] = memory;
        if (wide) tensor.quantization.scales[0] /= 256;
    });
    const int32_t bias = random.bias(units);
    const int32_t state =
        random_state(random, {batches, filters * memory}, type,
                     wide ? random.real(0.0005F, 0.01F) : random.real(0.05F, 0.5F),
                     wide ? 0 : random.between(-20, 20));
    const int32_t out = random.tensor({batches, units});
    random.apply(model::OperatorCode::svdf, {input, features, time, bias, state}, {out},
                 model::SvdfOptions{rank, model::Activation::relu});
    return random.finish(out);
}

}  // namespace ganglion::compile
