#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

#include "compile/bundle_parameters.hpp"
#include "device/features/spectrum_section.hpp"

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

}  // namespace

std::vector<uint8_t> spectrum_parameters(const project::Project& project) {
    const auto& features = project.features;
    SpectrumHeader header{};
    header.window = static_cast<uint16_t>(features.window);
    header.hop = static_cast<uint16_t>(features.hop);
    header.fft_size = static_cast<uint16_t>(features.fft_size);
    header.bands = static_cast<uint16_t>(features.bands);
    header.time_features = features.time_features ? 1 : 0;
    header.normalise_shift = static_cast<uint16_t>(normalise_shift(project));

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

}  // namespace ganglion::compile
