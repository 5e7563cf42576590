#include "train/evaluate/device_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "compile/bundle_signature.hpp"
#include "device/pipeline/pipeline.hpp"
#include "train/evaluate/device_bundle.hpp"

namespace ganglion::train {
namespace {

struct alignas(16) Block {
    int8_t bytes[16];
};

}  // namespace

DeviceRun::DeviceRun(const project::Project& project) {
    load(project, nullptr);
}

DeviceRun::DeviceRun(const project::Project& project, const model::Graph& graph) {
    load(project, &graph);
}

void DeviceRun::load(const project::Project& project, const model::Graph* graph) {
    const std::string key = compile::generate_signing_key();
    DeviceBundle built = build_device_bundle(project, key, graph);
    bytes_ = std::move(built.bytes);
    report_ = std::move(built.report);
    compile::BundleVerifier verifier(compile::public_key_of(key));
    const auto status = bundle_.load(bytes_, verifier.callbacks());
    if (status != Status::ok) {
        throw std::runtime_error(fmt::format("{}: the bundle cannot be loaded: {}",
                                             project.path.string(), ganglion::to_string(status)));
    }
}

uint32_t DeviceRun::ram_bytes() const {
    return Pipeline::ram_bytes(bundle_);
}

ScoredStream DeviceRun::run(std::span<const int16_t> samples) const {
    ScoredStream stream;
    const uint32_t last = static_cast<uint32_t>(bundle_.stages().size()) - 1;
    stream.length = follow(samples, [&](const Decision& decision, const Pipeline& pipeline) {
        if (decision.stage != last) return;
        stream.samples.push_back(decision.sample);
        stream.scores.push_back(pipeline.last_score());
    });
    return stream;
}

DecidedStream DeviceRun::decide(std::span<const int16_t> samples) const {
    DecidedStream stream;
    stream.length = follow(samples, [&](const Decision& decision, const Pipeline& pipeline) {
        stream.decisions.push_back(decision);
        const auto scores = pipeline.last_scores();
        stream.scores.emplace_back(scores.begin(), scores.end());
    });
    return stream;
}

uint64_t DeviceRun::follow(
    std::span<const int16_t> samples,
    const std::function<void(const Decision&, const Pipeline&)>& sink) const {
    std::vector<Block> ram(ram_bytes() / sizeof(Block) + 1);
    Pipeline pipeline;
    const auto status = pipeline.start(bundle_, {ram.front().bytes, ram.size() * sizeof(Block)});
    if (status != Status::ok) {
        throw std::runtime_error(
            fmt::format("the pipeline does not start: {}", ganglion::to_string(status)));
    }
    pipeline.feed(samples, [&](const Decision& decision) { sink(decision, pipeline); });
    return pipeline.samples();
}

std::vector<uint64_t> DeviceRun::firings(const ScoredStream& stream, uint32_t threshold) const {
    DecisionParameters parameters = bundle_.decision();
    parameters.thresholds[0] =
        static_cast<uint16_t>(std::clamp<uint32_t>(threshold, 1, kFullScore));
    parameters.releases[0] = parameters.thresholds[0];
    std::vector<uint32_t> memory(Decider::state_bytes(parameters) / 4);
    Decider decider;
    decider.start(parameters, samples_in(bundle_.features().header, parameters.minimum_gap_ms),
                  {reinterpret_cast<uint8_t*>(memory.data()), memory.size() * 4});
    std::vector<uint64_t> fired;
    for (size_t i = 0; i < stream.scores.size(); ++i) {
        const Decision decision = decider.decide(stream.samples[i], stream.scores[i]);
        if (decision.fired) fired.push_back(decision.sample);
    }
    return fired;
}

std::vector<uint16_t> DeviceRun::averages(const ScoredStream& stream) const {
    std::vector<uint32_t> memory(Decider::state_bytes(bundle_.decision()) / 4);
    Decider decider;
    decider.start(bundle_.decision(), 0,
                  {reinterpret_cast<uint8_t*>(memory.data()), memory.size() * 4});
    std::vector<uint16_t> averages;
    for (size_t i = 0; i < stream.scores.size(); ++i) {
        averages.push_back(decider.decide(stream.samples[i], stream.scores[i]).score_permille);
    }
    return averages;
}

}  // namespace ganglion::train
