#include <algorithm>
#include <limits>

#include "train/quantize/float_operators.hpp"

namespace ganglion::train {
namespace {

/// How a window goes over an image: [1, height, width, channels] in and out.
struct Windows {
    int32_t in_height, in_width, in_channels;
    int32_t out_height, out_width, out_channels;
    int32_t kernel_height, kernel_width;
    int32_t stride_y, stride_x, dilation_y, dilation_x;
    int32_t top, left;

    size_t input_at(int32_t y, int32_t x) const {
        return (static_cast<size_t>(y) * static_cast<size_t>(in_width) + static_cast<size_t>(x)) *
               static_cast<size_t>(in_channels);
    }
    /// Calls `use` with the input's and the kernel's place of every tap inside the image.
    template <typename Use>
    void taps(int32_t y, int32_t x, const Use& use) const {
        for (int32_t ky = 0; ky < kernel_height; ++ky) {
            const int32_t iy = y * stride_y - top + ky * dilation_y;
            if (iy < 0 || iy >= in_height) continue;
            for (int32_t kx = 0; kx < kernel_width; ++kx) {
                const int32_t ix = x * stride_x - left + kx * dilation_x;
                if (ix < 0 || ix >= in_width) continue;
                use(input_at(iy, ix), static_cast<size_t>(ky) * static_cast<size_t>(kernel_width) +
                                          static_cast<size_t>(kx));
            }
        }
    }
};

template <typename Options>
Windows windows_of(const FloatStep& step, int32_t kernel_height, int32_t kernel_width,
                   int32_t dilation_y, int32_t dilation_x, const Options& options) {
    const auto& in = step.tensor(0).shape;
    const auto& out = step.result().shape;
    if (in.size() != 4 || out.size() != 4 || in[0] != 1 || out[0] != 1)
        step.fail("its input and output must be [1, height, width, channels]");
    if (options.stride_height < 1 || options.stride_width < 1 || dilation_y < 1 || dilation_x < 1 ||
        kernel_height < 1 || kernel_width < 1)
        step.fail("stride, dilation and kernel must be positive");
    Windows w{in[1],
              in[2],
              in[3],
              out[1],
              out[2],
              out[3],
              kernel_height,
              kernel_width,
              options.stride_height,
              options.stride_width,
              dilation_y,
              dilation_x,
              0,
              0};
    w.top = padding_before(options.padding, in[1], out[1], kernel_height, w.stride_y, w.dilation_y);
    w.left = padding_before(options.padding, in[2], out[2], kernel_width, w.stride_x, w.dilation_x);
    return w;
}

float bias_of(const FloatStep& step, size_t channel) {
    return step.has_input(2) ? step.input(2).at(channel) : 0.0F;
}

}  // namespace

int32_t padding_before(model::Padding padding, int32_t in, int32_t out, int32_t kernel,
                       int32_t stride, int32_t dilation) {
    if (padding == model::Padding::valid) return 0;
    return std::max(0, (out - 1) * stride + (kernel - 1) * dilation + 1 - in) / 2;
}

void run_float_convolution(const FloatStep& step) {
    const auto& options = step.options<model::Conv2dOptions>();
    const auto& shape = step.tensor(1).shape;
    if (shape.size() != 4) step.fail("its weights must be [out, height, width, in]");
    const Windows w = windows_of(step, shape[1], shape[2], options.dilation_height,
                                 options.dilation_width, options);
    const auto depth = static_cast<size_t>(shape[3]);
    const auto out = static_cast<size_t>(w.out_channels);
    if (shape[0] != w.out_channels || shape[3] != w.in_channels)
        step.fail("its weights do not fit its channels");
    const auto taps = static_cast<size_t>(shape[1]) * static_cast<size_t>(shape[2]);
    const float* input = step.input(0).data();
    const float* weights = step.input(1).data();
    float* to = step.output().data();
    for (int32_t y = 0; y < w.out_height; ++y) {
        for (int32_t x = 0; x < w.out_width; ++x, to += out) {
            for (size_t c = 0; c < out; ++c) {
                float sum = bias_of(step, c);
                w.taps(y, x, [&](size_t at, size_t tap) {
                    const float* a = input + at;
                    const float* b = weights + (c * taps + tap) * depth;
                    for (size_t i = 0; i < depth; ++i) sum += a[i] * b[i];
                });
                to[c] = activated(sum, options.activation);
            }
        }
    }
}

void run_float_depthwise(const FloatStep& step) {
    const auto& options = step.options<model::DepthwiseConv2dOptions>();
    const auto& shape = step.tensor(1).shape;
    if (shape.size() != 4) step.fail("its weights must be [1, height, width, channels]");
    const Windows w = windows_of(step, shape[1], shape[2], options.dilation_height,
                                 options.dilation_width, options);
    const auto out = static_cast<size_t>(w.out_channels);
    if (shape[3] != w.out_channels || w.out_channels % w.in_channels != 0)
        step.fail("its weights do not fit its channels");
    const size_t multiplier = out / static_cast<size_t>(w.in_channels);
    const float* input = step.input(0).data();
    const float* weights = step.input(1).data();
    float* to = step.output().data();
    for (int32_t y = 0; y < w.out_height; ++y) {
        for (int32_t x = 0; x < w.out_width; ++x, to += out) {
            for (size_t c = 0; c < out; ++c) {
                float sum = bias_of(step, c);
                w.taps(y, x, [&](size_t at, size_t tap) {
                    sum += input[at + c / multiplier] * weights[tap * out + c];
                });
                to[c] = activated(sum, options.activation);
            }
        }
    }
}

void run_float_dense(const FloatStep& step) {
    const auto& options = step.options<model::FullyConnectedOptions>();
    const auto& shape = step.tensor(1).shape;
    if (shape.size() != 2) step.fail("its weights must be [out, in]");
    const auto out = static_cast<size_t>(shape[0]);
    const auto depth = static_cast<size_t>(shape[1]);
    const auto& input = step.input(0);
    const auto& weights = step.input(1);
    auto& output = step.output();
    if (input.size() % depth != 0 || output.size() != input.size() / depth * out)
        step.fail("its shapes do not fit each other");
    for (size_t row = 0; row < input.size() / depth; ++row) {
        for (size_t c = 0; c < out; ++c) {
            float sum = bias_of(step, c);
            for (size_t i = 0; i < depth; ++i)
                sum += weights[c * depth + i] * input[row * depth + i];
            output[row * out + c] = activated(sum, options.activation);
        }
    }
}

void run_float_pool(const FloatStep& step) {
    const auto& options = step.options<model::Pool2dOptions>();
    const Windows w = windows_of(step, options.filter_height, options.filter_width, 1, 1, options);
    if (w.in_channels != w.out_channels) step.fail("pooling cannot change the channels");
    const bool greatest = step.op.code == model::OperatorCode::max_pool_2d;
    const float* input = step.input(0).data();
    float* to = step.output().data();
    for (int32_t y = 0; y < w.out_height; ++y) {
        for (int32_t x = 0; x < w.out_width; ++x) {
            for (int32_t c = 0; c < w.out_channels; ++c) {
                float most = -std::numeric_limits<float>::infinity();
                float sum = 0;
                int32_t count = 0;
                w.taps(y, x, [&](size_t at, size_t) {
                    const float value = input[at + static_cast<size_t>(c)];
                    most = std::max(most, value);
                    sum += value;
                    ++count;
                });
                if (count == 0) step.fail("a window lies outside the image");
                *to++ = activated(greatest ? most : sum / static_cast<float>(count),
                                  options.activation);
            }
        }
    }
}

}  // namespace ganglion::train
