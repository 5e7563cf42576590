#include "fleet/testing/chaos_gateway.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <utility>

#include "fleet/base/clock.hpp"
#include "fleet/base/files.hpp"
#include "fleet/base/port.hpp"
#include "fleet/gateway/gateway.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet::testing {
namespace {

using std::chrono::milliseconds;

constexpr auto kDrainLimit = std::chrono::seconds(180);
constexpr auto kBetweenLines = milliseconds(2);
constexpr auto kAgainAfter = milliseconds(20);
constexpr timeval kAnswerLimit{1, 0};

int connect_to(uint16_t port) {
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(port);
    ::inet_pton(AF_INET, loopback, &place.sin_addr);
    const int file = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &kAnswerLimit, sizeof kAnswerLimit);
    if (::connect(file, reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0) return file;
    ::close(file);
    return -1;
}

/// Says a line and hears the answer; empty where the gateway is gone.
std::string say(int file, const std::string& line) {
    if (::send(file, line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
        return {};
    std::string answer;
    for (char letter = 0; ::recv(file, &letter, 1, 0) == 1; answer.push_back(letter))
        if (letter == '\n') return answer;
    return {};
}

/// As `ganglion device enrol` leaves it.
void put_identity(Pki& pki, const std::string& id, const std::filesystem::path& folder) {
    const Identity identity = pki.issue_device(id);
    create_private_directory(folder);
    write_private_file(folder / "ca.pem", pki.ca_pem());
    write_private_file(folder / "device.pem", identity.cert_pem + identity.key_pem);
}

}  // namespace

ChaosGateway::ChaosGateway(const ChaosConfig& chaos, Pki& pki, uint16_t mqtt_port, Config config)
    : chaos_(chaos),
      config_(config),
      mqtt_port_(mqtt_port),
      lines_port_(pick_free_port()),
      began_ms_(now_ms()),
      devices_(config.devices) {
    for (size_t i = 0; i < devices_.size(); ++i) {
        devices_[i].id = "line-" + std::to_string(i);
        put_identity(pki, devices_[i].id, chaos.directory / "identities" / devices_[i].id);
    }
    start();
    for (size_t i = 0; i < devices_.size(); ++i)
        devices_[i].thread =
            std::thread([this, i, seed = chaos.seed + i] { speak(devices_[i], seed); });
}

ChaosGateway::~ChaosGateway() {
    stopping_ = true;
    for (Device& device : devices_)
        if (device.thread.joinable()) device.thread.join();
}

void ChaosGateway::start() {
    gateway_.reset();
    gateway_ = std::make_unique<Part>(
        chaos_.part,
        std::vector<std::string>{"gateway", chaos_.directory / "gateway",
                                 chaos_.directory / "identities", std::to_string(mqtt_port_),
                                 std::to_string(lines_port_), std::to_string(config_.most_events),
                                 std::to_string(began_ms_), std::to_string(config_.clock_speed)},
        true);
}

void ChaosGateway::kill_and_restart() {
    gateway_->end(SIGKILL);
    look_at_disk();
    start();
}

void ChaosGateway::look_at_disk() {
    uint64_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(chaos_.directory / "gateway"))
        bytes += file.file_size();
    most_bytes_ = std::max(most_bytes_, bytes);
}

bool ChaosGateway::come_to_rest() {
    stopping_ = true;
    for (Device& device : devices_) device.thread.join();
    look_at_disk();
    return gateway_->end(SIGTERM) == 0;
}

void ChaosGateway::speak(Device& device, uint64_t seed) const {
    std::mt19937_64 random(seed);
    int file = -1;
    while (!stopping_) {
        if (file < 0 && (file = connect_to(lines_port_)) < 0) {
            std::this_thread::sleep_for(kAgainAfter);
            continue;
        }
        const std::string number = std::to_string(device.promised + 1);
        std::string line = R"({"device":")";
        line.append(device.id).append(R"(","number":)").append(number);
        line.append(R"(,"label":"line","score":7,"sample":)").append(number).append("}\n");
        const std::string answer = say(file, line);
        if (answer == "ok " + number) {
            if (random() % 5 != 0) ++device.promised;
            std::this_thread::sleep_for(kBetweenLines);
        } else if (answer.empty()) {
            ::close(std::exchange(file, -1));
        }
    }
    if (file >= 0) ::close(file);
}

void ChaosGateway::compare(Store& store, ChaosResult& result) const {
    for (const Device& device : devices_) {
        std::map<uint64_t, int> stored;  // by number
        for (int64_t after = 0;;) {
            const auto page = store.events({device.id, after, {}, 10'000});
            if (page.empty()) break;
            after = page.back().id;
            for (const StoredEvent& one : page) ++stored[one.event.sample];
        }
        // A device says each number once more until it goes on, so the gateway counts as it does.
        std::set<uint64_t> named;
        for (const Gap& gap : store.gaps(device.id))
            for (uint64_t number = gap.first; number <= gap.last; ++number) named.insert(number);
        for (const auto& [number, count] : stored) {
            result.duplicates += static_cast<uint64_t>(count - 1);
            result.gaps_wrong += named.contains(number) ? 1 : 0;
        }
        for (uint64_t number = 1; number <= device.promised; ++number)
            if (!stored.contains(number) && !named.contains(number)) ++result.acknowledged_missing;
        result.promised += device.promised;
        result.dropped += named.size();
    }
}

int run_chaos_gateway(const std::vector<std::string>& arguments) {
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ending, nullptr);
    GatewayConfig config;
    config.state_dir = arguments[1];
    config.identities = arguments[2];
    config.brokers = {{loopback, static_cast<uint16_t>(std::stoi(arguments[3]))}};
    config.lines.port = static_cast<uint16_t>(std::stoi(arguments[4]));
    config.most_events = std::stoull(arguments[5]);
    config.clock = [begin = std::stoll(arguments[6]), speed = std::stoll(arguments[7])] {
        return begin + (now_ms() - begin) * speed;
    };
    config.log = [](std::string_view) {};
    Gateway gateway(config);
    std::cout << "ready" << std::endl;
    int signal = 0;
    sigwait(&ending, &signal);
    return eventually([&] { return gateway.waiting() == 0; }, kDrainLimit) ? 0 : 3;
}

}  // namespace ganglion::fleet::testing
