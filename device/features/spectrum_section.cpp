#include "device/features/spectrum_section.hpp"

#include <bit>
#include <cstring>

#include "device/features/power_spectrum.hpp"
#include "device/features/time_features.hpp"

namespace ganglion {

namespace {

bool between(uint32_t value, uint32_t low, uint32_t high) {
    return value >= low && value <= high;
}

Status check_header(const FeatureHeader& common, const SpectrumHeader& h) {
    const bool mel = common.kind == static_cast<uint32_t>(FeatureKind::log_mel);
    if (!between(common.channels, 1, mel ? 1 : 4)) return Status::bad_shape;
    if (!between(h.fft_size, kMinimumFft, kMaximumFft) || !std::has_single_bit(h.fft_size)) {
        return Status::bad_shape;
    }
    if (!between(h.window, 2, h.fft_size) || h.window % 2 != 0) return Status::bad_shape;
    if (!between(h.hop, 1, h.window)) return Status::bad_shape;
    if (!between(h.bands, 1, 128)) return Status::bad_shape;
    if (!between(h.time_features, 0, mel ? 0 : 1)) return Status::bad_value;
    if (!between(h.normalise_shift, 0, mel ? 16 : 0)) return Status::bad_value;
    if (h.taps > 128U * (kMaximumFft / 2 + 1)) return Status::bad_value;
    const uint32_t values = h.bands + (h.time_features != 0 ? kTimeFeatureCount : 0U);
    return common.frame_values == common.channels * values ? Status::ok : Status::bad_shape;
}

// The bounds under which power_spectrum() and band_energies() cannot overflow or leave their
// memory.
Status check_tables(const SpectrumSection& section) {
    uint64_t window_sum = 0;
    for (const uint16_t value : section.half_window) {
        if (value > 32767) return Status::bad_value;
        window_sum += 2U * value;
    }
    if (window_sum > 24576ULL * section.header.fft_size) return Status::bad_value;
    uint64_t taps = 0;
    const uint32_t bins = section.header.fft_size / 2U + 1U;
    for (size_t i = 0; i < section.band_ranges.size(); i += 2) {
        const uint32_t first = section.band_ranges[i];
        const uint32_t count = section.band_ranges[i + 1];
        if (count == 0 || first + count > bins) return Status::bad_offset;
        taps += count;
    }
    if (taps != section.header.taps) return Status::bad_shape;
    for (const uint16_t weight : section.weights) {
        if (weight > 4096) return Status::bad_value;
    }
    return Status::ok;
}

}  // namespace

Status parse_spectrum_section(const FeatureHeader& common, std::span<const uint8_t> bytes,
                              SpectrumSection& section) {
    SpectrumSection parsed;
    if (bytes.size() < sizeof(SpectrumHeader)) return Status::truncated;
    std::memcpy(&parsed.header, bytes.data(), sizeof(SpectrumHeader));
    if (const Status status = check_header(common, parsed.header); status != Status::ok) {
        return status;
    }
    parsed.channels = common.channels;
    const size_t half = parsed.header.window / 2U;
    const size_t ranges = 2U * parsed.header.bands;
    const size_t values = half + ranges + parsed.header.taps;
    if (bytes.size() != sizeof(SpectrumHeader) + values * sizeof(uint16_t)) {
        return Status::bad_shape;
    }
    const auto* table = reinterpret_cast<const uint16_t*>(bytes.data() + sizeof(SpectrumHeader));
    parsed.half_window = {table, half};
    parsed.band_ranges = {table + half, ranges};
    parsed.weights = {table + half + ranges, parsed.header.taps};
    if (const Status status = check_tables(parsed); status != Status::ok) return status;
    section = parsed;
    return Status::ok;
}

}  // namespace ganglion
