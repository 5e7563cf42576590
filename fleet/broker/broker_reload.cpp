#include "fleet/broker/broker_reload.hpp"

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "fleet/base/files.hpp"
#include "fleet/broker/mqtt_plan.hpp"

namespace ganglion::fleet {
namespace {

constexpr auto kLimit = std::chrono::seconds(5);
constexpr auto kLook = std::chrono::milliseconds(5);
constexpr std::string_view kReloaded = "Reloading config.";

size_t reloads_in(const std::filesystem::path& log) {
    std::string text;
    try {
        text = read_file(log);
    } catch (const std::runtime_error&) {
        return 0;
    }
    size_t count = 0;
    for (size_t at = text.find(kReloaded); at != std::string::npos;
         at = text.find(kReloaded, at + 1))
        ++count;
    return count;
}

}  // namespace

bool await_reload(const std::filesystem::path& log, const std::function<bool()>& signal) {
    const size_t before = reloads_in(log);
    if (!signal()) return false;
    const auto end = std::chrono::steady_clock::now() + kLimit;
    while (std::chrono::steady_clock::now() < end) {
        if (reloads_in(log) > before) return true;
        std::this_thread::sleep_for(kLook);
    }
    return false;
}

bool reload_in_folder(const std::filesystem::path& folder, const std::filesystem::path& list) {
    try {
        write_private_file(folder / "revoked.pem", read_file(list));
        return await_reload(folder / kBrokerLogFile, [&] {
            const int pid = std::atoi(read_file(folder / kBrokerPidFile).c_str());
            return pid > 1 && ::kill(pid, SIGHUP) == 0;
        });
    } catch (const std::runtime_error&) {
        return false;
    }
}

}  // namespace ganglion::fleet
