#include "fleet/testing/shared_broker.hpp"

#include <pwd.h>
#include <unistd.h>

#include <fstream>

#include "fleet/base/port.hpp"

namespace ganglion::fleet::testing {

SharedBroker::SharedBroker(Pki& pki, const std::vector<std::string>& servers,
                           const std::filesystem::path& directory)
    : directory_(directory), plan_{"localhost", pick_free_port(), servers} {
    write_mqtt_plan(pki, plan_, directory);
    // In earnest the folder is given to mosquitto's own user; here it is ours.
    const passwd* const user = ::getpwuid(::geteuid());
    std::ofstream(folder() / "mosquitto.conf", std::ios::app) << "user " << user->pw_name << '\n';
    start();
}

void SharedBroker::start() {
    running_ = Daemon("/usr/sbin/mosquitto", folder(), "mosquitto.conf", " running\n");
}

}  // namespace ganglion::fleet::testing
