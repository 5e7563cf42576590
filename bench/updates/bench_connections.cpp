#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "bench/updates/bench_rollouts.hpp"
#include "bench/updates/connected_devices.hpp"
#include "fleet/base/clock.hpp"
#include "fleet/base/open_files.hpp"
#include "fleet/base/port.hpp"
#include "fleet/client/api_client.hpp"
#include "fleet/release/make_release.hpp"
#include "fleet/server/server.hpp"
#include "fleet/testing/temporary_directory.hpp"

// Devices over real connections: the whole server with its broker in one process, devices with
// their agents in others, and this one, which asks the API and kills.

namespace ganglion::bench {
namespace {

using namespace fleet;
using fleet::testing::TemporaryDirectory;
using nlohmann::json;
using namespace std::chrono_literals;

/// A connection takes up to three descriptors of its process.
constexpr uint32_t kMostInProcess = 5000;
constexpr auto kLimit = 20min;
constexpr auto kPause = 200ms;

/// Processes of this benchmark, killed with it.
class Processes {
  public:
    Processes() = default;
    Processes(const Processes&) = delete;
    Processes& operator=(const Processes&) = delete;
    ~Processes() {
        for (const pid_t pid : all_) end(pid);
    }
    template <typename Work>
    pid_t start(const Work& work) {
        const pid_t pid = ::fork();
        if (pid < 0) throw std::runtime_error("no process");
        if (pid == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            work();
            ::_exit(1);
        }
        all_.push_back(pid);
        return pid;
    }
    void kill(pid_t pid) {
        end(pid);
        std::erase(all_, pid);
    }

  private:
    static void end(pid_t pid) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
    std::vector<pid_t> all_;
};

struct Used {
    double seconds = 0;        ///< of the processor
    double megabytes = 0;      ///< at most
    double megabytes_now = 0;  ///< where it is not gone
};

/// What a process has used; nothing where it is gone.
Used used_by(pid_t pid) {
    Used used;
    const std::string folder = "/proc/" + std::to_string(pid);
    std::ifstream stat(folder + "/stat");
    std::string text;
    std::getline(stat, text);
    const size_t behind_name = text.rfind(')');
    if (behind_name == std::string::npos) return used;
    std::istringstream fields(text.substr(behind_name + 2));
    std::string skipped;
    for (int i = 0; i < 11; ++i) fields >> skipped;
    double user = 0;
    double system = 0;
    fields >> user >> system;
    used.seconds = (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    std::ifstream status(folder + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) used.megabytes = std::stod(line.substr(6)) / 1024;
        if (line.starts_with("VmRSS:")) used.megabytes_now = std::stod(line.substr(6)) / 1024;
    }
    return used;
}

/// The whole fleet server, in a process that may be killed.
class KilledServer {
  public:
    KilledServer(Processes& processes, std::filesystem::path state)
        : processes_(processes), state_(std::move(state)) {}

    void start() {
        pid_ = processes_.start([&] {
            Server server({.state_dir = state_,
                           .mqtt_port = mqtt_port_,
                           .http_port = http_port_,
                           .dashboard_dir = {},
                           .log = [](std::string_view) {}});
            server.start();
            for (;;) ::pause();
        });
        const auto end = std::chrono::steady_clock::now() + 60s;
        for (;;) {
            try {
                get_json(api(), "/api/rollouts");
                return;
            } catch (const std::runtime_error&) {
                if (std::chrono::steady_clock::now() > end) throw;
            }
            std::this_thread::sleep_for(50ms);
        }
    }
    void kill() {
        add_use();
        processes_.kill(pid_);  // its broker dies with it
    }
    /// Adds what this life has used.
    void add_use() {
        const Used server = used_by(pid_);
        const Used broker = used_by(broker_pid());
        server_.seconds += server.seconds;
        server_.megabytes = std::max(server_.megabytes, server.megabytes);
        broker_.seconds += broker.seconds;
        broker_.megabytes = std::max(broker_.megabytes, broker.megabytes);
    }
    double megabytes_now() const { return used_by(pid_).megabytes_now; }
    double broker_megabytes_now() const { return used_by(broker_pid()).megabytes_now; }
    uint16_t mqtt_port() const { return mqtt_port_; }
    ApiAddress api() const { return {"127.0.0.1", http_port_, ""}; }
    const Used& server() const { return server_; }
    const Used& broker() const { return broker_; }

  private:
    pid_t broker_pid() const {
        pid_t pid = 0;
        for (const auto& task :
             std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/task")) {
            std::ifstream file(task.path() / "children");
            if (file >> pid) return pid;
        }
        return pid;
    }

    Processes& processes_;
    std::filesystem::path state_;
    uint16_t mqtt_port_ = pick_free_port();
    uint16_t http_port_ = pick_free_port();
    pid_t pid_ = -1;
    Used server_, broker_;
};

/// The broker has one for each connection; a process of devices has three, and fewer devices.
void check_open_files(uint32_t connections) {
    const uint64_t allowed = allow_open_files();
    const uint32_t needed = std::max(connections, 3 * std::min(connections, kMostInProcess)) + 200;
    if (allowed < needed)
        throw std::runtime_error("so many connections need " + std::to_string(needed) +
                                 " open files in a process, and `ulimit -Hn` allows " +
                                 std::to_string(allowed));
}

std::string add_release(const update::testing::Lab& lab, const std::filesystem::path& folder) {
    ReleaseStore releases(folder);
    ReleaseParts parts;
    parts.name = "wake_word";
    parts.description = lab.describe(update::Component::bundle, 5, {1, 5, 0});
    parts.description.health.min_ms = 2000;
    parts.description.health.min_inferences = 3;
    parts.description.health.reconnect = true;
    parts.image = new_bundle();
    parts.bases = {old_bundle()};
    parts.back = old_bundle();
    parts.back_version = {1, 0, 0};
    const SignedRelease made = make_release(parts, lab.signer(), releases.objects(), now_ms());
    return releases.add(made.description, made.signature).id;
}

class Bench {
  public:
    Bench(uint32_t count, const Progress& on_progress)
        : count_(count),
          on_progress_(on_progress),
          world_(share_world()),
          server_(processes_, directory_.path() / "fleet") {}

    std::vector<Row> run() {
        check_open_files(count_);
        prepare();
        const double alone = server_.megabytes_now();
        const double broker_alone = server_.broker_megabytes_now();
        const auto begin = std::chrono::steady_clock::now();
        connect();
        const double connecting = seconds_since(begin);
        idle_kilobytes_ = 1024 * (server_.megabytes_now() - alone) / count_;
        idle_broker_kilobytes_ = 1024 * (server_.broker_megabytes_now() - broker_alone) / count_;
        world_->phase = SharedWorld::some_are_away;
        const int64_t id = call_api(server_.api(), "post", "/api/rollouts", spec()).at("id");
        roll_out(id);
        const auto [have, named] = account(id);
        server_.add_use();
        return rows(have, named, connecting, seconds_since(begin));
    }

  private:
    static double seconds_since(std::chrono::steady_clock::time_point begin) {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    }
    void tell(const char* what, double fraction) {
        on_progress_(std::to_string(count_) + " connections: " + what, fraction);
    }

    void prepare() {
        const auto state = directory_.path() / "fleet";
        release_ = add_release(lab_, state / "releases");
        Pki pki = Pki::create(state / "pki");
        for (uint32_t number = 0; number < count_; ++number) {
            pki.issue_device(device_id(number));
            if (number % 500 == 0) tell("certificates", 0.1 * number / count_);
        }
        server_.start();
        for (uint32_t first = 0; first < count_; first += kMostInProcess)
            processes_.start([&, first] {
                live_as_devices(first, std::min(first + kMostInProcess, count_), lab_,
                                state / "pki", server_.mqtt_port(), *world_);
            });
    }

    void check_time(std::chrono::steady_clock::time_point begin, const char* what) const {
        if (world_->failed != 0) throw std::runtime_error("a process of devices has ended");
        if (std::chrono::steady_clock::now() - begin > kLimit)
            throw std::runtime_error(std::string(what) + " did not come in time: " +
                                     std::to_string(world_->connected) + " are connected");
    }

    void connect() {
        const auto begin = std::chrono::steady_clock::now();
        const json any{{"release", release_}, {"application", "wake_word"}};
        for (;;) {
            tell("connecting", 0.1 + 0.4 * world_->connected / count_);
            most_ = std::max<uint32_t>(most_, world_->connected);
            if (world_->connected == count_ &&
                ask("post", "/api/rollouts/plan", any).at("stages").back() == count_)
                return;
            check_time(begin, "the connections");
            std::this_thread::sleep_for(kPause);
        }
    }

    json spec() const {
        return {{"release", release_},
                {"application", "wake_word"},
                {"stages",
                 {{{"share", 0.02}, {"wait_s", 2}},
                  {{"share", 0.2}, {"wait_s", 2}},
                  {{"share", 1}, {"wait_s", 0}}}},
                {"concurrency", std::max(count_ / 10, 10U)},
                {"settled", 0.7},
                {"look_s", 1}};
    }

    /// One query of the API, timed.
    json ask(const char* method, const std::string& path, const json& body = nullptr) {
        const auto begin = std::chrono::steady_clock::now();
        json answer = call_api(server_.api(), method, path, body);
        latencies_.push_back(1000 * seconds_since(begin));
        return answer;
    }

    /// Until nothing is on its way any more; the server is killed once when a third has it.
    void roll_out(int64_t id) {
        const auto begin = std::chrono::steady_clock::now();
        const std::string path = "/api/rollouts/" + std::to_string(id);
        bool killed = false;
        for (;;) {
            std::this_thread::sleep_for(kPause);
            const json row = ask("get", path);
            ask("get", path + "/devices?state=failed");
            ask("get", path + "/devices");
            std::map<std::string, int64_t> counts;
            int64_t all = 0;
            for (const json& stage : row.at("stages"))
                for (const auto& [state, devices] : stage.at("counts").items()) {
                    counts[state] += devices.get<int64_t>();
                    all += devices.get<int64_t>();
                }
            tell(killed ? "rolling out, killed once" : "rolling out",
                 0.5 + 0.5 * static_cast<double>(counts["done"]) / count_);
            if (row.at("state") != "running")
                throw std::runtime_error("the rollout is " + row.at("state").get<std::string>() +
                                         ": " + row.at("why").get<std::string>());
            if (!killed && counts["done"] > count_ / 3) {
                killed = true;
                server_.kill();
                server_.start();
                world_->phase = SharedWorld::some_come_back;
            }
            const int64_t ended = counts["done"] + counts["failed"];
            if (killed && all == count_ && ended + stay_away() == count_) return;
            check_time(begin, "the end of the rollout");
        }
    }

    int64_t stay_away() const {
        int64_t away = 0;
        for (uint32_t number = 0; number < count_; ++number) away += stays_away(number);
        return away;
    }

    /// Every device against what the server says of it.
    std::pair<uint64_t, uint64_t> account(int64_t id) {
        const std::string path =
            "/api/rollouts/" + std::to_string(id) + "/devices?limit=1000&after=";
        uint64_t have = 0;
        uint64_t named = 0;
        std::string after;
        for (;;) {
            const json page = ask("get", path + after);
            for (const json& one : page) {
                after = one.at("device").get<std::string>();
                const auto number = static_cast<uint32_t>(std::stoul(after.substr(4)));
                const bool has = world_->runs_new[number] != 0;
                if (has != (one.at("state") == "done"))
                    throw std::runtime_error(after + " runs another version than the server says");
                const bool reason =
                    !one.at("reason").get<std::string>().empty() || one.at("state") == "offline";
                if (!has && !reason) throw std::runtime_error(after + " has no reason");
                (has ? have : named) += 1;
            }
            if (page.size() < 1000) return {have, named};
        }
    }

    std::vector<Row> rows(uint64_t have, uint64_t named, double connecting, double whole) {
        std::ranges::sort(latencies_);
        const auto at = [&](double q) {
            return latencies_[static_cast<size_t>(q * static_cast<double>(latencies_.size() - 1))];
        };
        std::vector<Row> rows;
        const auto add = [&](const std::string& what, double value, const char* unit,
                             std::optional<double> goal = {}) {
            rows.push_back({.bench = "updates",
                            .name = std::to_string(count_) + " real connections: " + what,
                            .value = value,
                            .unit = unit,
                            .peer = {},
                            .peer_value = {},
                            .goal = goal});
        };
        add("connected at once", most_, "devices");
        add("devices that have the release", static_cast<double>(have), "devices");
        add("devices named with a reason", static_cast<double>(named), "devices");
        add("devices lost", static_cast<double>(count_ - have - named), "devices", 0);
        add("until all are connected", connecting, "s");
        add("until the end, server and broker killed once", whole, "s");
        add("server's processor time", server_.server().seconds, "s");
        add("server's memory, peak", server_.server().megabytes, "MB");
        add("server's memory for each device, connected and idle", idle_kilobytes_, "KB", 2);
        add("broker's memory for each device, connected and idle", idle_broker_kilobytes_, "KB");
        add("broker's processor time", server_.broker().seconds, "s");
        add("broker's memory, peak", server_.broker().megabytes, "MB");
        add("queries over HTTP, 95th percentile", at(0.95), "ms", 200);
        return rows;
    }

    uint32_t count_;
    const Progress& on_progress_;
    TemporaryDirectory directory_;
    update::testing::Lab lab_;
    std::shared_ptr<SharedWorld> world_;
    Processes processes_;
    KilledServer server_;
    std::string release_;
    std::vector<double> latencies_;
    uint32_t most_ = 0;
    double idle_kilobytes_ = 0, idle_broker_kilobytes_ = 0;
};

}  // namespace

std::vector<Row> connection_rows(uint32_t devices, const Progress& on_progress) {
    return Bench(devices, on_progress).run();
}

}  // namespace ganglion::bench
