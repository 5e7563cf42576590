#include "train/network/fast_layers.hpp"

#include <gtest/gtest.h>

#include "train/network/rounding.hpp"

namespace ganglion::train {
namespace {

bool alike(const torch::Tensor& a, const torch::Tensor& b) {
    return torch::allclose(a, b, 1e-4, 1e-4);
}

torch::Tensor leaf(at::IntArrayRef shape) {
    return (torch::randn(shape) * 2 + 0.5).requires_grad_();
}

/// Values and gradients of `ours` and `theirs` over the same leaves, under a loss that is no plain
/// sum.
template <typename Ours, typename Theirs>
void expect_equal(const std::vector<torch::Tensor>& leaves, Ours ours, Theirs theirs) {
    const auto y = ours(), z = theirs();
    EXPECT_TRUE(alike(y, z));
    const auto weights = torch::randn_like(y);
    const auto mine = torch::autograd::grad({(y * weights).sum()}, leaves);
    const auto libtorch = torch::autograd::grad({(z * weights).sum()}, leaves);
    for (size_t i = 0; i < leaves.size(); ++i) EXPECT_TRUE(alike(mine[i], libtorch[i])) << i;
}

/// The same values as [batch, channels, time], lying as the layers leave them.
torch::Tensor by_channel(const torch::Tensor& x) {
    return x.permute({1, 0, 2}).contiguous().permute({1, 0, 2});
}

TEST(ConvolutionOverTime, HasLibtorchsValuesAndGradients) {
    torch::manual_seed(4);
    for (const auto [batch, channels, time, outputs, kernel, stride] :
         {std::array{3, 5, 40, 7, 3, 2},
          {1, 1, 9, 1, 9, 1},
          {8, 16, 33, 12, 1, 1},
          {2, 6, 17, 9, 4, 3},
          {64, 32, 21, 30, 1, 1},
          {5, 3, 12, 4, 1, 2}}) {
        const auto x = leaf({batch, channels, time}), weight = leaf({outputs, channels, kernel}),
                   bias = leaf({outputs});
        const auto plain = [&, s = stride](const torch::Tensor& b) {
            const std::vector<int64_t> strides{s}, none{0};
            return torch::conv1d(x, weight, b, at::IntArrayRef(strides), at::IntArrayRef(none));
        };
        expect_equal(
            {x, weight, bias},
            [&, s = stride] { return convolution_over_time(x, weight, bias, s); },
            [&] { return plain(bias); });
        expect_equal(
            {x, weight},
            [&, s = stride] { return convolution_over_time(by_channel(x), weight, {}, s); },
            [&] { return plain({}); });
        const auto no_slopes = x.detach();  // as the first layer's input
        expect_equal(
            {weight}, [&, s = stride] { return convolution_over_time(no_slopes, weight, {}, s); },
            [&] { return plain({}); });
    }
}

TEST(DepthwiseOverTime, HasLibtorchsValuesAndGradients) {
    torch::manual_seed(1);
    for (const auto [batch, channels, time, kernel] :
         {std::array{3, 5, 40, 7}, {1, 1, 9, 9}, {8, 16, 33, 1}, {2, 64, 17, 2}}) {
        const auto x = leaf({batch, channels, time}), weight = leaf({channels, 1, kernel}),
                   bias = leaf({channels});
        const std::vector<int64_t> one{1}, none{0};
        const auto plain = [&, n = channels](const torch::Tensor& b) {
            return torch::conv1d(x, weight, b, at::IntArrayRef(one), at::IntArrayRef(none),
                                 at::IntArrayRef(one), n);
        };
        expect_equal(
            {x, weight, bias}, [&] { return depthwise_over_time(x, weight, bias); },
            [&] { return plain(bias); });
        expect_equal(
            {x, weight}, [&] { return depthwise_over_time(by_channel(x), weight, {}); },
            [&] { return plain({}); });
    }
}

TEST(BatchNormRelu, HasLibtorchsValuesGradientsAndRunningStatistics) {
    torch::manual_seed(2);
    for (const bool relu : {false, true}) {
        torch::nn::BatchNorm1d ours(6), theirs(6);
        for (auto* norm : {&ours, &theirs}) {
            torch::manual_seed(3);
            torch::NoGradGuard guard;
            (*norm)->weight.copy_(torch::randn({6}));
            (*norm)->bias.copy_(torch::randn({6}));
        }
        const auto x = leaf({4, 6, 21});
        const auto plain = [&] {
            const auto y = theirs(x);
            return relu ? torch::relu(y) : y;
        };
        const auto y = batch_norm_relu(x, ours, relu);
        const auto z = plain();
        EXPECT_TRUE(alike(y, z));
        EXPECT_TRUE(alike(ours->running_mean, theirs->running_mean));
        EXPECT_TRUE(alike(ours->running_var, theirs->running_var));
        const auto weights = torch::randn_like(y);
        const auto mine =
            torch::autograd::grad({(y * weights).sum()}, {x, ours->weight, ours->bias});
        const auto libtorch =
            torch::autograd::grad({(z * weights).sum()}, {x, theirs->weight, theirs->bias});
        for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(alike(mine[i], libtorch[i])) << i << relu;
    }
}

TEST(RoundedActivation, HasLibtorchsValuesAndGradients) {
    torch::manual_seed(5);
    const auto row =
        torch::cat({torch::randn({3 * 5 * 40 - 4}) * 3, torch::tensor({0.0F, -1e6F, 1e6F, 2.5F})});
    const auto dense = row.reshape({3, 5, 40}).requires_grad_();
    const auto holed = torch::randn({3, 5, 80}).requires_grad_();
    for (const auto& range : {std::array{-2.0F, 4.0F}, {0.0F, 5.0F}, {-1.0F, 0.0F}}) {
        const float scale = (range[1] - range[0]) / 255;
        const float zero = std::clamp(-128 - std::nearbyint(range[0] / scale), -128.0F, 127.0F);
        const auto check = [&](const torch::Tensor& leaf, const torch::Tensor& x) {
            const auto y = rounded_activation(x, false, range[0], range[1]);
            const auto z = torch::fake_quantize_per_tensor_affine(
                x, scale, static_cast<int64_t>(zero), -128, 127);
            EXPECT_TRUE(torch::equal(y, z));
            const auto weights = torch::randn_like(y);
            const auto mine = torch::autograd::grad({(y * weights).sum()}, {leaf});
            const auto libtorch = torch::autograd::grad({(z * weights).sum()}, {leaf});
            EXPECT_TRUE(torch::equal(mine[0], libtorch[0]));
        };
        check(dense, dense);
        check(dense, by_channel(dense));
        check(holed, holed.narrow(2, 7, 40));
    }
    const auto y = rounded_activation(dense, true, -3, 4);
    EXPECT_GE(y.min().item<float>(), 0);
}

}  // namespace
}  // namespace ganglion::train
