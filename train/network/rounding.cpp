#include "train/network/rounding.hpp"

#include <algorithm>
#include <cmath>

namespace ganglion::train {

torch::Tensor round_through(const torch::Tensor& x, const torch::Tensor& rounded) {
    return x + (rounded - x).detach();
}

torch::Tensor rounded_activation(const torch::Tensor& x, bool relu, float least, float greatest) {
    const float low = relu ? 0.0F : std::min(0.0F, least);
    const float high = std::max({0.0F, greatest, low + 1e-6F});
    const float scale = (high - low) / 255.0F;
    const float zero = std::clamp(-128.0F - std::nearbyint(low / scale), -128.0F, 127.0F);
    return torch::fake_quantize_per_tensor_affine(x, scale, static_cast<int64_t>(zero), -128, 127);
}

}  // namespace ganglion::train
