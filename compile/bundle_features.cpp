#include "compile/bundle_features.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "compile/bundle_parameters.hpp"
#include "device/features/feature_block.hpp"
#include "device/features/scale_feature.hpp"
#include "device/learn/running_normal.hpp"

namespace ganglion::compile {

namespace {

// uint32_t storage keeps the bytes aligned as the parser wants them.
struct ParsedSection {
    std::vector<uint32_t> storage;
    FeatureSection section;

    explicit ParsedSection(const std::vector<uint8_t>& bytes) : storage((bytes.size() + 3) / 4) {
        std::memcpy(storage.data(), bytes.data(), bytes.size());
        const auto* begin = reinterpret_cast<const uint8_t*>(storage.data());
        if (const Status status = parse_feature_section({begin, bytes.size()}, section);
            status != Status::ok) {
            throw std::runtime_error(std::string("features: ") + to_string(status) +
                                     "; change [features] in ganglion.toml");
        }
    }
};

// Nothing, where the device learns the scaling or only a learner reads the frames.
std::vector<FeatureScale> scales_of(const project::Project& project) {
    if (project.running_normal_frames != 0) return {};
    const auto scale = [](double offset, double steps) {
        return FeatureScale{static_cast<int32_t>(std::lround(offset)),
                            static_cast<int32_t>(std::lround(steps * (1 << 24)))};
    };
    std::vector<FeatureScale> scales;
    for (size_t i = 0; i < project.scaling.offset.size(); ++i) {
        scales.push_back(scale(project.scaling.offset[i], project.scaling.steps[i]));
    }
    // The spectral blocks' own keys: log2 energies in 1/256.
    if (scales.empty() && project.features.parameters.empty()) {
        const double steps = std::round(project.features.steps * 256) / 65536;
        scales.push_back(scale(std::round(project.features.offset * 256), steps));
    }
    return scales;
}

// Measured in the hops of the features, so that a block slept through is a frame.
SoundGateParameters sound_gate_of(const project::Project& project) {
    const project::Project::SoundGate& gate = *project.sound_gate;
    const auto blocks = [&](uint32_t milliseconds) {
        const double samples = milliseconds * project.sensor.samples_per_second() / 1000;
        return static_cast<uint16_t>(std::lround(samples / project.features.hop));
    };
    return {.block = static_cast<uint16_t>(project.features.hop),
            .preroll = blocks(gate.preroll_ms),
            .ratio_q8 = static_cast<uint16_t>(std::lround(gate.ratio * 256)),
            .least = static_cast<uint16_t>(gate.least),
            .hold = blocks(gate.hold_ms),
            .floor = std::max<uint16_t>(blocks(gate.floor_ms), 1)};
}

}  // namespace

std::vector<uint8_t> feature_section(const project::Project& project) {
    const std::vector<uint8_t> parameters = feature_parameters(project);
    const std::vector<FeatureScale> scales = scales_of(project);
    FeatureHeader header{};
    header.kind = static_cast<uint32_t>(feature_kind(project));
    header.rate_hz = project.sensor.rate_hz;
    header.period_s = project.sensor.period_s;
    header.channels = static_cast<uint16_t>(project.sensor.channels);
    header.frame_values = static_cast<uint16_t>(project.frame_values());
    header.frames = static_cast<uint16_t>(project.features.frames);
    header.stride = static_cast<uint16_t>(project.features.stride);
    header.scales = static_cast<uint16_t>(scales.size());
    header.learn_frames = project.running_normal_frames;
    header.parameter_bytes = static_cast<uint32_t>(parameters.size());
    if (project.sound_gate) header.sound_gate_bytes = sizeof(SoundGateParameters);
    const size_t scale_bytes = scales.size() * sizeof(FeatureScale);
    std::vector<uint8_t> bytes(sizeof header + scale_bytes);
    std::memcpy(bytes.data(), &header, sizeof header);
    if (scale_bytes != 0) std::memcpy(bytes.data() + sizeof header, scales.data(), scale_bytes);
    bytes.insert(bytes.end(), parameters.begin(), parameters.end());
    if (project.sound_gate) {
        const SoundGateParameters gate = sound_gate_of(project);
        const auto* first = reinterpret_cast<const uint8_t*>(&gate);
        bytes.insert(bytes.end(), first, first + sizeof gate);
    }
    return bytes;
}

PlacedFrames placed_frames(const project::Project& project, std::span<const int16_t> samples) {
    const ParsedSection parsed(feature_section(project));
    const FeatureSection& section = parsed.section;
    std::vector<uint64_t> state(FeatureBlock::state_bytes(section) / 8 + 1);
    std::vector<uint64_t> scratch(FeatureBlock::scratch_bytes(section) / 8 + 1);
    const auto bytes = [](std::vector<uint64_t>& memory) {
        return std::span(reinterpret_cast<uint8_t*>(memory.data()), memory.size() * 8);
    };
    FeatureBlock block;
    block.start(section, bytes(state));
    PlacedFrames frames;
    std::vector<int16_t> frame(section.frame_values());
    uint64_t taken = 0;
    while (!samples.empty()) {
        bool ready = false;
        const size_t count = block.push(samples, bytes(scratch), frame.data(), ready);
        samples = samples.subspan(count);
        taken += count;
        if (!ready) continue;
        frames.raw.insert(frames.raw.end(), frame.begin(), frame.end());
        frames.last.push_back((taken - 1) / section.header.channels);
    }
    return frames;
}

std::vector<int16_t> raw_feature_frames(const project::Project& project,
                                        std::span<const int16_t> samples) {
    return placed_frames(project, samples).raw;
}

std::vector<int8_t> feature_frames(const project::Project& project,
                                   std::span<const int16_t> samples) {
    return scaled_frames(project, raw_feature_frames(project, samples));
}

std::vector<int8_t> scaled_frames(const project::Project& project, std::span<const int16_t> raw) {
    const ParsedSection parsed(feature_section(project));
    const FeatureSection& section = parsed.section;
    const uint32_t values = section.frame_values();
    const uint32_t learn_frames = section.header.learn_frames;
    if (section.scales.empty() && learn_frames == 0) {
        throw std::runtime_error(project.path.string() +
                                 ": nothing scales the frames to int8; write [scaling] or "
                                 "learn.running_normal_frames");
    }
    std::vector<RunningNormal::Feature> learned(values);
    RunningNormal normal;
    if (learn_frames != 0) normal.start(learned, learn_frames);
    std::vector<int8_t> frames;
    std::vector<int8_t> frame(values);
    for (size_t at = 0; at + values <= raw.size(); at += values) {
        if (learn_frames != 0 && !normal.ready()) {
            normal.learn(raw.data() + at);
            continue;
        }
        if (learn_frames != 0) {
            normal.standardise(raw.data() + at, frame.data());
        } else {
            scale_frame(section.scales, {raw.data() + at, values}, frame.data());
        }
        frames.insert(frames.end(), frame.begin(), frame.end());
    }
    return frames;
}

}  // namespace ganglion::compile
