#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "project/project.hpp"
#include "train/corpus/speech_corpus.hpp"
#include "train/recordings/labelled.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {

/// Whether the project's sensor is a microphone.
bool is_sound(const project::Project& project);

/// Whether a label is for what is not words or sounds at all, but the room.
bool is_quiet(std::string_view label);

/// Those of one split, in their order.
std::vector<const LabelledRecording*> recordings_of(
    const std::vector<LabelledRecording>& recordings, const std::string& split);

/// What is heard around sounds: the recordings that are nothing in particular; where a label is for
/// rooms, those alone, not other words. Empty where the sensor is no microphone.
SpeechCorpus surroundings(const project::Project& project,
                          const std::vector<const LabelledRecording*>& recordings);

/// A copy of a recording: number 0 stays as it is.
struct Copy {
    const LabelledRecording* of;
    size_t number;
};

/// `count` of each. What is spoken has many voices already: two, never as it was made.
std::vector<Copy> copies_of(const std::vector<const LabelledRecording*>& recordings, size_t count);

/// What is done with copies: `prepare` makes one from its recording, `use` takes it disturbed (but
/// for number 0) with its index and random choices of its own. On all cores; `step(done, all)`
/// reports progress.
struct CopyWork {
    std::function<LabelledRecording(const LabelledRecording&)> prepare;
    std::function<void(size_t, const LabelledRecording&, Random&)> use;
    std::function<void(size_t, size_t)> step;
};
void make_copies(const project::Project& project, const SpeechCorpus& around,
                 const std::vector<Copy>& copies, uint64_t seed, const CopyWork& work);

}  // namespace ganglion::train
