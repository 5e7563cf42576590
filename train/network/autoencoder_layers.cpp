#include <fmt/format.h>

#include <stdexcept>

#include "train/fit/fit_autoencoder.hpp"

namespace ganglion::train {

std::vector<FoldedLayer> autoencoder_layers(const project::Project& project) {
    const auto& channels = project.network.channels;
    if (channels.empty()) {
        throw std::runtime_error(
            fmt::format("{}: network.channels: name the widths from the outside to the bottleneck, "
                        "e.g. [32, 8]",
                        project.path.string()));
    }
    const auto outside = static_cast<int32_t>(project.frame_values() * project.features.frames);
    std::vector<int32_t> widths{outside};
    for (const uint32_t width : channels) widths.push_back(static_cast<int32_t>(width));
    for (size_t i = channels.size() - 1; i-- > 0;)
        widths.push_back(static_cast<int32_t>(channels[i]));
    widths.push_back(outside);
    std::vector<FoldedLayer> layers;
    for (size_t i = 0; i + 1 < widths.size(); ++i) {
        const bool last = i + 2 == widths.size();
        layers.push_back({LayerKind::dense, widths[i], widths[i + 1], 1, 1, !last, {}, {}});
    }
    return layers;
}

}  // namespace ganglion::train
