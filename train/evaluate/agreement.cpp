#include "train/evaluate/agreement.hpp"

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

std::vector<Block> aligned_copy(const std::vector<uint8_t>& bytes) {
    std::vector<Block> blocks(bytes.size() / sizeof(Block) + 1);
    std::memcpy(blocks.data(), bytes.data(), bytes.size());
    return blocks;
}

std::vector<double> softmax(const std::vector<float>& logits) {
    const double top = *std::max_element(logits.begin(), logits.end());
    std::vector<double> p;
    double sum = 0;
    for (const float logit : logits) sum += p.emplace_back(std::exp(logit - top));
    for (double& value : p) value /= sum;
    return p;
}

/// Root mean square of (input - output), both real numbers.
double reconstruction_error(const std::vector<float>& input, const std::vector<float>& output) {
    double sum = 0;
    for (size_t i = 0; i < input.size(); ++i) {
        const double difference = static_cast<double>(input[i]) - output[i];
        sum += difference * difference;
    }
    return std::sqrt(sum / static_cast<double>(input.size()));
}

}  // namespace

Agreement compare(const FoldedNetwork& network, const model::Graph& graph,
                  const std::vector<int8_t>& windows) {
    const auto compiled = compile::compile(graph, compile::target_by_name("portable"));
    const auto bytes = aligned_copy(compiled.program);
    Program program;
    const auto status = program.load({bytes.front().bytes, compiled.program.size()});
    if (status != Status::ok) {
        throw std::runtime_error(
            fmt::format("the compiled model cannot be loaded: {}", ganglion::to_string(status)));
    }
    std::vector<Block> memory(program.arena_bytes() / sizeof(Block) + 1);
    const std::span<int8_t> arena{reinterpret_cast<int8_t*>(memory.data()), program.arena_bytes()};
    const size_t size = program.input().bytes;
    const size_t count = windows.size() / size;
    const size_t step = std::max<size_t>(1, count / 500);
    Agreement agreement;
    for (size_t n = 0; n < count; n += step) {
        const int8_t* window = windows.data() + n * size;
        std::vector<float> input(size);
        std::transform(window, window + size, input.begin(),
                       [&](int8_t q) { return static_cast<float>(q) * network.input_scale; });
        std::copy(window, window + size, arena.begin() + program.input().offset);
        program.run(arena);
        const auto& info = program.output();
        std::vector<float> output(info.bytes);
        std::transform(
            arena.begin() + info.offset, arena.begin() + info.offset + info.bytes, output.begin(),
            [&](int8_t q) { return static_cast<float>(q - info.zero_point) * info.scale; });
        const auto exact = run_float(network, input);
        double difference = 0;
        if (network.softmax) {
            const auto p = softmax(exact);
            for (size_t i = 0; i < p.size(); ++i)
                difference = std::max(difference, std::fabs(p[i] - output[i]));
        } else {
            difference =
                std::fabs(reconstruction_error(input, exact) - reconstruction_error(input, output));
        }
        ++agreement.windows;
        agreement.mean += difference;
        agreement.largest = std::max(agreement.largest, difference);
    }
    if (agreement.windows > 0) agreement.mean /= static_cast<double>(agreement.windows);
    return agreement;
}

LabelledWindows sample_windows(const project::Project& project, const WordFrames& frames,
                               size_t count) {
    const auto bands = static_cast<int32_t>(project.frame_values());
    const auto window = static_cast<int32_t>(project.features.frames);
    Random random(project.network.seed + 1);
    LabelledWindows windows;
    windows.frames = project.features.frames;
    windows.values = project.frame_values();
    for (size_t n = 0; n < count; ++n) {
        const bool positive = n % 2 == 0;
        const auto& set = positive ? frames.positives : frames.negatives;
        const Track& track = set[random.below(set.size())];
        if (track.frames < window) continue;
        const auto places = static_cast<uint64_t>(track.frames) - static_cast<uint64_t>(window) + 1;
        auto first = static_cast<int32_t>(random.below(places));
        if (positive) first = std::clamp(track.word_end + 5 - window, 0, track.frames - window);
        windows.inputs.insert(windows.inputs.end(), track.values.begin() + first * bands,
                              track.values.begin() + (first + window) * bands);
        windows.labels.push_back(positive ? 1 : 0);
        windows.groups.push_back(0);
    }
    return windows;
}

}  // namespace ganglion::train
