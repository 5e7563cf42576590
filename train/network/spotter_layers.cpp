#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "train/fit/fit_spotter.hpp"

namespace ganglion::train {

std::vector<FoldedLayer> spotter_layers(const project::Project& project) {
    const auto& channels = project.network.channels;
    constexpr int32_t first_kernel = 3;
    constexpr int32_t first_stride = 2;
    if (channels.size() < 2) {
        throw std::runtime_error(fmt::format(
            "{}: network.channels: name at least two widths: first convolution, then each block",
            project.path.string()));
    }
    auto time = (static_cast<int32_t>(project.features.frames) - first_kernel) / first_stride + 1;
    auto width = static_cast<int32_t>(channels[0]);
    std::vector<FoldedLayer> layers;
    layers.push_back({LayerKind::convolution,
                      static_cast<int32_t>(project.frame_values()),
                      width,
                      first_kernel,
                      first_stride,
                      true,
                      {},
                      {}});
    for (size_t i = 1; i < channels.size(); ++i) {
        // Kernels grow with depth; the last one takes all that is left, so that one moment remains.
        const auto left = static_cast<int32_t>(channels.size() - i);
        const int32_t kernel =
            left == 1 ? time
                      : std::min<int32_t>(3 + 2 * static_cast<int32_t>(i), time - 2 * (left - 1));
        if (kernel < 1) {
            throw std::runtime_error(
                fmt::format("{}: network.channels: {} blocks do not fit into {} frames; use fewer "
                            "blocks or more "
                            "features.frames",
                            project.path.string(), channels.size() - 1, project.features.frames));
        }
        const auto wider = static_cast<int32_t>(channels[i]);
        layers.push_back({LayerKind::depthwise, width, width, kernel, 1, true, {}, {}});
        layers.push_back({LayerKind::convolution, width, wider, 1, 1, true, {}, {}});
        time -= kernel - 1;
        width = wider;
    }
    layers.push_back({LayerKind::dense,
                      width,
                      static_cast<int32_t>(project.decision.labels.size()),
                      1,
                      1,
                      false,
                      {},
                      {}});
    return layers;
}

}  // namespace ganglion::train
