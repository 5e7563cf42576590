#include "compile/channel_table.hpp"

namespace ganglion::compile {

ChannelTable add_channel_table(const Place& place, std::vector<int32_t> bias,
                               const model::Tensor& input, const model::Tensor& weights) {
    const size_t channels = bias.size();
    const auto& scales = weights.quantization.scales;
    if (scales.size() != 1 && scales.size() != channels)
        place.fail("its weights need one scale, or one a channel");
    const double in_scale = input.quantization.scales[0];
    const double out_scale = place.output().quantization.scales[0];
    std::vector<uint8_t> shifts;
    std::vector<int32_t>& table = bias;
    for (size_t i = 0; i < channels; ++i) {
        const double weight_scale = scales[scales.size() == 1 ? 0 : i];
        const Multiplier factor = place.multiplier(in_scale * weight_scale / out_scale);
        table.push_back(factor.multiplier);
        shifts.push_back(static_cast<uint8_t>(factor.shift));
    }
    const uint32_t offset = place.constants().add(std::span<const int32_t>(table));
    place.constants().add(
        std::span<const uint8_t>(shifts));  // follows directly: the table is whole words
    return {offset};
}

}  // namespace ganglion::compile
