#include "train/network/fast_layers.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "train/network/row_kernels.hpp"

namespace ganglion::train {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// [batch, channels, time] as [channels, batch, time] without gaps, and back; a copy only where it
/// lies otherwise.
torch::Tensor by_channel(const torch::Tensor& x) {
    return x.permute({1, 0, 2}).contiguous();
}
torch::Tensor by_batch(const torch::Tensor& x) {
    return x.permute({1, 0, 2});
}

/// A function takes no undefined tensor: no bias is one of no values, and its slopes are none.
torch::Tensor or_empty(const torch::Tensor& bias) {
    return bias.defined() ? bias : torch::empty({0});
}
torch::Tensor slopes_for(const torch::Tensor& bias) {
    return bias.numel() > 0 ? torch::empty_like(bias) : torch::Tensor();
}

/// What each output of a convolution sees, [channels × kernel, batch, outputs], of x [channels,
/// batch, time].
torch::Tensor columns_of(const torch::Tensor& x, int64_t kernel, int64_t stride) {
    const int64_t channels = x.size(0), batch = x.size(1), time = x.size(2);
    const int64_t out = (time - kernel) / stride + 1;
    if (kernel == 1 && stride == 1) return x;
    auto columns = torch::empty({channels * kernel, batch, out});
    const float* from = x.data_ptr<float>();
    float* to = columns.data_ptr<float>();
    for (int64_t c = 0; c < channels; ++c) {
        for (int64_t k = 0; k < kernel; ++k) {
            for (int64_t n = 0; n < batch; ++n, to += out) {
                const float* row = from + (c * batch + n) * time + k;
                for (int64_t t = 0; t < out; ++t) to[t] = row[t * stride];
            }
        }
    }
    return columns;
}

/// The other way: the slopes of columns_of() added up into those of x.
torch::Tensor columns_added(const torch::Tensor& columns, int64_t kernel, int64_t stride,
                            int64_t time) {
    if (kernel == 1 && stride == 1) return columns;
    const int64_t channels = columns.size(0) / kernel, batch = columns.size(1);
    const int64_t out = columns.size(2);
    auto x = torch::zeros({channels, batch, time});
    const float* from = columns.data_ptr<float>();
    float* to = x.data_ptr<float>();
    for (int64_t c = 0; c < channels; ++c) {
        for (int64_t k = 0; k < kernel; ++k) {
            for (int64_t n = 0; n < batch; ++n, from += out) {
                float* row = to + (c * batch + n) * time + k;
                for (int64_t t = 0; t < out; ++t) row[t * stride] += from[t];
            }
        }
    }
    return x;
}

struct Convolution : torch::autograd::Function<Convolution> {
    static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x,
                                 const torch::Tensor& weight, const torch::Tensor& bias,
                                 int64_t stride) {
        const int64_t outputs = weight.size(0), kernel = weight.size(2);
        const auto columns = columns_of(by_channel(x), kernel, stride);
        auto y = torch::empty({outputs, columns.size(1), columns.size(2)});
        const auto filters = weight.contiguous();
        weigh_rows(filters.data_ptr<float>(), bias.numel() > 0 ? bias.data_ptr<float>() : nullptr,
                   columns.data_ptr<float>(), outputs, columns.size(0),
                   columns.size(1) * columns.size(2), y.data_ptr<float>());
        context->save_for_backward({columns, filters, bias});
        context->saved_data["stride"] = stride;
        context->saved_data["time"] = x.size(2);
        context->saved_data["to_x"] = x.requires_grad();
        return by_batch(y);
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto& columns = saved[0];
        const auto& weight = saved[1];
        const auto slope = by_channel(gradients[0]);
        const int64_t outputs = weight.size(0), inner = columns.size(0);
        const int64_t count = columns.size(1) * columns.size(2);
        auto to_weight = torch::empty_like(weight);
        multiply_rows(slope.data_ptr<float>(), columns.data_ptr<float>(), outputs, inner, count,
                      to_weight.data_ptr<float>());
        auto to_bias = slopes_for(saved[2]);
        for (int64_t o = 0; to_bias.defined() && o < outputs; ++o)
            to_bias.data_ptr<float>()[o] = sum_of_row(slope.data_ptr<float>() + o * count, count);
        torch::Tensor to_x;
        if (context->saved_data["to_x"].toBool()) {
            const auto turned = weight.reshape({outputs, inner}).t().contiguous();
            auto to_columns = torch::empty_like(columns);
            weigh_rows(turned.data_ptr<float>(), nullptr, slope.data_ptr<float>(), inner, outputs,
                       count, to_columns.data_ptr<float>());
            to_x = by_batch(columns_added(to_columns, weight.size(2),
                                          context->saved_data["stride"].toInt(),
                                          context->saved_data["time"].toInt()));
        }
        return {to_x, to_weight, to_bias, {}};
    }
};

/// A channel's moments, those of all of a batch, are one row: its filter runs over the bounds
/// within, and what it finds there is left out.
struct Depthwise : torch::autograd::Function<Depthwise> {
    static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x,
                                 const torch::Tensor& weight, const torch::Tensor& bias) {
        const auto input = by_channel(x);
        const auto filters = weight.contiguous();
        const int64_t channels = input.size(0), batch = input.size(1), time = input.size(2);
        const int64_t taps = weight.size(2), out = time - taps + 1;
        auto y = torch::empty({channels, batch, out});
        float* to = y.data_ptr<float>();
        std::vector<float> all(static_cast<size_t>(batch * time));
        for (int64_t c = 0; c < channels; ++c) {
            filter_row(input.data_ptr<float>() + c * batch * time,
                       filters.data_ptr<float>() + c * taps, taps,
                       bias.numel() > 0 ? bias.data_ptr<float>()[c] : 0.0F, batch * time - taps + 1,
                       all.data());
            for (int64_t n = 0; n < batch; ++n, to += out)
                std::copy_n(all.data() + n * time, out, to);
        }
        context->save_for_backward({input, filters, bias});
        return by_batch(y);
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto& x = saved[0];
        const auto& weight = saved[1];
        const auto slope = by_channel(gradients[0]);
        const int64_t channels = x.size(0), batch = x.size(1), time = x.size(2);
        const int64_t taps = weight.size(2), out = slope.size(2);
        const auto turned = weight.flip(2);
        auto to_x = torch::empty_like(x);
        auto to_weight = torch::empty_like(weight);
        auto to_bias = slopes_for(saved[2]);
        // Zeros where the filter ran over a bound, and before the first.
        std::vector<float> spread(static_cast<size_t>(batch * time + taps - 1), 0.0F);
        float* slopes = spread.data() + taps - 1;
        for (int64_t c = 0; c < channels; ++c) {
            for (int64_t n = 0; n < batch; ++n)
                std::copy_n(slope.data_ptr<float>() + (c * batch + n) * out, out,
                            slopes + n * time);
            filter_row(spread.data(), turned.data_ptr<float>() + c * taps, taps, 0, batch * time,
                       to_x.data_ptr<float>() + c * batch * time);
            filter_slopes(slopes, x.data_ptr<float>() + c * batch * time, taps,
                          batch * time - taps + 1, to_weight.data_ptr<float>() + c * taps);
            if (to_bias.defined())
                to_bias.data_ptr<float>()[c] = sum_of_row(slopes, batch * time - taps + 1);
        }
        return {by_batch(to_x), to_weight, to_bias};
    }
};

struct NormRelu : torch::autograd::Function<NormRelu> {
    static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x,
                                 const torch::Tensor& gamma, const torch::Tensor& beta,
                                 const torch::nn::BatchNorm1d& norm, bool relu) {
        const auto input = by_channel(x);
        const int64_t channels = input.size(0), count = input.size(1) * input.size(2);
        auto y = torch::empty_like(input);
        auto mean = torch::empty({channels}), inverse = torch::empty({channels});
        const auto momentum = static_cast<float>(norm->options.momentum().value_or(0.1));
        const float floor = relu ? 0.0F : -INFINITY;
        const auto n = static_cast<float>(count);
        const auto move = [&](float& running, float now) { running += momentum * (now - running); };
        for (int64_t c = 0; c < channels; ++c) {
            const float* row = input.data_ptr<float>() + c * count;
            const float middle = sum_of_row(row, count) / n;
            const float squares = squares_of_row(row, middle, count);
            const float steepness =
                1 / std::sqrt(squares / n + static_cast<float>(norm->options.eps()));
            const float scale = gamma.data_ptr<float>()[c] * steepness;
            scale_row(row, scale, beta.data_ptr<float>()[c] - middle * scale, floor, count,
                      y.data_ptr<float>() + c * count);
            mean.data_ptr<float>()[c] = middle;
            inverse.data_ptr<float>()[c] = steepness;
            move(norm->running_mean.data_ptr<float>()[c], middle);
            move(norm->running_var.data_ptr<float>()[c], squares / std::max(1.0F, n - 1));
        }
        norm->num_batches_tracked.data_ptr<int64_t>()[0] += 1;
        context->save_for_backward({input, gamma, mean, inverse, y});
        context->saved_data["floor"] = static_cast<double>(floor);
        return by_batch(y);
    }

    /// With n values a channel and x̂ = (x - mean) × inverse:
    /// dx = gamma × inverse × (dy - mean(dy) - x̂ × mean(dy × x̂)).
    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto& x = saved[0];
        const auto& gamma = saved[1];
        const auto& y = saved[4];
        const auto floor = static_cast<float>(context->saved_data["floor"].toDouble());
        const int64_t channels = x.size(0), count = x.size(1) * x.size(2);
        const auto slope = by_channel(gradients[0]);
        auto to_x = torch::empty_like(x);
        auto to_gamma = torch::empty_like(gamma);
        auto to_beta = torch::empty_like(gamma);
        for (int64_t c = 0; c < channels; ++c) {
            const float* row = x.data_ptr<float>() + c * count;
            float* target = to_x.data_ptr<float>() + c * count;
            const float middle = saved[2].data_ptr<float>()[c];
            const float steepness = saved[3].data_ptr<float>()[c];
            const auto sums =
                mask_slopes(slope.data_ptr<float>() + c * count, y.data_ptr<float>() + c * count,
                            row, floor, count, target);
            const float along = (sums.weighted - middle * sums.plain) * steepness;
            to_beta.data_ptr<float>()[c] = sums.plain;
            to_gamma.data_ptr<float>()[c] = along;
            const float tilt = along / static_cast<float>(count) * steepness;
            const float level = sums.plain / static_cast<float>(count) - tilt * middle;
            tilt_row(row, gamma.data_ptr<float>()[c] * steepness, level, tilt, count, target);
        }
        return {by_batch(to_x), to_gamma, to_beta, {}, {}};
    }
};

}  // namespace

torch::Tensor convolution_over_time(const torch::Tensor& x, const torch::Tensor& weight,
                                    const torch::Tensor& bias, int64_t stride) {
    if (x.is_cpu()) return Convolution::apply(x, weight, or_empty(bias), stride);
    return torch::nn::functional::conv1d(
        x, weight, torch::nn::functional::Conv1dFuncOptions().bias(bias).stride(stride));
}

torch::Tensor depthwise_over_time(const torch::Tensor& x, const torch::Tensor& weight,
                                  const torch::Tensor& bias) {
    if (x.is_cpu()) return Depthwise::apply(x, weight, or_empty(bias));
    return torch::nn::functional::conv1d(
        x, weight, torch::nn::functional::Conv1dFuncOptions().bias(bias).groups(weight.size(0)));
}

torch::Tensor batch_norm_relu(const torch::Tensor& x, const torch::nn::BatchNorm1d& norm,
                              bool relu) {
    if (x.is_cpu()) return NormRelu::apply(x, norm->weight, norm->bias, norm, relu);
    torch::nn::BatchNorm1d same = norm;  // a handle to the same layer
    const auto y = same->forward(x);
    return relu ? torch::relu(y) : y;
}

}  // namespace ganglion::train
