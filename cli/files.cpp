#include "cli/files.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "paths.hpp"

namespace ganglion::cli {

std::vector<uint8_t> read_file(const std::filesystem::path& path) {
    if (std::filesystem::is_directory(path))
        throw std::runtime_error(path.string() + ": is a folder, wanted a file");
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error(path.string() + ": " + std::strerror(errno));
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string read_text(const std::filesystem::path& path) {
    const auto bytes = read_file(path);
    return {bytes.begin(), bytes.end()};
}

void write_file(const std::filesystem::path& path, std::span<const uint8_t> bytes) {
    if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
    const std::filesystem::path beside = path.string() + ".part";
    {
        std::ofstream out(beside, std::ios::binary | std::ios::trunc);
        out.write(reinterpret_cast<const char*>(bytes.data()),
                  static_cast<std::streamsize>(bytes.size()));
        if (!out.flush()) throw std::runtime_error(path.string() + ": " + std::strerror(errno));
    }
    std::filesystem::rename(beside, path);
}

void write_text(const std::filesystem::path& path, const std::string& text) {
    write_file(path, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

std::filesystem::path source_root() {
    return GANGLION_SOURCE_DIR;
}

}  // namespace ganglion::cli
