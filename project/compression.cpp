#include "project/compression.hpp"

#include <toml++/toml.h>

#include <stdexcept>

#include "project/toml_section.hpp"

namespace ganglion::project {

Compression compression_in(TomlSection section) {
    Compression compression;
    compression.teacher = section.integers("teacher", 1, 1024);
    compression.prune = section.number("prune", 0, 0, 0.95);
    compression.weight_bits = section.integer("weight_bits", 8, 4, 8);
    if (compression.weight_bits != 8 && compression.weight_bits != 4)
        section.refuse("weight_bits", "is neither 8 nor 4", "write 8 or 4");
    compression.clusters = section.integer("clusters", 0, 0, 255);
    if (compression.clusters == 1)
        section.refuse("clusters", "leaves one weight", "write 2 to 255, or 0 for any");
    section.finish();
    return compression;
}

Compression read_compression(const std::filesystem::path& file) {
    try {
        const toml::table root = toml::parse_file(file.string());
        return compression_in(TomlSection(root, file, "compression", false));
    } catch (const toml::parse_error& error) {
        throw std::runtime_error(file.string() + ": " + std::string(error.description()));
    }
}

}  // namespace ganglion::project
