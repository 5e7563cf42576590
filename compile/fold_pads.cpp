#include "compile/fold_pads.hpp"

#include <algorithm>

#include "compile/operators.hpp"
#include "compile/window.hpp"
#include "device/program/checks.hpp"

namespace ganglion::compile {
namespace {

using model::OperatorCode;

bool keeps_quantization(const Place& pad) {
    return pad.input(0).quantization.scales == pad.output().quantization.scales &&
           zero_point(pad.input(0)) == zero_point(pad.output());
}

/// `reader`: with the padding folded into it.
bool folds_into(const Place& pad, const Place& reader) {
    const int32_t value = padding_value(pad);
    if (reader.op().code != OperatorCode::max_pool_2d) return value == zero_point(pad.output());
    return value == -128 && pad.output().type == model::TensorType::int8 &&
           checks::good_pool_window(pool_window(reader, kMostTaps), kMostTaps);
}

}  // namespace

FoldedPads fold_pads(const model::Graph& graph, const std::vector<int>& readers,
                     Constants& constants) {
    FoldedPads pads;
    std::vector<std::vector<size_t>> windows(graph.tensors.size());  // that read a tensor
    for (size_t i = 0; i < graph.operators.size(); ++i) {
        const auto& op = graph.operators[i];
        const bool slides = is_convolution(op.code) || op.code == OperatorCode::max_pool_2d;
        if (slides && !op.inputs.empty() && op.inputs[0] >= 0) windows[op.inputs[0]].push_back(i);
    }
    for (size_t i = 0; i < graph.operators.size(); ++i) {
        const auto& op = graph.operators[i];
        const bool is_pad = op.code == OperatorCode::pad || op.code == OperatorCode::padv2;
        if (!is_pad || op.outputs.size() != 1) continue;
        const std::vector<size_t>& by = windows[op.outputs[0]];
        if (by.empty() || readers[op.outputs[0]] != static_cast<int>(by.size())) continue;
        const Place place(graph, i, constants, kNoPad);
        const auto padding = image_padding(place);
        if (!padding || !keeps_quantization(place)) continue;
        (void)lower_pad(place);  // checks its shapes
        const FoldedPad folded{place.input_number(0), padding->top, padding->left};
        const bool all = std::all_of(by.begin(), by.end(), [&](size_t reader) {
            return folds_into(place, Place(graph, reader, constants, folded));
        });
        if (!all) continue;
        for (size_t reader : by) pads.of_reader[reader] = folded;
        pads.gone.insert(i);
    }
    return pads;
}

}  // namespace ganglion::compile
