#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "train/fit/fit_classifier.hpp"

namespace ganglion::train {
namespace {

/// Layers one after the other, keeping count of the shape between them.
class Stack {
  public:
    Stack(int32_t time, int32_t values) : time_(time), values_(values) {}

    void convolution(int32_t out, int32_t kernel, int32_t stride) {
        layers_.push_back({LayerKind::convolution, values_, out, kernel, stride, true, {}, {}});
        values_ = out;
        time_ = (time_ - kernel) / stride + 1;
    }
    void depthwise(int32_t kernel) {
        layers_.push_back({LayerKind::depthwise, values_, values_, kernel, 1, true, {}, {}});
        time_ -= kernel - 1;
    }
    void dense(int32_t out, bool relu) {
        layers_.push_back({LayerKind::dense, time_ * values_, out, 1, 1, relu, {}, {}});
        time_ = 1;
        values_ = out;
    }

    void recurrent(LayerKind kind, int32_t out) {
        layers_.push_back({kind, values_, out, 1, 1, false, {}, {}});
        time_ = 1;
        values_ = out;
    }

    /// The last layer becomes linear, what comes of it is added to layer `earlier` and rectified.
    void add(size_t earlier, bool relu) {
        layers_.back().adds = static_cast<int32_t>(earlier);
        layers_.back().relu = relu;
    }
    void make_linear() { layers_.back().relu = false; }
    size_t last() const { return layers_.size() - 1; }

    int32_t time() const { return time_; }
    int32_t values() const { return values_; }
    std::vector<FoldedLayer> take() { return std::move(layers_); }

  private:
    std::vector<FoldedLayer> layers_;
    int32_t time_;
    int32_t values_;
};

[[noreturn]] void reject(const ClassifierSettings& settings, const std::string& what) {
    throw std::runtime_error(fmt::format("{}: network: {}", settings.name, what));
}

/// First a convolution with stride 2 where there is time enough, then one block a further width;
/// kernels grow with depth, and the last takes all that is left, so that one moment remains.
void over_time(const ClassifierSettings& settings, bool separable, Stack& stack) {
    const auto& channels = settings.channels;
    const int32_t first = channels.size() == 1 ? stack.time() : std::min(stack.time(), 3);
    const int32_t stride = channels.size() > 1 && stack.time() >= 16 ? 2 : 1;
    stack.convolution(static_cast<int32_t>(channels[0]), first, stride);
    for (size_t i = 1; i < channels.size(); ++i) {
        const auto left = static_cast<int32_t>(channels.size() - i);
        const int32_t kernel = left == 1 ? stack.time()
                                         : std::min<int32_t>(3 + 2 * static_cast<int32_t>(i),
                                                             stack.time() - 2 * (left - 1));
        if (kernel < 1) {
            reject(settings, fmt::format("{} widths do not fit into the frames; write fewer "
                                         "channels or more features.frames",
                                         channels.size()));
        }
        if (separable) stack.depthwise(kernel);
        stack.convolution(static_cast<int32_t>(channels[i]), separable ? 1 : kernel, 1);
    }
}

constexpr int32_t kBlockKernel = 3;
constexpr int32_t kExpansion = 4;  // of an inverted block's channels within it

/// Blocks whose input, its latest moments, is added to their output (He et al., "Deep residual
/// learning for image recognition", 2016): two convolutions a block; a narrower or wider block
/// begins with one of width one in time. `inverted`: widened, depthwise, narrowed without an
/// activation (Sandler et al., "MobileNetV2", 2018). What time is left one depthwise layer weighs.
void in_blocks(const ClassifierSettings& settings, bool inverted, Stack& stack) {
    const auto& channels = settings.channels;
    const int32_t stride = stack.time() >= 16 ? 2 : 1;
    stack.convolution(static_cast<int32_t>(channels[0]), std::min(stack.time(), 3), stride);
    for (size_t i = 1; i < channels.size(); ++i) {
        const auto width = static_cast<int32_t>(channels[i]);
        const int32_t shrinks = (inverted ? 1 : 2) * (kBlockKernel - 1);
        if (stack.time() <= shrinks) {
            reject(settings, fmt::format("{} blocks do not fit into the frames; write fewer "
                                         "channels or more features.frames",
                                         channels.size() - 1));
        }
        if (inverted) {
            const bool same = stack.values() == width;
            const size_t before = stack.last();
            stack.convolution(kExpansion * stack.values(), 1, 1);
            stack.depthwise(kBlockKernel);
            stack.convolution(width, 1, 1);
            stack.make_linear();
            if (same) stack.add(before, false);
            continue;
        }
        if (stack.values() != width) stack.convolution(width, 1, 1);
        const size_t before = stack.last();
        stack.convolution(width, kBlockKernel, 1);
        stack.convolution(width, kBlockKernel, 1);
        stack.add(before, true);
    }
    stack.depthwise(stack.time());
}

/// Convolutions of all widths but the last, the first with stride 2 where there is time enough, and
/// a recurrent layer over what is left of time.
void with_state(const ClassifierSettings& settings, LayerKind kind, Stack& stack) {
    const auto& channels = settings.channels;
    for (size_t i = 0; i + 1 < channels.size(); ++i) {
        const int32_t stride = i == 0 && stack.time() >= 16 ? 2 : 1;
        stack.convolution(static_cast<int32_t>(channels[i]), std::min(stack.time(), 3), stride);
    }
    stack.recurrent(kind, static_cast<int32_t>(channels.back()));
}

}  // namespace

std::vector<FoldedLayer> classifier_layers(const ClassifierSettings& settings, uint32_t frames,
                                           uint32_t values) {
    Stack stack(static_cast<int32_t>(frames), static_cast<int32_t>(values));
    if (settings.kind == "dense") {
        for (const uint32_t width : settings.channels)
            stack.dense(static_cast<int32_t>(width), true);
    } else if (settings.kind == "ds_cnn" || settings.kind == "temporal") {
        if (settings.channels.empty()) {
            reject(settings, "name at least one width in channels, e.g. [32, 32, 32]");
        }
        over_time(settings, settings.kind == "ds_cnn", stack);
    } else if (settings.kind == "residual" || settings.kind == "inverted_residual") {
        if (settings.channels.size() < 2) {
            reject(settings,
                   "name at least two widths in channels: the first convolution's, then each "
                   "block's, e.g. [16, 16, 16]");
        }
        in_blocks(settings, settings.kind == "inverted_residual", stack);
    } else if (settings.kind == "lstm" || settings.kind == "gru") {
        if (settings.channels.empty()) {
            reject(settings,
                   "name the width of the state in channels, e.g. [24], and before it those of "
                   "convolutions, e.g. [32, 24]");
        }
        with_state(settings, settings.kind == "lstm" ? LayerKind::lstm : LayerKind::gru, stack);
    } else {
        reject(settings,
               fmt::format("kind '{}' is not known; write \"dense\", \"ds_cnn\", "
                           "\"temporal\", \"residual\", \"inverted_residual\", "
                           "\"lstm\", \"gru\", \"forest\", \"linear_svm\", \"kernel_svm\", "
                           "\"prototypes\" or \"mixture\"",
                           settings.kind));
    }
    stack.dense(static_cast<int32_t>(settings.classes), false);
    return stack.take();
}

}  // namespace ganglion::train
