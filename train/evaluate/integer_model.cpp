#include "train/evaluate/integer_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "compile/compile.hpp"
#include "device/program/program.hpp"
#include "train/quantize/to_graph.hpp"

namespace ganglion::train {
namespace {

struct alignas(16) Block {
    uint8_t bytes[16];
};

size_t largest_of(const std::vector<float>& outputs) {
    return static_cast<size_t>(std::max_element(outputs.begin(), outputs.end()) - outputs.begin());
}

}  // namespace

struct IntegerModel::Loaded {
    std::vector<Block> bytes;
    std::vector<Block> memory;
    Program program;
    std::span<int8_t> arena;
};

IntegerModel::IntegerModel(const model::Graph& graph) : loaded_(std::make_unique<Loaded>()) {
    const auto compiled = compile::compile(graph, compile::target_by_name("portable"),
                                           {.ram_bytes = {}, .restarts = true});
    auto& l = *loaded_;
    l.bytes.resize(compiled.program.size() / sizeof(Block) + 1);
    std::memcpy(l.bytes.data(), compiled.program.data(), compiled.program.size());
    const auto status = l.program.load({l.bytes.front().bytes, compiled.program.size()});
    if (status != Status::ok) {
        throw std::runtime_error(
            fmt::format("the compiled model cannot be loaded: {}", ganglion::to_string(status)));
    }
    l.memory.resize(l.program.arena_bytes() / sizeof(Block) + 1);
    l.arena = {reinterpret_cast<int8_t*>(l.memory.data()), l.program.arena_bytes()};
}

IntegerModel::~IntegerModel() = default;

size_t IntegerModel::input_values() const {
    return loaded_->program.input().bytes;
}

std::vector<float> IntegerModel::run(std::span<const int8_t> window) {
    auto& l = *loaded_;
    if (window.size() != input_values()) {
        throw std::runtime_error(fmt::format("a window of {} values for a model that takes {}",
                                             window.size(), input_values()));
    }
    std::copy(window.begin(), window.end(), l.arena.begin() + l.program.input().offset);
    l.program.run(l.arena);
    const auto& info = l.program.output();
    std::vector<float> outputs;
    for (uint32_t i = 0; i < info.bytes; ++i) {
        const int8_t q = l.arena[info.offset + i];
        outputs.push_back(static_cast<float>(q - info.zero_point) * info.scale);
    }
    return outputs;
}

Classified classify(const FoldedNetwork& network, const model::Graph& graph,
                    const LabelledWindows& windows, size_t classes) {
    IntegerModel integer(graph);
    Classified result{Confusion(classes), Confusion(classes), 0, {}, {}};
    for (size_t i = 0; i < windows.size(); ++i) {
        const auto window = windows.window(i);
        std::vector<float> input;
        for (const int8_t q : window) input.push_back(static_cast<float>(q) * network.input_scale);
        auto exact = run_float(network, input);
        const auto outputs = integer.run(window);
        result.exact.add(windows.labels[i], largest_of(exact));
        result.integer.add(windows.labels[i], largest_of(outputs));
        if (network.softmax) apply_softmax(exact);
        for (size_t c = 0; c < outputs.size(); ++c) {
            result.largest_difference = std::max(
                result.largest_difference, static_cast<double>(std::fabs(exact[c] - outputs[c])));
        }
        result.given.push_back(static_cast<uint16_t>(largest_of(outputs)));
        result.outputs.insert(result.outputs.end(), outputs.begin(), outputs.end());
    }
    return result;
}

}  // namespace ganglion::train
