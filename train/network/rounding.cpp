#include "train/network/rounding.hpp"

#include <algorithm>
#include <cmath>

#include "train/network/row_kernels.hpp"

namespace ganglion::train {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// libtorch's fake quantization without its mask: what lies within is told from x again.
struct Rounded : torch::autograd::Function<Rounded> {
    static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, double scale,
                                 double zero) {
        context->save_for_backward({x});
        context->saved_data["scale"] = scale;
        context->saved_data["zero"] = zero;
        auto y = torch::empty_like(x);  // of x's strides
        round_row(x.data_ptr<float>(), {static_cast<float>(scale), static_cast<float>(zero)},
                  x.numel(), y.data_ptr<float>());
        return y;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto x = context->get_saved_variables()[0];
        auto to_x = torch::empty_like(x);
        auto slope = gradients[0];
        if (slope.strides() != x.strides()) slope = torch::empty_like(x).copy_(slope);
        pass_slopes(slope.data_ptr<float>(), x.data_ptr<float>(),
                    {static_cast<float>(context->saved_data["scale"].toDouble()),
                     static_cast<float>(context->saved_data["zero"].toDouble())},
                    x.numel(), to_x.data_ptr<float>());
        return {to_x, {}, {}};
    }
};

}  // namespace

torch::Tensor round_through(const torch::Tensor& x, const torch::Tensor& rounded) {
    return x + (rounded - x).detach();
}

torch::Tensor rounded_activation(const torch::Tensor& x, bool relu, float least, float greatest) {
    const float low = relu ? 0.0F : std::min(0.0F, least);
    const float high = std::max({0.0F, greatest, low + 1e-6F});
    const float scale = (high - low) / 255.0F;
    const float zero = std::clamp(-128.0F - std::nearbyint(low / scale), -128.0F, 127.0F);
    if (x.is_cpu()) {
        return Rounded::apply(x.is_non_overlapping_and_dense() ? x : x.contiguous(),
                              static_cast<double>(scale), static_cast<double>(zero));
    }
    return torch::fake_quantize_per_tensor_affine(x, scale, static_cast<int64_t>(zero), -128, 127);
}

}  // namespace ganglion::train
