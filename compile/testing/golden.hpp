#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/shared.hpp"

namespace ganglion::compile {

/// The reference kernels' inputs and outputs for one model, from the shared material.
struct Golden {
    nlohmann::json entry;
    std::vector<int8_t> inputs, outputs;  ///< one after another
    size_t count;
};

std::vector<int8_t> read_values(const std::filesystem::path& path);

/// `model`: as the index names it, "models/mlperf_tiny/kws_dscnn_int8.tflite".
Golden read_golden(const std::string& model);

}  // namespace ganglion::compile
