#pragma once

#include <cstdint>

#include "train/fit/windows.hpp"

namespace ganglion::train {

/// Adds beats that two dozen recorded people do not show, so that a network does not learn which
/// shapes and rhythms happen to go together in them. `beats`: scaled frames of EcgBeats labelled
/// BeatLabel, at least one normal. Deterministic by `seed`.
///  - Each normal, supraventricular and ventricular beat once more, its intervals with the shape of
///    another beat of the label, whose person is drawn first.
///  - Normal and supraventricular beats with an irregularity as in atrial fibrillation, told as
///    fibrillating: in a rhythm so irregular for so long an early beat means nothing. Some
///    ventricular ones too, which stay what they are.
void add_varied_beats(LabelledWindows& beats, uint64_t seed);

}  // namespace ganglion::train
