#include "train/network/fast_layers.hpp"

#include <gtest/gtest.h>

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
            {x, weight}, [&] { return depthwise_over_time(x, weight, {}); },
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

}  // namespace
}  // namespace ganglion::train
