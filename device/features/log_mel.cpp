#include "device/features/log_mel.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "device/features/band_energies.hpp"

namespace ganglion {

uint32_t LogMel::state_bytes(const SpectrumSection& section) {
    return section.header.bands * uint32_t{sizeof(int32_t)} +
           section.header.window * uint32_t{sizeof(int16_t)};
}

uint32_t LogMel::scratch_bytes(const SpectrumSection& section) {
    return band_energies_scratch_bytes(section);
}

void LogMel::start(const SpectrumSection& section, std::span<uint8_t> state) {
    *this = LogMel();
    section_ = section;
    uint8_t* next = state.data();
    means_ = reinterpret_cast<int32_t*>(next);
    next += section.header.bands * sizeof(int32_t);
    samples_ = reinterpret_cast<int16_t*>(next);
}

size_t LogMel::push(std::span<const int16_t> samples, std::span<uint8_t> scratch, int16_t* frame,
                    bool& ready) {
    const uint32_t window = section_.header.window;
    const size_t taken = std::min<size_t>(samples.size(), window - filled_);
    std::copy_n(samples.data(), taken, samples_ + filled_);
    filled_ += static_cast<uint32_t>(taken);
    ready = filled_ == window;
    if (ready) {
        finish_frame(scratch, frame);
        filled_ = window - section_.header.hop;
        std::memmove(samples_, samples_ + section_.header.hop, filled_ * sizeof(int16_t));
    }
    return taken;
}

void LogMel::finish_frame(std::span<uint8_t> scratch, int16_t* frame) {
    const SpectrumHeader& header = section_.header;
    band_energies(section_, samples_, 1, scratch, frame);
    if (header.normalise_shift == 0) {
        return;
    }
    constexpr int q20_from_q8 = 12;
    const uint32_t last = 1U << header.normalise_shift;
    if (frames_ < last) ++frames_;
    const uint32_t shift = static_cast<uint32_t>(std::bit_width(frames_)) - 1U;
    for (uint32_t i = 0; i < header.bands; ++i) {
        const int32_t energy = frame[i];
        means_[i] = shift == 0 ? energy * (1 << q20_from_q8)
                               : means_[i] + ((energy * (1 << q20_from_q8) - means_[i]) >> shift);
        frame[i] = static_cast<int16_t>(energy - (means_[i] >> q20_from_q8));
    }
}

}  // namespace ganglion
