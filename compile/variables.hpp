#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/graph.hpp"

namespace ganglion::compile {

/// State that a model keeps from one run to the next (a resource variable).
struct Variable {
    std::string name;
    std::vector<uint8_t> initial;  ///< bytes of its values before the first run
};

/// The variables of a graph and which tensors are handles of which.
struct Variables {
    std::vector<Variable> list;
    std::map<int32_t, size_t> of_handle;  ///< tensor of VAR_HANDLE -> number in `list`
};

/// Reads VAR_HANDLE operators and the subgraphs of CALL_ONCE operators. Throws std::runtime_error
/// where such a subgraph does anything but assign constants to variables, or a variable that is
/// read or assigned has no initial value.
Variables find_variables(const model::Graph& graph);

}  // namespace ganglion::compile
