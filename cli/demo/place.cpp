#include "cli/demo/place.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>

#include "cli/address.hpp"
#include "fleet/base/port.hpp"

namespace ganglion::cli {

namespace fs = std::filesystem;

fs::path make_state(const fs::path& wanted) {
    if (!wanted.empty()) {
        fs::create_directories(wanted);
        return fs::absolute(wanted);
    }
    std::string pattern = (fs::temp_directory_path() / "ganglion-demo-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
        throw std::runtime_error(pattern + ": cannot make a folder here: give one with --state");
    return pattern;
}

uint16_t choose_http_port(uint16_t wanted) {
    if (wanted != 0) return wanted;
    return fleet::port_is_free(kDefaultHttpPort) ? kDefaultHttpPort : fleet::pick_free_port();
}

void append_to_log(const fs::path& state, std::string_view line) {
    std::FILE* file = std::fopen((state / "server.log").c_str(), "a");
    if (file == nullptr) return;
    fmt::print(file, "{}\n", line);
    std::fclose(file);
}

}  // namespace ganglion::cli
