#include "compile/testing/golden.hpp"

namespace ganglion::compile {

std::vector<int8_t> read_values(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error(path.string() + ": cannot open");
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Golden read_golden(const std::string& model) {
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
