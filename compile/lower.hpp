#pragma once

#include <cstdint>
#include <vector>

#include "compile/operation.hpp"
#include "compile/options.hpp"
#include "compile/report.hpp"
#include "compile/target.hpp"
#include "device/program/program.hpp"
#include "model/graph.hpp"

namespace ganglion::compile {

/// A graph with every offset, shape and multiplier resolved: what both emitters write down.
struct Lowered {
    std::vector<Operation> reset;  ///< writes the initial state
    std::vector<Operation> operations;
    uint32_t state_bytes = 0;  ///< at the arena's start
    std::vector<uint8_t> constants;
    std::vector<TensorInfo> inputs, outputs;
    Report report;  ///< program_bytes not yet known
};

/// Throws std::runtime_error as compile() does.
Lowered lower(const model::Graph& graph, const Target& target, const CompileOptions& options);

/// The loadable form of docs/program.md.
std::vector<uint8_t> write_program(const Lowered& lowered);

}  // namespace ganglion::compile
