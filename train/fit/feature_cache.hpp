#pragma once

#include <filesystem>
#include <string>

#include "train/corpus/word_frames.hpp"

namespace ganglion::train {

/// Keeps feature frames in a file between runs. `key` names everything they depend on; a file with
/// another key, or a damaged one, counts as absent.
bool load_frames(const std::filesystem::path& file, const std::string& key, WordFrames& frames);
void save_frames(const std::filesystem::path& file, const std::string& key,
                 const WordFrames& frames);

}  // namespace ganglion::train
