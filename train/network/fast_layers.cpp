#include "train/network/fast_layers.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace ganglion::train {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Sums are kept in so many lanes, which the compiler puts into vector registers: it may not
/// reorder a single floating-point sum itself.
constexpr int64_t kLanes = 16;
using Lanes = std::array<float, kLanes>;

float total(const Lanes& lanes) {
    double sum = 0;
    for (const float lane : lanes) sum += static_cast<double>(lane);
    return static_cast<float>(sum);
}

/// lanes += a × b over `count` values.
void add_products(Lanes& lanes, const float* a, const float* b, int64_t count) {
    int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
        for (int64_t l = 0; l < kLanes; ++l) lanes[static_cast<size_t>(l)] += a[i + l] * b[i + l];
    }
    for (int64_t l = 0; i + l < count; ++l) lanes[static_cast<size_t>(l)] += a[i + l] * b[i + l];
}

torch::Tensor convolved(const torch::Tensor& x, const torch::Tensor& weight, int64_t padding) {
    const std::vector<int64_t> one{1};
    const std::vector<int64_t> around{padding};
    return torch::conv1d(x, weight, {}, at::IntArrayRef(one), at::IntArrayRef(around),
                         at::IntArrayRef(one), x.size(1));
}

struct Depthwise : torch::autograd::Function<Depthwise> {
    static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x,
                                 const torch::Tensor& weight) {
        context->save_for_backward({x, weight});
        return convolved(x, weight, 0);
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto& x = saved[0];
        const auto& weight = saved[1];
        const auto gradient = gradients[0].contiguous();
        const int64_t batch = x.size(0), channels = x.size(1), time = x.size(2);
        const int64_t kernel = weight.size(2), out = gradient.size(2);
        // The gradient of the input is the gradient of the output under the kernel turned round.
        const auto to_x = convolved(gradient, weight.flip(2), kernel - 1);
        auto to_weight = torch::empty_like(weight);
        const float* values = x.data_ptr<float>();
        const float* slopes = gradient.data_ptr<float>();
        float* target = to_weight.data_ptr<float>();
        std::vector<Lanes> lanes(static_cast<size_t>(kernel));
        for (int64_t c = 0; c < channels; ++c) {
            std::fill(lanes.begin(), lanes.end(), Lanes{});
            for (int64_t n = 0; n < batch; ++n) {
                const float* from = values + (n * channels + c) * time;
                const float* slope = slopes + (n * channels + c) * out;
                for (int64_t k = 0; k < kernel; ++k)
                    add_products(lanes[static_cast<size_t>(k)], slope, from + k, out);
            }
            for (int64_t k = 0; k < kernel; ++k)
                target[c * kernel + k] = total(lanes[static_cast<size_t>(k)]);
        }
        return {to_x, to_weight};
    }
};

/// One channel's rows: `batch` of `time` values, `stride` apart.
struct Rows {
    int64_t batch, time, stride;

    template <typename Work>
    void each(Work work) const {
        for (int64_t n = 0; n < batch; ++n) work(n * stride);
    }
};

struct NormRelu : torch::autograd::Function<NormRelu> {
    static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x,
                                 const torch::Tensor& gamma, const torch::Tensor& beta,
                                 const torch::Tensor& mean, const torch::Tensor& inverse,
                                 bool relu) {
        const int64_t batch = x.size(0), channels = x.size(1), time = x.size(2);
        auto y = torch::empty_like(x);
        for (int64_t c = 0; c < channels; ++c) {
            const float scale = gamma.data_ptr<float>()[c] * inverse.data_ptr<float>()[c];
            const float offset = beta.data_ptr<float>()[c] - mean.data_ptr<float>()[c] * scale;
            const float floor = relu ? 0.0F : -INFINITY;
            Rows{batch, time, channels * time}.each([&](int64_t row) {
                const float* from = x.data_ptr<float>() + row + c * time;
                float* to = y.data_ptr<float>() + row + c * time;
                for (int64_t t = 0; t < time; ++t)
                    to[t] = std::max(floor, from[t] * scale + offset);
            });
        }
        context->save_for_backward({x, gamma, mean, inverse, y});
        context->saved_data["relu"] = relu;
        return y;
    }

    /// With n values a channel and x̂ = (x - mean) × inverse:
    /// dx = gamma × inverse × (dy - mean(dy) - x̂ × mean(dy × x̂)).
    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto& x = saved[0];
        const auto& gamma = saved[1];
        const auto& mean = saved[2];
        const auto& inverse = saved[3];
        const auto& y = saved[4];
        const bool relu = context->saved_data["relu"].toBool();
        const int64_t batch = x.size(0), channels = x.size(1), time = x.size(2);
        auto slope = gradients[0].contiguous();
        if (relu) slope = slope * (y > 0);
        auto to_x = torch::empty_like(x);
        auto to_gamma = torch::empty_like(gamma);
        auto to_beta = torch::empty_like(gamma);
        const float count = static_cast<float>(batch * time);
        const std::vector<float> ones(static_cast<size_t>(time), 1.0F);
        const Rows rows{batch, time, channels * time};
        for (int64_t c = 0; c < channels; ++c) {
            const float* values = x.data_ptr<float>() + c * time;
            const float* slopes = slope.data_ptr<float>() + c * time;
            float* target = to_x.data_ptr<float>() + c * time;
            const float middle = mean.data_ptr<float>()[c];
            const float steepness = inverse.data_ptr<float>()[c];
            Lanes plain{}, weighted{};
            rows.each([&](int64_t row) {
                add_products(plain, slopes + row, ones.data(), time);
                add_products(weighted, slopes + row, values + row, time);
            });
            const float sum = total(plain);
            const float along = (total(weighted) - middle * sum) * steepness;
            to_beta.data_ptr<float>()[c] = sum;
            to_gamma.data_ptr<float>()[c] = along;
            const float scale = gamma.data_ptr<float>()[c] * steepness;
            const float tilt = along / count * steepness;
            const float level = sum / count - tilt * middle;
            rows.each([&](int64_t row) {
                for (int64_t t = 0; t < time; ++t)
                    target[row + t] = scale * (slopes[row + t] - level - tilt * values[row + t]);
            });
        }
        return {to_x, to_gamma, to_beta, {}, {}, {}};
    }
};

}  // namespace

torch::Tensor depthwise_over_time(const torch::Tensor& x, const torch::Tensor& weight,
                                  const torch::Tensor& bias) {
    if (!x.is_cpu()) {
        return torch::nn::functional::conv1d(
            x, weight,
            torch::nn::functional::Conv1dFuncOptions().bias(bias).groups(weight.size(0)));
    }
    const auto y = Depthwise::apply(x.contiguous(), weight);
    return bias.defined() ? y + bias.reshape({1, -1, 1}) : y;
}

torch::Tensor batch_norm_relu(const torch::Tensor& x, const torch::nn::BatchNorm1d& norm,
                              bool relu) {
    if (!x.is_cpu()) {
        torch::nn::BatchNorm1d same = norm;  // a handle to the same layer
        const auto y = same->forward(x);
        return relu ? torch::relu(y) : y;
    }
    const auto input = x.contiguous();
    const int64_t batch = x.size(0), channels = x.size(1), time = x.size(2);
    auto mean = torch::empty({channels});
    auto variance = torch::empty({channels});
    {
        const torch::NoGradGuard guard;
        const Rows rows{batch, time, channels * time};
        const std::vector<float> ones(static_cast<size_t>(time), 1.0F);
        const auto count = static_cast<float>(batch * time);
        std::vector<float> centred(static_cast<size_t>(time));
        for (int64_t c = 0; c < channels; ++c) {
            const float* values = input.data_ptr<float>() + c * time;
            Lanes sum{}, squares{};
            rows.each([&](int64_t row) { add_products(sum, values + row, ones.data(), time); });
            const float middle = total(sum) / count;
            rows.each([&](int64_t row) {
                for (int64_t t = 0; t < time; ++t)
                    centred[static_cast<size_t>(t)] = values[row + t] - middle;
                add_products(squares, centred.data(), centred.data(), time);
            });
            mean.data_ptr<float>()[c] = middle;
            variance.data_ptr<float>()[c] = total(squares) / count;
        }
        const double momentum = norm->options.momentum().value_or(0.1);
        const double unbiased = static_cast<double>(count) / std::max(1.0, count - 1.0);
        norm->running_mean.mul_(1 - momentum).add_(mean, momentum);
        norm->running_var.mul_(1 - momentum).add_(variance, momentum * unbiased);
        norm->num_batches_tracked.add_(1);
    }
    const auto inverse = (variance + norm->options.eps()).rsqrt();
    return NormRelu::apply(input, norm->weight, norm->bias, mean, inverse, relu);
}

}  // namespace ganglion::train
