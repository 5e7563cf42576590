#pragma once

#include <cstdint>
#include <vector>

#include "compile/operation.hpp"
#include "compile/report.hpp"

namespace ganglion::compile {

/// One variable's memory.
struct StateBuffer {
    uint32_t buffer;  ///< number, as operations name it before they are placed
    std::vector<uint8_t> initial;
};

/// A program before its buffers have places.
struct Draft {
    std::vector<Operation>& operations;
    std::vector<LayerReport>& layers;  ///< one an operation
    std::vector<uint32_t>& bytes;      ///< of each buffer
    std::vector<StateBuffer>& states;
    std::vector<uint32_t> borders;  ///< buffers of inputs and outputs
};

/// Leaves out copies of whole buffers that change nothing: a variable is read where it lies, a new
/// value is computed into the variable, and a variable that is joined with new values lives at the
/// start of the joined buffer (which then is the state), where one move makes room for the next
/// values. Equal results; the order of operations changes only for such moves.
void spare_copies(Draft draft);

}  // namespace ganglion::compile
