#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ganglion::bench {

/// What the reference kernels answer to the first inputs of one model.
struct Reference {
    std::vector<int8_t> inputs, outputs;  ///< one after another
    size_t runs;
    bool is_stream;  ///< the model keeps state: the inputs are one stream from its initial state
};

/// `shared`: the folder of golden/index.json. `model`: as in Baseline. At most `most` inputs; of a
/// stream the one whose outputs vary. Throws std::runtime_error where a file is absent or tells
/// nothing of the model.
Reference read_reference(const std::filesystem::path& shared, std::string_view model, size_t most);

}  // namespace ganglion::bench
