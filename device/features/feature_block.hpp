#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "device/features/feature_section.hpp"

namespace ganglion {

/// One running feature block of whatever kind a bundle names, in the caller's memory: only the
/// chosen block's state takes RAM. The kinds are the rows of feature_block.cpp; each is a class
/// with
///
///     using Parameters = ...;
///     static Status parse(const FeatureHeader&, std::span<const uint8_t> bytes, Parameters&);
///     static uint32_t state_bytes(const Parameters&);    // 8-byte aligned, kept
///     static uint32_t scratch_bytes(const Parameters&);  // 8-byte aligned, during push() alone
///     void start(const Parameters&, std::span<uint8_t> state);
///     size_t push(std::span<const int16_t> samples, std::span<uint8_t> scratch, int16_t* frame,
///                 bool& ready);
///
/// parse() checks everything: the 4-byte aligned bytes (which stay where they are), and that
/// header.channels and header.frame_values are the block's own.
class FeatureBlock {
  public:
    /// The block's own view of the section; unsupported where no row has its kind.
    static Status check(const FeatureSection& section);

    /// `section` must be checked, here and below.
    static uint32_t state_bytes(const FeatureSection& section);
    static uint32_t scratch_bytes(const FeatureSection& section);

    /// `state`: state_bytes(), 8-byte aligned, zero; must live as long as the block.
    void start(const FeatureSection& section, std::span<uint8_t> state);

    /// Takes interleaved samples until a frame is complete or none are left; returns how many it
    /// took (at least one, where there is one). `ready` tells whether `frame` (frame_values()
    /// values) was written.
    size_t push(std::span<const int16_t> samples, std::span<uint8_t> scratch, int16_t* frame,
                bool& ready) {
        return push_(block_, samples, scratch, frame, ready);
    }

  private:
    size_t (*push_)(void*, std::span<const int16_t>, std::span<uint8_t>, int16_t*, bool&) = nullptr;
    void* block_ = nullptr;
};

}  // namespace ganglion
