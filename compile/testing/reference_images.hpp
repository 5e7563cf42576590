#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "compile/testing/reference_elements.hpp"
#include "compile/testing/reference_numbers.hpp"

// The plain interpreter's resizes and products of matrices, whose meaning is one for int8 and
// int16.

namespace ganglion::compile::reference {

inline model::ResizeOptions resize_options(const Operator& op) {
    if (const auto* o = std::get_if<model::ResizeBilinearOptions>(&op.options)) return *o;
    return std::get<model::ResizeNearestOptions>(op.options);
}

/// One dimension of a resize.
struct Resized {
    int in, out;
    model::ResizeOptions options;

    bool aligns() const { return options.align_corners && out > 1; }

    int nearest(int n) const {
        const auto whole = [](int number) { return static_cast<float>(number); };
        const float step = aligns() ? whole(in - 1) / whole(out - 1) : whole(in) / whole(out);
        const float at = (whole(n) + (options.half_pixel_centers ? 0.5F : 0.0F)) * step;
        const float pixel = options.align_corners ? std::round(at) : std::floor(at);
        return std::clamp(static_cast<int>(pixel), 0, in - 1);
    }

    /// In 1/1024 of a pixel.
    int position(int n) const {
        const int steps = aligns() ? out - 1 : out;
        const int step = (1024 * (aligns() ? in - 1 : in) + steps / 2) / steps;
        return n * step + (options.half_pixel_centers ? step / 2 - 512 : 0);
    }
};

template <typename Value>
std::vector<Value> of_resize(const Graph& graph, const Operator& op,
                             const std::vector<Value>& values) {
    const Tensor& input = graph.tensors[op.inputs[0]];
    const Tensor& output = graph.tensors[op.outputs[0]];
    const Resized along_y{input.shape[1], output.shape[1], resize_options(op)};
    const Resized along_x{input.shape[2], output.shape[2], resize_options(op)};
    const bool is_nearest = op.code == OperatorCode::resize_nearest_neighbor;
    std::vector<Value> result;
    for_each_index(output.shape, [&](const std::vector<int32_t>& index) {
        const auto pixel = [&](int y, int x) {
            return values[position_of({0, y, x, index[3]}, input.shape)];
        };
        if (is_nearest) {
            result.push_back(pixel(along_y.nearest(index[1]), along_x.nearest(index[2])));
            return;
        }
        const int y = along_y.position(index[1]);
        const int x = along_x.position(index[2]);
        int64_t sum = 0;
        for (int down : {0, 1}) {
            for (int right : {0, 1}) {
                const int first_y = std::max(y / 1024, 0);
                const int first_x = std::max(x / 1024, 0);
                const int at_y = down == 0 ? first_y : std::min((y + 1023) / 1024, along_y.in - 1);
                const int at_x = right == 0 ? first_x : std::min((x + 1023) / 1024, along_x.in - 1);
                const int beyond_y = y - 1024 * first_y;
                const int beyond_x = x - 1024 * first_x;
                sum += int64_t{pixel(at_y, at_x)} * (down == 0 ? 1024 - beyond_y : beyond_y) *
                       (right == 0 ? 1024 - beyond_x : beyond_x);
            }
        }
        const double mean = static_cast<double>(sum) / (1024.0 * 1024.0);
        result.push_back(static_cast<Value>(std::round(mean)));  // ties away from zero
    });
    return result;
}

/// BATCH_MATMUL: scale(sum of products) for each output.
template <typename Value, typename Scale>
std::vector<Value> of_products(const Graph& graph, const Operator& op,
                               const std::vector<Value>& first, const std::vector<Value>& second,
                               Scale scale_sum) {
    const Tensor& a = graph.tensors[op.inputs[0]];
    const Tensor& b = graph.tensors[op.inputs[1]];
    const Tensor& out = graph.tensors[op.outputs[0]];
    const auto& options = std::get<model::BatchMatMulOptions>(op.options);
    const size_t rank = out.shape.size();
    const int32_t depth = a.shape[a.shape.size() - (options.transposes_first ? 2 : 1)];
    std::vector<Value> result;
    for_each_index(out.shape, [&](const std::vector<int32_t>& index) {
        int64_t sum = 0;
        for (int32_t n = 0; n < depth; ++n) {
            std::vector<int32_t> from = index;
            std::vector<int32_t> by = index;
            from[rank - 1] = n;
            by[rank - 2] = n;
            if (options.transposes_first) std::swap(from[rank - 1], from[rank - 2]);
            if (options.transposes_second) std::swap(by[rank - 1], by[rank - 2]);
            sum += int64_t{first[position_of(from, a.shape)] - zero(a)} *
                   (second[position_of(by, b.shape)] - zero(b));
        }
        result.push_back(scale_sum(sum));
    });
    return result;
}

}  // namespace ganglion::compile::reference
