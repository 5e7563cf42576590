#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fleet/broker/mqtt_plan.hpp"
#include "fleet/testing/daemon.hpp"

namespace ganglion::fleet::testing {

/// A plain mosquitto on this machine, with the configuration that a fleet makes for one that its
/// servers share.
class SharedBroker {
  public:
    /// Makes the plan in `directory`, and starts the broker.
    SharedBroker(Pki& pki, const std::vector<std::string>& servers,
                 const std::filesystem::path& directory);

    std::string url() const { return "mqtts://localhost:" + std::to_string(plan_.port); }
    uint16_t port() const { return plan_.port; }
    pid_t pid() const { return running_.pid(); }
    std::filesystem::path folder() const { return directory_ / "broker"; }
    std::filesystem::path server_folder(const std::string& server) const {
        return directory_ / ("server-" + server);
    }
    void kill() { running_.kill(); }
    void start();

  private:
    std::filesystem::path directory_;
    MqttPlan plan_;
    Daemon running_;
};

}  // namespace ganglion::fleet::testing
