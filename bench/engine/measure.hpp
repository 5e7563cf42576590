#pragma once

#include <filesystem>

#include "compile/report_page.hpp"
#include "compile/target.hpp"
#include "model/graph.hpp"

namespace ganglion::bench {

/// True where images for the target can be built and emulated on this machine.
bool can_measure(const compile::Target& target);

/// Links the smallest firmware that runs the network which emit_cpp() wrote into `folder`, and puts
/// what it takes into `report`; where `counts`, also the instructions of each layer, counted in
/// emulation. Images go into `work`, created where missing. Throws std::runtime_error with one line
/// where a tool fails.
void measure(const model::Graph& graph, const compile::Target& target,
             const compile::CompileOptions& options, const std::filesystem::path& work, bool counts,
             compile::ModelReport& report);

}  // namespace ganglion::bench
