#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "compile/options.hpp"
#include "compile/report.hpp"
#include "compile/target.hpp"
#include "model/graph.hpp"

namespace ganglion::compile {

struct CompiledModel {
    std::vector<uint8_t>
        program;  ///< docs/program.md; copy to 16-byte aligned memory before Program::load
    Report report;
};

/// Graph → loadable program. Outputs equal the TFLite reference kernels bit for bit.
/// Throws std::runtime_error where the graph cannot be compiled: operator name, its place, and what
/// to do instead.
CompiledModel compile(const model::Graph& graph, const Target& target,
                      const CompileOptions& options = {});

/// Graph → C++ that links with the same kernels: writes `<name>.hpp` and `<name>.cpp` into
/// `directory` (created where missing). `name` is a C++ identifier and becomes the namespace. The
/// code has constexpr `inputs`, `outputs` (TensorInfo[]; `input`, `output`: their first),
/// `arena_bytes`, `state_bytes`, `void reset(int8_t* arena)` and `void invoke(int8_t* arena)`.
/// Returns the same report as compile().
Report emit_cpp(const model::Graph& graph, const Target& target,
                const std::filesystem::path& directory, std::string_view name = "network",
                const CompileOptions& options = {});

}  // namespace ganglion::compile
