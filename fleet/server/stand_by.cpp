#include "fleet/server/stand_by.hpp"

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "fleet/base/files.hpp"
#include "fleet/pki/request.hpp"
#include "fleet/pki/x509.hpp"

namespace ganglion::fleet {
namespace {

constexpr int kLostExit = 75;  ///< EX_TEMPFAIL: start it again
constexpr auto kLookAgain = std::chrono::milliseconds(200);

/// A server of this machine that ended lets go of the folder a moment after its lease, and one that
/// stands still not at all.
bool wait_for_folder(const ServerConfig& config, const std::function<bool()>& give_up) {
    for (bool told = false; !give_up(); std::this_thread::sleep_for(kLookAgain)) {
        try {
            const DirectoryLock nobody_else(config.state_dir);
            return true;
        } catch (const std::runtime_error& error) {
            if (!std::exchange(told, true)) config.log(std::string("lease: ") + error.what());
        }
    }
    return false;
}

}  // namespace

std::unique_ptr<Lease> stand_by(const ServerConfig& config, const std::function<bool()>& give_up) {
    if (config.store == "sqlite")
        throw std::runtime_error(
            "to stand by for another server needs a store that both reach: "
            "--store postgresql://...");
    const auto authority = config.state_dir / "pki" / "ca.pem";
    if (!std::filesystem::exists(authority))
        throw std::runtime_error(config.state_dir.string() +
                                 " has no authority yet: start it once without standing by");
    auto lease =
        Lease::take({.uri = config.store,
                     .name = facts_of(certificate_from_pem(read_file(authority)).get()).serial,
                     .lost = [] { std::_Exit(kLostExit); },
                     .log = config.log},
                    give_up);
    if (lease && !wait_for_folder(config, give_up)) return nullptr;
    return lease;
}

}  // namespace ganglion::fleet
