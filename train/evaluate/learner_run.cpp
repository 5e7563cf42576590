#include "train/evaluate/learner_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "compile/bundle_signature.hpp"
#include "compile/bundle_writer.hpp"
#include "train/evaluate/device_bundle.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {

std::vector<int16_t> slow_proof_samples(const project::Project& project) {
    constexpr uint32_t week = 7 * 24 * 60;
    const uint32_t frames = std::max(project.proof_frames, 64U);
    const uint32_t minutes = std::max(project.sensor.period_s / 60, 1U);
    Random random(2024);
    std::vector<int16_t> samples;
    for (uint32_t i = 0; i < frames; ++i) {
        samples.push_back(static_cast<int16_t>(i * minutes % week));
        for (uint32_t channel = 1; channel < project.sensor.channels; ++channel) {
            const uint32_t swing = i % 24 < 12 ? i % 24 : 24 - i % 24;
            const uint32_t jump = i % 31 == 30 ? 3000 : 0;
            samples.push_back(static_cast<int16_t>(400 * channel + 40 * swing + jump +
                                                   static_cast<uint32_t>(random.below(20))));
        }
    }
    return samples;
}

LearnerRun::LearnerRun(const project::Project& project) {
    if (project.has_model()) {
        throw std::runtime_error(project.path.string() + ": has a model, no learner alone");
    }
    const std::string key = compile::generate_signing_key();
    if (project.sensor.period_s == 1) {
        bytes_ = build_device_bundle(project, key).bytes;
    } else {
        const auto samples = slow_proof_samples(project);
        bytes_ = compile::write_bundle(
            {.project = project, .program = {}, .proof_samples = samples, .gate_programs = {}},
            key);
    }
    compile::BundleVerifier verifier(compile::public_key_of(key));
    if (const auto status = bundle_.load(bytes_, verifier.callbacks()); status != Status::ok) {
        throw std::runtime_error(fmt::format("{}: the bundle cannot be loaded: {}",
                                             project.path.string(), ganglion::to_string(status)));
    }
}

std::unique_ptr<LearnerRun::Device> LearnerRun::device() const {
    auto device = std::make_unique<Device>(bundle_);
    if (!prior_.empty() && !device->prime(prior_))
        throw std::runtime_error("a device cannot begin with this prior");
    return device;
}

LearnerRun::Device::Device(const Bundle& bundle) : ram_(Pipeline::ram_bytes(bundle) / 8 + 3) {
    auto* bytes = reinterpret_cast<int8_t*>(ram_.data());
    const auto off = reinterpret_cast<uintptr_t>(bytes) % 16;
    const size_t skip = off == 0 ? 0 : 16 - off;
    const auto status = pipeline_.start(bundle, {bytes + skip, ram_.size() * 8 - skip});
    if (status != Status::ok) {
        throw std::runtime_error(
            fmt::format("the pipeline does not start: {}", ganglion::to_string(status)));
    }
}

std::vector<Decision> LearnerRun::Device::push(std::span<const int16_t> sample) {
    std::vector<Decision> decisions;
    pipeline_.feed(sample, [&](const Decision& decision) { decisions.push_back(decision); });
    return decisions;
}

std::vector<uint8_t> LearnerRun::Device::learned() const {
    const auto bytes = pipeline_.learned(0);
    return {bytes.begin(), bytes.end()};
}

std::vector<int16_t> LearnerRun::Device::share() const {
    std::vector<int16_t> shared(kMostShared);
    shared.resize(pipeline_.share(0, shared));
    return shared;
}

bool LearnerRun::Device::resume(std::span<const uint8_t> learned) {
    return pipeline_.resume_learned(0, learned);
}

}  // namespace ganglion::train
