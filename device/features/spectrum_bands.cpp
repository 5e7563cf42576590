#include "device/features/spectrum_bands.hpp"

#include <algorithm>
#include <cstring>

#include "device/features/band_energies.hpp"
#include "device/features/time_features.hpp"

namespace ganglion {

uint32_t SpectrumBands::state_bytes(const SpectrumSection& section) {
    return section.header.window * section.channels * uint32_t{sizeof(int16_t)};
}

uint32_t SpectrumBands::scratch_bytes(const SpectrumSection& section) {
    return band_energies_scratch_bytes(section);
}

void SpectrumBands::start(const SpectrumSection& section, std::span<uint8_t> state) {
    *this = SpectrumBands();
    section_ = section;
    samples_ = reinterpret_cast<int16_t*>(state.data());
}

size_t SpectrumBands::push(std::span<const int16_t> samples, std::span<uint8_t> scratch,
                           int16_t* frame, bool& ready) {
    const SpectrumHeader& header = section_.header;
    const uint32_t channels = section_.channels;
    const uint32_t window = header.window * channels;
    const size_t taken = std::min<size_t>(samples.size(), window - filled_);
    std::copy_n(samples.data(), taken, samples_ + filled_);
    filled_ += static_cast<uint32_t>(taken);
    ready = filled_ == window;
    if (!ready) return taken;
    for (uint32_t channel = 0; channel < channels; ++channel) {
        band_energies(section_, samples_ + channel, channels, scratch, frame);
        frame += header.bands;
        if (header.time_features != 0) {
            time_features(samples_ + channel, header.window, channels, frame);
            frame += kTimeFeatureCount;
        }
    }
    const uint32_t hop = header.hop * channels;
    filled_ = window - hop;
    std::memmove(samples_, samples_ + hop, filled_ * sizeof(int16_t));
    return taken;
}

}  // namespace ganglion
