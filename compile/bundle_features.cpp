#include "compile/bundle_features.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numbers>
#include <stdexcept>

#include "device/features/feature_section.hpp"
#include "device/features/log_mel.hpp"
#include "device/features/scale_feature.hpp"
#include "device/features/spectrum_bands.hpp"
#include "device/learn/running_normal.hpp"

namespace ganglion::compile {

namespace {

constexpr double kWeightOne = 4096;

// The scale on which the filters are equally far apart. Mel: O'Shaughnessy's formula, as in HTK.
double to_scale(project::Spacing spacing, double hz) {
    switch (spacing) {
        case project::Spacing::mel:
            return 2595.0 * std::log10(1.0 + hz / 700.0);
        case project::Spacing::log:
            return std::log2(hz);
        case project::Spacing::linear:
            break;
    }
    return hz;
}

struct Filter {
    uint16_t first = 0;
    std::vector<uint16_t> weights;
};

// A triangle over (left, right) with its top 1 at center, on the spacing's scale; at least the bin
// nearest its center.
Filter triangle(const project::Project& project, double left, double center, double right) {
    const auto& features = project.features;
    const double bin_hz = static_cast<double>(project.sensor.rate_hz) / features.fft_size;
    Filter filter;
    uint32_t nearest = 0;
    double distance = INFINITY;
    for (uint32_t bin = 0; bin <= features.fft_size / 2; ++bin) {
        const double hz = bin * bin_hz;
        if (features.spacing == project::Spacing::log && bin == 0) continue;
        const double at = to_scale(features.spacing, hz);
        if (std::abs(at - center) < distance) {
            distance = std::abs(at - center);
            nearest = bin;
        }
        const double height =
            at <= center ? (at - left) / (center - left) : (right - at) / (right - center);
        const long weight = std::lround(height * kWeightOne);
        if (height <= 0 || weight == 0) continue;
        if (filter.weights.empty()) filter.first = static_cast<uint16_t>(bin);
        filter.weights.push_back(static_cast<uint16_t>(weight));
    }
    if (filter.weights.empty()) {
        filter.first = static_cast<uint16_t>(nearest);
        filter.weights.push_back(static_cast<uint16_t>(kWeightOne));
    }
    return filter;
}

std::vector<Filter> filter_bank(const project::Project& project) {
    const auto& features = project.features;
    const double low = to_scale(features.spacing, features.low_hz);
    const double high = to_scale(features.spacing, features.high_hz);
    const double step = (high - low) / (features.bands + 1);
    std::vector<Filter> filters;
    for (uint32_t band = 0; band < features.bands; ++band) {
        const double left = low + band * step;
        filters.push_back(triangle(project, left, left + step, left + 2 * step));
    }
    return filters;
}

// The running mean's time constant as the nearest power of two of frames, at least 2.
uint32_t normalise_shift(const project::Project& project) {
    if (project.features.normalise_seconds <= 0) return 0;
    const double frames =
        project.features.normalise_seconds * project.sensor.rate_hz / project.features.hop;
    return static_cast<uint32_t>(std::clamp(std::lround(std::log2(frames)), 1L, 16L));
}

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

// All frames of one kind of block over a recording.
template <typename Block, typename Value>
std::vector<Value> run_block(const FeatureSection& section, std::span<const int16_t> samples) {
    std::vector<uint64_t> state(Block::state_bytes(section) / 8 + 1);
    std::vector<uint64_t> scratch(Block::scratch_bytes(section) / 8 + 1);
    const auto bytes = [](std::vector<uint64_t>& memory) {
        return std::span(reinterpret_cast<uint8_t*>(memory.data()), memory.size() * 8);
    };
    Block block;
    block.start(section, bytes(state));
    std::vector<Value> frames;
    std::vector<Value> frame(section.frame_values());
    while (!samples.empty()) {
        bool ready = false;
        samples = samples.subspan(block.push(samples, bytes(scratch), frame.data(), ready));
        if (ready) frames.insert(frames.end(), frame.begin(), frame.end());
    }
    return frames;
}

}  // namespace

std::vector<uint8_t> feature_section(const project::Project& project) {
    const auto& features = project.features;
    FeatureHeader header{};
    const bool mel = features.kind == project::Features::log_mel;
    header.kind = static_cast<uint32_t>(mel ? FeatureKind::log_mel : FeatureKind::spectrum_bands);
    header.rate_hz = project.sensor.rate_hz;
    header.channels = static_cast<uint16_t>(project.sensor.channels);
    header.window = static_cast<uint16_t>(features.window);
    header.hop = static_cast<uint16_t>(features.hop);
    header.fft_size = static_cast<uint16_t>(features.fft_size);
    header.bands = static_cast<uint16_t>(features.bands);
    header.time_features = features.time_features ? 1 : 0;
    header.frames = static_cast<uint16_t>(features.frames);
    header.stride = static_cast<uint16_t>(features.stride);
    header.offset_q8 = static_cast<int32_t>(std::lround(features.offset * 256));
    header.steps_q8 = static_cast<int32_t>(std::lround(features.steps * 256));
    header.normalise_shift = normalise_shift(project);
    header.learn_frames = project.running_normal_frames;

    std::vector<uint16_t> tables;
    for (uint32_t i = 0; i < features.window / 2; ++i) {  // Hann, symmetric about its middle
        const double phase = 2 * std::numbers::pi * (i + 0.5) / features.window;
        tables.push_back(static_cast<uint16_t>(std::lround(32767 * (0.5 - 0.5 * std::cos(phase)))));
    }
    const std::vector<Filter> filters = filter_bank(project);
    for (const Filter& filter : filters) {
        tables.push_back(filter.first);
        tables.push_back(static_cast<uint16_t>(filter.weights.size()));
        header.taps += static_cast<uint32_t>(filter.weights.size());
    }
    for (const Filter& filter : filters) {
        tables.insert(tables.end(), filter.weights.begin(), filter.weights.end());
    }
    std::vector<uint8_t> bytes(sizeof header + tables.size() * sizeof(uint16_t));
    std::memcpy(bytes.data(), &header, sizeof header);
    std::memcpy(bytes.data() + sizeof header, tables.data(), tables.size() * sizeof(uint16_t));
    return bytes;
}

std::vector<int16_t> raw_feature_frames(const project::Project& project,
                                        std::span<const int16_t> samples) {
    if (project.features.kind != project::Features::spectrum_bands) {
        throw std::runtime_error("features: only spectrum_bands has raw frames");
    }
    const ParsedSection parsed(feature_section(project));
    return run_block<SpectrumBands, int16_t>(parsed.section, samples);
}

std::vector<int8_t> feature_frames(const project::Project& project,
                                   std::span<const int16_t> samples) {
    const ParsedSection parsed(feature_section(project));
    const FeatureSection& section = parsed.section;
    if (section.kind() == FeatureKind::log_mel) return run_block<LogMel, int8_t>(section, samples);

    const std::vector<int16_t> raw = run_block<SpectrumBands, int16_t>(section, samples);
    std::vector<int8_t> frames;
    frames.reserve(raw.size());
    const uint32_t learn_frames = section.header.learn_frames;
    if (learn_frames == 0) {
        for (const int16_t value : raw) frames.push_back(scale_feature(section.header, value));
        return frames;
    }
    const uint32_t values = section.frame_values();
    std::vector<RunningNormal::Feature> learned(values);
    RunningNormal normal;
    normal.start(learned, learn_frames);
    std::vector<int8_t> frame(values);
    for (size_t at = 0; at + values <= raw.size(); at += values) {
        if (!normal.ready()) {
            normal.learn(raw.data() + at);
            continue;
        }
        normal.standardise(raw.data() + at, frame.data());
        frames.insert(frames.end(), frame.begin(), frame.end());
    }
    return frames;
}

}  // namespace ganglion::compile
