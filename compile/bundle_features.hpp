#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "project/project.hpp"

namespace ganglion::compile {

/// A bundle's FEATURES section: the common header, the scaling, the block's own parameters and
/// the sound gate's.
std::vector<uint8_t> feature_section(const project::Project& project);

/// The device's own feature code over a whole recording, bit for bit what the device's network
/// sees: frames of project.frame_values() int8 values, one after the other. `samples` are
/// interleaved. Starts from silence knowledge: a running mean (log_mel) starts with the first
/// frame. With `running_normal_frames` (spectrum_bands) the first that many frames are learned from
/// and not returned.
std::vector<int8_t> feature_frames(const project::Project& project,
                                   std::span<const int16_t> samples);

/// The frames before they are standardised or scaled, as the block gives them: for training that
/// chooses the scaling, or learns what is normal from recordings of its own choice with
/// ganglion::RunningNormal.
std::vector<int16_t> raw_feature_frames(const project::Project& project,
                                        std::span<const int16_t> samples);

/// The same with the place of each frame.
struct PlacedFrames {
    std::vector<int16_t> raw;    ///< frame after frame
    std::vector<uint64_t> last;  ///< per frame: the last sample (per channel) that it has seen
};
PlacedFrames placed_frames(const project::Project& project, std::span<const int16_t> samples);

/// Raw frames as the model sees them: what feature_frames() does with raw_feature_frames().
std::vector<int8_t> scaled_frames(const project::Project& project, std::span<const int16_t> raw);

}  // namespace ganglion::compile
