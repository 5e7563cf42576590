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

inline std::vector<int8_t> read_values(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error(path.string() + ": cannot open");
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// `model`: as the index names it, "models/mlperf_tiny/kws_dscnn_int8.tflite".
inline Golden read_golden(const std::string& model) {
    const std::filesystem::path shared = tests::shared_dir();
    std::ifstream file(shared / "golden/index.json");
    const nlohmann::json index = nlohmann::json::parse(file);
    for (const nlohmann::json& entry : index["models"]) {
        if (entry["model"] != model) continue;
        return {entry, read_values(shared / entry["inputs"].get<std::string>()),
                read_values(shared / entry["outputs"].get<std::string>()),
                entry["count"].get<size_t>()};
    }
    throw std::runtime_error("no golden outputs for " + model);
}

}  // namespace ganglion::compile
