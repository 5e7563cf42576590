#pragma once

#include <cstdint>

#include "compile/draft.hpp"

namespace ganglion::compile {

/// The frames of a window that moves on, and how many of them are new at each run.
struct Frames {
    uint32_t window = 0, fresh = 0;
};

/// Turns a program over a whole window of frames (the rows of its one input) into one that is given
/// only the `fresh` newest frames at each run and keeps the others, and what it computed from them,
/// as state. Each result equals that of the whole window which ends there.
///
/// A row of a result whose windows see no border is the same in the next window, `fresh` frames
/// divided by the strides before it. Rows at the borders see padding, which moves with the window:
/// they are computed anew, those at the upper end from the oldest frames on. Only the few rows that
/// new ones need are kept, and all that an operation over the whole window needs (a pooling, a
/// dense layer).
///
/// Throws std::runtime_error, with the operation's name, where frames cannot be reused: a stride
/// that does not divide `fresh`, a first operation that does not go frame by frame, an own state.
Frames stream_frames(Draft& draft, uint32_t fresh);

}  // namespace ganglion::compile
