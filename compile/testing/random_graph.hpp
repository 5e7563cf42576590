#pragma once

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "model/graph.hpp"

namespace ganglion::compile {

/// Builds random int8 graphs for tests: same seed, same graph. The parts of a graph are public, so
/// that an operator's own case (random_cases.hpp) can be made from them:
///     int32_t image = random.begin({1, 4, 4, random.channels()});
///     const int32_t out = random.tensor(random.shape(image));
///     random.apply(model::OperatorCode::relu, {image}, {out}, {});
///     return random.finish(out);
class RandomGraph {
  public:
    explicit RandomGraph(uint32_t seed) : random_(seed) {}

    int between(int low, int high);

    /// An image operator of a random kind on a random image, sometimes behind a PAD.
    model::Graph layer();

    /// Several layers after each other with a branch that an addition joins.
    model::Graph network();

    /// Layers that only ever follow each other, as in mobile networks.
    model::Graph chain();

    /// Slices, splits, joins and elementwise functions after each other, on a small image.
    model::Graph moves();

    std::vector<int8_t> values(int64_t count);

    /// Starts a graph: its input.
    int32_t begin(std::vector<int32_t> of_shape);
    void apply(model::OperatorCode code, std::vector<int32_t> inputs, std::vector<int32_t> outputs,
               model::Options options);
    model::Graph finish(int32_t output);

    /// Mostly few, sometimes more than a vector's lanes.
    int channels() { return between(0, 7) == 0 ? between(21, 80) : between(1, 20); }

    std::vector<int32_t> shape(int32_t n) const { return graph_.tensors[n].shape; }
    float real(float low, float high);

    int32_t tensor(std::vector<int32_t> of_shape, float scale, int zero_point);
    int32_t tensor(std::vector<int32_t> of_shape);
    int32_t like(int32_t other, std::vector<int32_t> of_shape);

    /// Calls change(tensor).
    template <typename Change>
    void change(int32_t n, Change change) {
        change(graph_.tensors[static_cast<size_t>(n)]);
    }

    int32_t weights(std::vector<int32_t> of_shape, int32_t axis, bool per_channel);

    int32_t ints(const std::vector<int32_t>& numbers, std::vector<int32_t> of_shape);
    int32_t bias(int32_t channels);

    /// An int8 constant, quantized as another tensor; -1: in its own way.
    int32_t constant(std::vector<int32_t> of_shape, int32_t as = -1);
    /// A computed tensor of int32.
    int32_t indices(std::vector<int32_t> of_shape);

    model::Activation activation();

    /// A window that has at least one output position on this length.
    struct Axis {
        int kernel, stride, dilation, out;
    };
    Axis axis(int in, model::Padding padding, bool may_dilate);

    int32_t convolution(int32_t image);

    int32_t depthwise(int32_t image);

    int32_t pool(int32_t image, model::OperatorCode code);

    int32_t addition(int32_t image);
    /// A pointwise convolution that keeps the shape: the branch beside `image`.
    int32_t like_convolved(int32_t image);

    int32_t dense(int32_t image);

    int32_t elementwise(int32_t image);

    int32_t sliced(int32_t image);

    /// Split along one dimension, joined in another order along the same.
    int32_t rejoined(int32_t image);

    int32_t pad(int32_t image);
    /// PADV2.
    int32_t pad_with(int32_t image, int8_t value);

  private:
    std::mt19937 random_;
    model::Graph graph_;
};

}  // namespace ganglion::compile
