#include "fleet/testing/chaos.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <stdexcept>
#include <thread>
#include <tuple>

#include "fleet/base/files.hpp"
#include "fleet/server/server.hpp"
#include "fleet/store/sqlite_store.hpp"
#include "fleet/testing/chaos_device.hpp"
#include "fleet/testing/rough_network.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet::testing {
namespace {

using std::chrono::milliseconds;
using Name = std::tuple<std::string, uint32_t, uint32_t>;  // device, boot, sequence

/// Another process of this program; killed with its owner.
class Part {
  public:
    Part(const std::vector<std::string>& command, const std::vector<std::string>& arguments,
         bool wait_until_ready) {
        std::vector<std::string> all = command;
        all.insert(all.end(), arguments.begin(), arguments.end());
        std::vector<char*> pointers;
        pointers.reserve(all.size() + 1);
        for (std::string& one : all) pointers.push_back(one.data());
        pointers.push_back(nullptr);
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        // A wish to end that comes before the part listens for it waits.
        sigset_t ending;
        sigemptyset(&ending);
        sigaddset(&ending, SIGTERM);
        posix_spawnattr_t attributes;
        posix_spawnattr_init(&attributes);
        posix_spawnattr_setsigmask(&attributes, &ending);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
        const int failed =
            ::posix_spawn(&pid_, pointers[0], &actions, &attributes, pointers.data(), environ);
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);
        std::array<char, 16> text{};
        const bool ready =
            failed == 0 && (!wait_until_ready || ::read(ends[0], text.data(), text.size()) > 0);
        ::close(ends[0]);
        if (!ready) throw std::runtime_error("a part of the chaos does not start");
    }
    ~Part() { end(SIGKILL); }
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

    pid_t pid() const { return pid_; }
    /// The exit status; -1 where a signal ended it.
    int end(int signal) {
        if (pid_ <= 0) return 0;
        ::kill(pid_, signal);
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

  private:
    pid_t pid_ = -1;
};

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
            pki.issue_device(id_of(device));
            start_device(device, false);
        }
        std::filesystem::copy(state() / "broker", config.directory / "broker-synced");
    }

    ChaosResult run() {
        for (uint32_t round = 1; round <= config_.rounds; ++round) {
            std::this_thread::sleep_for(milliseconds(50 + random_() % 350));
            const std::string what = fail_somewhere();
            if (config_.progress) config_.progress(round, what);
        }
        come_to_rest();
        compare();
        return result_;
    }

  private:
    std::filesystem::path state() const { return config_.directory / "state"; }
    std::filesystem::path journal_of(uint32_t device) const {
        return config_.directory / (id_of(device) + ".journal");
    }
    static std::string id_of(uint32_t device) { return "device-" + std::to_string(device); }

    void start_server() {
        server_.reset();
        server_ = std::make_unique<Part>(
            config_.part, std::vector<std::string>{"server", state().string()}, true);
    }

    void start_device(uint32_t device, bool damage) {
        const std::string id = id_of(device);
        devices_[device].reset();
        devices_[device] = std::make_unique<Part>(
            config_.part,
            std::vector<std::string>{
                "device", id, std::to_string(network_->port()), (state() / "pki").string(),
                (config_.directory / (id + ".flash")).string(), journal_of(device).string(),
                std::to_string(random_()), damage ? "1" : "0"},
            false);
    }

    std::string fail_somewhere() {
        switch (random_() % 8) {
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
        for (const auto& device : devices_) ::kill(device->pid(), SIGTERM);
        for (const auto& device : devices_)
            if (device->end(SIGTERM) != 0) ++result_.waiting_forever;
        server_->end(SIGTERM);
    }

    void compare() {
        SqliteStore store(state() / "fleet.db");
        std::map<Name, int> stored;
        for (int64_t after = 0;;) {
            const auto page = store.events({{}, after, {}, 10'000});
            if (page.empty()) break;
            after = page.back().id;
            for (const StoredEvent& one : page)
                ++stored[{one.device, one.event.boot, one.event.sequence}];
        }
        result_.stored = stored.size();
        for (const auto& [name, count] : stored)
            result_.duplicates += static_cast<uint64_t>(count - 1);
        std::set<Name> gaps, lost;
        for (const Gap& gap : store.gaps({}))
            for (uint32_t sequence = gap.first; sequence <= gap.last; ++sequence)
                gaps.emplace(gap.device, gap.boot, sequence);
        for (uint32_t device = 0; device < config_.devices; ++device)
            compare_journal(id_of(device), journal_of(device), stored, lost);
        for (const Name& name : gaps) result_.gaps_wrong += lost.contains(name) ? 0 : 1;
        for (const Name& name : lost) result_.gaps_wrong += gaps.contains(name) ? 0 : 1;
    }

    /// `lost`: what was damaged before it was ever stored.
    void compare_journal(const std::string& id, const std::filesystem::path& journal,
                         const std::map<Name, int>& stored, std::set<Name>& lost) {
        std::set<Name> appended, damaged;
        std::map<uint32_t, uint32_t> through;
        std::ifstream lines(journal);
        char kind = 0;
        for (uint32_t boot = 0, sequence = 0; lines >> kind >> boot >> sequence;) {
            if (kind == 'A') appended.emplace(id, boot, sequence);
            if (kind == 'L') damaged.emplace(id, boot, sequence);
            if (kind == 'K') through[boot] = std::max(through[boot], sequence);
        }
        result_.appended += appended.size();
        result_.damaged += damaged.size();
        for (const Name& name : damaged)
            if (!stored.contains(name)) lost.insert(name);
        for (const Name& name : appended) {
            const bool acknowledged = std::get<2>(name) <= through[std::get<1>(name)];
            result_.acknowledged += acknowledged ? 1 : 0;
            if (stored.contains(name) || damaged.contains(name)) continue;
            ++result_.missing;
            if (acknowledged) ++result_.acknowledged_missing;
        }
    }

    ChaosConfig config_;
    std::mt19937_64 random_;
    ChaosResult result_;
    std::unique_ptr<RoughNetwork> network_;
    std::unique_ptr<Part> server_;
    std::vector<std::unique_ptr<Part>> devices_;
};

int run_server(const std::filesystem::path& state) {
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ending, nullptr);
    ServerConfig config;
    config.state_dir = state;
    config.log = [](std::string_view) {};
    Server server(config);
    server.start();
    std::cout << "ready" << std::endl;
    int signal = 0;
    sigwait(&ending, &signal);
    return 0;
}

}  // namespace

ChaosResult run_chaos(const ChaosConfig& config) {
    return Chaos(config).run();
}

int run_chaos_part(const std::vector<std::string>& arguments) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (arguments.size() == 2 && arguments[0] == "server") return run_server(arguments[1]);
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
