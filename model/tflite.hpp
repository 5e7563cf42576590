#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "model/graph.hpp"

namespace ganglion::model {

/// Reads a TensorFlow Lite flatbuffer (schema version 3). The first subgraph is the graph. The
/// input is taken as hostile: structure is verified before use, then validate() checks the meaning.
/// Throws std::runtime_error: what is wrong and where. Operators this project does not know are
/// kept by code, so that the compiler can name them.
Graph read_tflite(std::span<const uint8_t> bytes);

/// Same, from a file; errors begin with the path.
Graph read_tflite_file(const std::filesystem::path& path);

/// Writes a graph as a TensorFlow Lite flatbuffer which other runtimes load too. Calls validate()
/// first. Equal graphs give equal bytes.
std::vector<uint8_t> write_tflite(const Graph& graph);

}  // namespace ganglion::model
