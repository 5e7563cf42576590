#pragma once

#include <string>
#include <vector>

#include "compile/place.hpp"

// Which operators are compiled, and how.

namespace ganglion::compile {

/// The output is the input under another shape.
bool only_renames(model::OperatorCode code);
bool is_convolution(model::OperatorCode code);
/// VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE, CALL_ONCE.
bool concerns_variables(model::OperatorCode code);

/// What to do instead of an operator that is not supported.
std::string advice_for(model::OperatorCode code);

/// The function that lowers an operator which only moves values; null where there is none.
using LowerMoves = std::vector<Operation> (*)(const Place&);
LowerMoves moves_of(model::OperatorCode code);

/// The function that lowers any other operator; null where there is none.
using Lower = Operation (*)(const Place&);
Lower lowering_of(model::OperatorCode code);
/// The same for int16 activations.
Lower int16_lowering_of(model::OperatorCode code);

}  // namespace ganglion::compile
