#pragma once

#include <vector>

#include "train/corpus/beat_frames.hpp"
#include "train/evaluate/judges.hpp"

namespace ganglion::train {

/// What the pipeline decides over one record of a heart: one decision a beat, in their order.
struct DecidedBeats {
    std::vector<BeatFrame> frames;
    std::vector<Decision> decisions;
};

/// Throws std::runtime_error naming the record where the pipeline does not decide at each beat.
DecidedBeats decide_beats(const JudgeInput& input, const HeartRecord& record);

/// The records of the input's split, paced people left out as EC57 does.
std::vector<HeartRecord> unpaced_records(const JudgeInput& input);

}  // namespace ganglion::train
