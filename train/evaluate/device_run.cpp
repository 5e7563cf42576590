#include "train/evaluate/device_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "compile/bundle_signature.hpp"
#include "compile/bundle_writer.hpp"
#include "compile/compile.hpp"
#include "device/pipeline/pipeline.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

constexpr uint32_t kProofLearnFrames = 4;

struct alignas(16) Block {
    int8_t bytes[16];
};

}  // namespace

std::vector<int16_t> proof_samples(const project::Project& project, uint32_t inferences,
                                   uint32_t learn_frames) {
    const auto& features = project.features;
    const uint32_t learned = project.running_normal_frames > 0 ? learn_frames : 0;
    const uint32_t frames = learned + features.frames + features.stride * (inferences - 1);
    const size_t length = features.window + static_cast<size_t>(features.hop) * (frames - 1);
    std::vector<int16_t> samples;
    Random random(2024);
    // A triangle wave that gets faster: integers alone, so that no library's sine enters.
    uint32_t phase = 0;
    for (size_t i = 0; i < length; ++i) {
        phase += static_cast<uint32_t>(40'000'000 + i * 30'000);
        const auto saw = static_cast<int32_t>(phase >> 16) - 32768;
        const int32_t triangle = (saw < 0 ? -saw : saw) - 16384;
        const bool loud = i > length / 4;
        for (uint32_t c = 0; c < project.sensor.channels; ++c) {
            const auto noise = static_cast<int32_t>(random.below(401)) - 200;
            samples.push_back(static_cast<int16_t>(noise + (loud ? triangle / 3 : 0)));
        }
    }
    return samples;
}

DeviceRun::DeviceRun(const project::Project& project, const model::Graph& graph) {
    const auto compiled = compile::compile(graph, compile::target_by_name("cortex-m4"));
    report_ = compiled.report;
    const auto samples = proof_samples(project, 4, kProofLearnFrames);
    const uint32_t learned = project.running_normal_frames > 0 ? kProofLearnFrames : 0;
    const compile::BundleInput input{project, compiled.program, samples, learned, 0};
    const std::string key = compile::generate_signing_key();
    bytes_ = compile::write_bundle(input, key);
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
    std::vector<Block> ram(ram_bytes() / sizeof(Block) + 1);
    Pipeline pipeline;
    const auto status = pipeline.start(bundle_, {ram.front().bytes, ram.size() * sizeof(Block)});
    if (status != Status::ok) {
        throw std::runtime_error(
            fmt::format("the pipeline does not start: {}", ganglion::to_string(status)));
    }
    ScoredStream stream;
    pipeline.feed(samples, [&](const Decision& decision) {
        stream.samples.push_back(decision.sample);
        stream.scores.push_back(pipeline.last_score());
    });
    stream.length = pipeline.samples();
    return stream;
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
