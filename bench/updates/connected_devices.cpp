#include "bench/updates/connected_devices.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <vector>

#include "device/event/messages.hpp"
#include "fleet/base/clock.hpp"
#include "fleet/testing/mqtt_swarm.hpp"
#include "update/testing/networked_device.hpp"

namespace ganglion::bench {
namespace {

using fleet::testing::MqttSwarm;
using update::testing::Bytes;
using update::testing::NetworkedDevice;

constexpr size_t kBundleBytes = 3000;
constexpr auto kTurn = std::chrono::milliseconds(20);
constexpr uint32_t kTurns = 25;  ///< each device has its poll in one of so many turns

Bytes bundle_of(char kind, uint32_t seed) {
    Bytes image(kBundleBytes);
    std::mt19937 random(seed);
    for (uint8_t& byte : image) byte = static_cast<uint8_t>(random());
    image[0] = static_cast<uint8_t>(kind);
    return image;
}

Bytes status_message(bool online) {
    StatusMessage status;
    status.online = online;
    if (online) status.application = "wake_word";
    Bytes payload(128);
    payload.resize(encode(status, payload));
    return payload;
}

/// One device behind one of the swarm's connections.
struct Device {
    Device(const update::testing::Lab& lab, const SimulatedFlash& factory, uint32_t number,
           MqttSwarm& swarm, size_t client)
        : root("ganglion/1/" + device_id(number) + "/"),
          flash(factory),
          device(
              lab, lab.crypto(), update::testing::kSmallLayout, flash,
              {.proves = [number](auto image) { return image[0] != 'n' || !cannot_prove(number); },
               .infer = [](auto, update::ScoreCounts& counts) { counts.add(300, false); }},
              [this, &swarm, client](std::string_view leaf, std::span<const uint8_t> payload) {
                  return swarm.publish(client, root + std::string(leaf), payload, leaf == "update");
              }) {
        device.power_on();
    }
    std::string root;
    SimulatedFlash flash;
    NetworkedDevice device;
};

fleet::MqttConfig config_of(uint32_t number, const std::filesystem::path& pki, uint16_t port) {
    const std::string id = device_id(number);
    const Bytes will = status_message(false);
    return {port,
            id,
            pki / "ca.pem",
            pki / "devices" / (id + ".pem"),
            pki / "devices" / (id + ".key"),
            "ganglion/1/" + id + "/status",
            std::string(will.begin(), will.end())};
}

/// All devices of one process.
class Devices {
  public:
    Devices(uint32_t first, uint32_t end, const update::testing::Lab& lab,
            const std::filesystem::path& pki, uint16_t mqtt_port, SharedWorld& world)
        : first_(first),
          world_(world),
          swarm_({[this](size_t client) { connected(client); },
                  [this](size_t client, std::string_view topic, std::span<const uint8_t> payload) {
                      devices_[client]->device.message(topic.substr(topic.rfind('/') + 1), payload);
                  }}) {
        const update::testing::Scenario scenario{.name = "connected",
                                                 .bundle = old_bundle(),
                                                 .firmware = bundle_of('f', 3),
                                                 .releases = {},
                                                 .key_list = {},
                                                 .final_bundle = {},
                                                 .final_firmware = {}};
        const SimulatedFlash factory = update::testing::new_device(lab, scenario);
        for (uint32_t number = first; number < end; ++number) {
            const size_t client = swarm_.add(config_of(number, pki, mqtt_port));
            devices_.push_back(std::make_unique<Device>(lab, factory, number, swarm_, client));
        }
    }

    [[noreturn]] void run() {
        for (uint32_t turn = 0;; turn = (turn + 1) % kTurns) {
            swarm_.run(kTurn);
            obey();
            for (size_t client = turn; client < devices_.size(); client += kTurns) poll(client);
        }
    }

  private:
    void connected(size_t client) {
        Device& device = *devices_[client];
        std::vector<std::string> topics;
        for (const char* leaf : {"offer", "piece", "undo", "keys"})
            topics.push_back(device.root + leaf);
        swarm_.subscribe(client, topics);
        swarm_.publish(client, device.root + "status", status_message(true), true);
        device.device.connected();
    }

    void poll(size_t client) {
        NetworkedDevice& device = devices_[client]->device;
        const bool is_connected = swarm_.is_connected(client);
        device.poll(static_cast<uint64_t>(fleet::now_ms()), is_connected);
        world_.runs_new[first_ + client] = device.running()[0] == 'n';
        if (counted_.size() < devices_.size()) counted_.resize(devices_.size());
        if (is_connected == counted_[client]) return;
        counted_[client] = is_connected;
        if (is_connected)
            ++world_.connected;
        else
            --world_.connected;
    }

    void obey() {
        const uint32_t phase = world_.phase;
        if (phase == phase_) return;
        phase_ = phase;
        for (uint32_t client = 0; client < devices_.size(); ++client) {
            const uint32_t number = first_ + client;
            swarm_.keep_away(client, phase == SharedWorld::some_are_away    ? goes_away(number)
                                     : phase == SharedWorld::some_come_back ? stays_away(number)
                                                                            : false);
        }
    }

    uint32_t first_;
    SharedWorld& world_;
    MqttSwarm swarm_;
    std::vector<std::unique_ptr<Device>> devices_;
    std::vector<bool> counted_;
    uint32_t phase_ = SharedWorld::everybody_comes;
};

}  // namespace

std::shared_ptr<SharedWorld> share_world() {
    void* memory = ::mmap(nullptr, sizeof(SharedWorld), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("no memory to share");
    return {new (memory) SharedWorld(),
            [](SharedWorld* world) { ::munmap(world, sizeof(SharedWorld)); }};
}

std::string device_id(uint32_t number) {
    return "dev-" + std::to_string(number);
}

Bytes old_bundle() {
    return bundle_of('o', 1);
}

Bytes new_bundle() {
    return bundle_of('n', 2);
}

void live_as_devices(uint32_t first, uint32_t end, const update::testing::Lab& lab,
                     const std::filesystem::path& pki, uint16_t mqtt_port, SharedWorld& world) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
        Devices(first, end, lab, pki, mqtt_port, world).run();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "devices from %u on: %s\n", first, error.what());
    }
    ++world.failed;
    ::_exit(1);
}

}  // namespace ganglion::bench
