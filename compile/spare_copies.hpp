#pragma once

#include "compile/draft.hpp"

namespace ganglion::compile {

/// Leaves out copies of whole buffers that change nothing: a variable is read where it lies, a new
/// value is computed into the variable, and a variable that is joined with new values lives at the
/// start of the joined buffer (which then is the state), where one move makes room for the next
/// values. Equal results; the order of operations changes only for such moves.
void spare_copies(Draft& draft);

}  // namespace ganglion::compile
