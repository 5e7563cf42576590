#include "bench/engine/reference.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace ganglion::bench {
namespace {

namespace fs = std::filesystem;

std::ifstream open(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error(path.string() + ": cannot open");
    return file;
}

std::vector<int8_t> read_values(const fs::path& path) {
    std::ifstream file = open(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

Reference read_reference(const fs::path& shared, std::string_view model, size_t most) {
    const fs::path index_path = shared / "golden/index.json";
    std::ifstream file = open(index_path);
    const auto index = nlohmann::json::parse(file);
    for (const auto& entry : index["models"]) {
        if (entry["model"] != "models/" + std::string(model) + ".tflite") continue;
        const bool is_stream = entry["stateful"].get<bool>();
        const auto& about = is_stream ? entry["synthetic"] : entry;
        Reference reference{read_values(shared / about["inputs"].get<std::string>()),
                            read_values(shared / about["outputs"].get<std::string>()), 0,
                            is_stream};
        const auto count = about["count"].get<size_t>();
        reference.runs = std::min(count, most);
        reference.inputs.resize(reference.inputs.size() / count * reference.runs);
        reference.outputs.resize(reference.outputs.size() / count * reference.runs);
        return reference;
    }
    throw std::runtime_error(index_path.string() + ": tells nothing of " + std::string(model));
}

}  // namespace ganglion::bench
