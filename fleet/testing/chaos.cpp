#include "fleet/testing/chaos.hpp"

#include <sys/prctl.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <stdexcept>
#include <thread>

#include "fleet/base/files.hpp"
#include "fleet/nats/edge.hpp"
#include "fleet/server/server.hpp"
#include "fleet/store/sqlite_store.hpp"
#include "fleet/testing/chaos_device.hpp"
#include "fleet/testing/chaos_gateway.hpp"
#include "fleet/testing/chaos_parts.hpp"
#include "fleet/testing/rough_network.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet::testing {
namespace {

using std::chrono::milliseconds;

/// The broker among the children of the server's threads.
pid_t broker_of(pid_t server) {
    std::error_code ignored;
    for (const auto& task : std::filesystem::directory_iterator(
             "/proc/" + std::to_string(server) + "/task", ignored)) {
        std::ifstream children(task.path() / "children");
        for (pid_t child = 0; children >> child;) {
            std::ifstream name("/proc/" + std::to_string(child) + "/comm");
            std::string text;
            if (name >> text && text == "mosquitto") return child;
        }
    }
    return -1;
}

class Chaos {
  public:
    explicit Chaos(const ChaosConfig& config) : config_(config), random_(config.seed) {
        std::filesystem::create_directories(config.directory);
        start_server();
        const auto port = static_cast<uint16_t>(std::stoi(read_file(state() / "mqtt-port")));
        network_ = std::make_unique<RoughNetwork>(port, config.seed);
        Pki pki = Pki::create(state() / "pki");
        devices_.resize(config.devices);
        for (uint32_t device = 0; device < config.devices; ++device) {
            pki.issue_device(chaos_device_id(device));
            start_device(device, false);
        }
        gateway_ =
            std::make_unique<ChaosGateway>(config_, pki, network_->port(), ChaosGateway::Config{});
        std::filesystem::copy(state() / "broker", config.directory / "broker-synced");
    }

    ChaosResult run() {
        for (uint32_t round = 1; round <= config_.rounds; ++round) {
            std::this_thread::sleep_for(milliseconds(50 + random_() % 350));
            const std::string what = fail_somewhere();
            if (config_.progress) config_.progress(round, what);
        }
        come_to_rest();
        SqliteStore store(state() / "fleet.db");
        compare_with_journals(store, config_.directory, config_.devices, result_);
        gateway_->compare(store, result_);
        return result_;
    }

  private:
    std::filesystem::path state() const { return config_.directory / "state"; }

    void start_server() {
        server_.reset();
        server_ = std::make_unique<Part>(
            config_.part, std::vector<std::string>{"server", state().string()}, true);
    }

    void start_device(uint32_t device, bool damage) {
        devices_[device].reset();
        devices_[device] = start_chaos_device(config_, device, network_->port(), state() / "pki",
                                              random_(), damage);
    }

    std::string fail_somewhere() {
        switch (random_() % 10) {
            case 8:
            case 9:
                gateway_->kill_and_restart();
                ++result_.gateway_kills;
                return "gateway";
            case 0:
            case 1:
            case 2: {
                const auto device = static_cast<uint32_t>(random_() % config_.devices);
                devices_[device]->end(SIGKILL);
                ++result_.device_kills;
                const bool damage = random_() % 3 == 0;
                start_device(device, damage);
                return damage ? "device, its flash damaged" : "device";
            }
            case 3:
                kill_broker();
                ++result_.broker_kills;
                return "broker";
            case 4:
                kill_broker();
                set_back_broker();
                ++result_.broker_power_losses;
                return "power of the broker";
            case 5:
                network_->cut();
                std::this_thread::sleep_for(milliseconds(random_() % 300));
                network_->mend();
                ++result_.network_cuts;
                return "network";
            default:
                server_->end(SIGKILL);
                ++result_.server_kills;
                start_server();
                return "server";
        }
    }

    void kill_broker() const {
        pid_t broker = -1;
        eventually([&] { return (broker = broker_of(server_->pid())) > 0; });
        if (broker > 0) ::kill(broker, SIGKILL);
    }

    void set_back_broker() const {
        for (const auto& file :
             std::filesystem::directory_iterator(config_.directory / "broker-synced")) {
            std::filesystem::copy_file(file, state() / "broker" / file.path().filename(),
                                       std::filesystem::copy_options::overwrite_existing);
        }
    }

    /// Nothing fails any more; every device empties its outbox.
    void come_to_rest() {
        empty_outboxes(devices_, result_);
        if (!gateway_->come_to_rest()) ++result_.waiting_forever;
        server_->end(SIGTERM);
    }

    ChaosConfig config_;
    std::mt19937_64 random_;
    ChaosResult result_;
    std::unique_ptr<RoughNetwork> network_;
    std::unique_ptr<Part> server_;
    std::vector<std::unique_ptr<Part>> devices_;
    std::unique_ptr<ChaosGateway> gateway_;
};

/// Tells that it is ready and waits to be ended.
void run_until_told(const sigset_t& ending) {
    std::cout << "ready" << std::endl;
    int signal = 0;
    sigwait(&ending, &signal);
}

sigset_t block_ending() {
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ending, nullptr);
    return ending;
}

/// state [store broker [identity]]
int run_server(const std::vector<std::string>& arguments) {
    const sigset_t ending = block_ending();
    ServerConfig config;
    config.state_dir = arguments[1];
    if (arguments.size() > 2) config.store = arguments[2];
    if (arguments.size() > 3) config.broker = arguments[3];
    if (arguments.size() > 4) config.identity = arguments[4];
    config.log = [](std::string_view) {};
    Server server(config);
    server.start();
    run_until_told(ending);
    return 0;
}

int run_edge(const std::filesystem::path& directory, const std::string& nats) {
    const sigset_t ending = block_ending();
    EdgeConfig config;
    config.directory = directory;
    config.nats = nats;
    config.log = [](std::string_view) {};
    const Edge edge(config);
    run_until_told(ending);
    return 0;
}

}  // namespace

ChaosResult run_chaos(const ChaosConfig& config) {
    return Chaos(config).run();
}

int run_chaos_part(const std::vector<std::string>& arguments) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (arguments.size() >= 2 && arguments[0] == "server") return run_server(arguments);
    if (arguments.size() == 3 && arguments[0] == "edge")
        return run_edge(arguments[1], arguments[2]);
    if (arguments.size() == 8 && arguments[0] == "gateway") return run_chaos_gateway(arguments);
    if (arguments.size() != 8 || arguments[0] != "device") return 2;
    ChaosDeviceConfig config;
    config.id = arguments[1];
    config.port = static_cast<uint16_t>(std::stoi(arguments[2]));
    config.pki = arguments[3];
    config.flash = arguments[4];
    config.journal = arguments[5];
    config.seed = std::stoull(arguments[6]);
    config.damage = arguments[7] == "1";
    return run_chaos_device(config);
}

}  // namespace ganglion::fleet::testing
