#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "bench/fleet/bench_fleet.hpp"
#include "bench/fleet/load.hpp"
#include "fleet/base/clock.hpp"
#include "fleet/server/server.hpp"
#include "fleet/store/sqlite_store.hpp"

namespace ganglion::bench {
namespace {

struct Close {
    void operator()(std::FILE* pipe) const { ::pclose(pipe); }
};

/// What the command, of words without spaces, prints.
std::string output_of(const std::string& command) {
    // NOLINTNEXTLINE(cert-env33-c): nobody else's words are in it
    const std::unique_ptr<std::FILE, Close> pipe(::popen(command.c_str(), "r"));
    if (!pipe) throw std::runtime_error("cannot start " + command);
    std::string output;
    std::array<char, 4096> buffer{};
    while (const size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe.get()))
        output.append(buffer.data(), count);
    return output;
}

bool has_browser(const std::filesystem::path& source) {
    const auto dashboard = source / "dashboard";
    return exists(std::filesystem::path("/usr/bin/chromium")) &&
           exists(std::filesystem::path("/usr/bin/node")) &&
           exists(dashboard / "dist" / "index.html") &&
           exists(dashboard / "node_modules" / "playwright-core");
}

}  // namespace

std::vector<Row> first_view_rows(const std::filesystem::path& work,
                                 const std::filesystem::path& source, uint32_t devices) {
    if (!has_browser(source)) return {};
    std::filesystem::remove_all(work);
    std::filesystem::create_directories(work / "state");
    {
        fleet::SqliteStore store(work / "state" / "fleet.db");
        // Heard just now: a fleet that has been silent for years is an incident of its own.
        fill(store, devices, 1, fleet::now_ms());
    }
    fleet::ServerConfig config;
    config.state_dir = work / "state";
    config.dashboard_dir = source / "dashboard" / "dist";
    config.log = [](std::string_view) {};
    fleet::Server server(config);
    server.start();
    std::istringstream output(
        output_of("/usr/bin/node '" + (source / "tests" / "dashboard" / "first_view.mjs").string() +
                  "' --url " + server.url()));
    std::vector<double> times;
    for (double time = 0; output >> time;) times.push_back(time);
    server.stop();
    std::filesystem::remove_all(work);
    if (times.empty()) throw std::runtime_error("the browser did not show the page");
    std::ranges::sort(times);
    return {row("page, first view of " + std::to_string(devices) + " devices, median",
                times[times.size() / 2], "ms", 1000)};
}

}  // namespace ganglion::bench
