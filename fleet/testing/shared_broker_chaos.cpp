#include <chrono>
#include <thread>

#include "fleet/testing/rough_network.hpp"
#include "fleet/testing/shared_broker.hpp"
#include "fleet/testing/shared_chaos.hpp"

namespace ganglion::fleet::testing {
namespace {

class SharedBrokerChaos final : public SharedChaos {
  public:
    explicit SharedBrokerChaos(const ChaosConfig& config)
        : SharedChaos(config),
          broker_(pki(), {"second"}, config.directory / "shared"),
          network_(broker_.port(), config.seed) {
        start_all();
    }

  private:
    std::string url() const override { return broker_.url(); }
    std::filesystem::path identity() const override { return broker_.server_folder("second"); }
    uint16_t port_of(uint32_t) const override { return network_.port(); }

    std::string fail_between() override {
        const auto moment = std::chrono::milliseconds(random()() % 300);
        if (random()() % 4 == 0) {
            network_.cut();
            std::this_thread::sleep_for(moment);
            network_.mend();
            ++result().network_cuts;
            return "network";
        }
        broker_.kill();
        std::this_thread::sleep_for(moment);
        broker_.start();
        ++result().broker_kills;
        return "broker";
    }

    SharedBroker broker_;
    RoughNetwork network_;
};

}  // namespace

ChaosResult run_shared_broker_chaos(const ChaosConfig& config) {
    return SharedBrokerChaos(config).run();
}

}  // namespace ganglion::fleet::testing
