#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <mutex>
#include <random>

#include "device/event/messages.hpp"
#include "fleet/base/clock.hpp"
#include "fleet/client/api_client.hpp"
#include "fleet/ingest/mqtt_client.hpp"
#include "fleet/release/make_release.hpp"
#include "fleet/server/server.hpp"
#include "fleet/testing/device_mqtt.hpp"
#include "fleet/testing/temporary_directory.hpp"
#include "fleet/testing/wait.hpp"
#include "update/host_crypto.hpp"
#include "update/testing/networked_device.hpp"
#include "update/testing/power_cuts.hpp"

// The whole path of an update: signed here, given to a server over HTTP, rolled out over a real
// broker to devices with flash, boot loader and agent.

namespace ganglion::fleet {
namespace {

using nlohmann::json;
using testing::eventually;
using testing::TemporaryDirectory;
using update::testing::Bytes;
using namespace std::chrono_literals;

/// A device on the broker, in a thread of its own.
class LinuxDevice {
  public:
    LinuxDevice(Pki& pki, uint16_t port, const update::testing::Lab& lab,
                const update::testing::Scenario& scenario, const std::string& id)
        : id_(id),
          flash_(update::testing::new_device(lab, scenario)),
          device_(lab, crypto_.callbacks(), update::testing::kSmallLayout, flash_,
                  {.proves = [](auto image) { return image[0] != 'u'; },
                   .infer =
                       [](auto image, update::ScoreCounts& counts) {
                           counts.add(image[0] == 'a' ? 900 : 100, image[0] == 'a');
                       }},
                  [this](std::string_view leaf, std::span<const uint8_t> payload) {
                      return client_->publish(topic(leaf), payload, leaf == "update");
                  }) {
        MqttConfig config = testing::device_mqtt(pki, id, port);
        config.will_topic = topic("status");
        config.will_payload = std::string("\xa1\x00\xf4", 3);
        device_.power_on();
        client_ = std::make_unique<MqttClient>(
            config, MqttHandlers{[this] { fresh_ = true; }, [](const std::string&) {},
                                 [this](std::string_view name, std::span<const uint8_t> payload,
                                        bool) { take(name, payload); }});
        thread_ = std::thread([this] { run(); });
    }
    LinuxDevice(const LinuxDevice&) = delete;
    LinuxDevice& operator=(const LinuxDevice&) = delete;
    ~LinuxDevice() {
        stop_ = true;
        thread_.join();
        client_.reset();
    }
    std::string running() {
        const std::lock_guard lock(mutex_);
        return {device_.running().begin(), device_.running().end()};
    }

    void set_deferral(const std::string& why) {
        const std::lock_guard lock(mutex_);
        device_.set_deferral(why);
    }
    uint32_t key_list() {
        const std::lock_guard lock(mutex_);
        return device_.updater().key_list();
    }

  private:
    std::string topic(std::string_view leaf) const {
        return "ganglion/1/" + id_ + "/" + std::string(leaf);
    }
    void take(std::string_view name, std::span<const uint8_t> payload) {
        const std::lock_guard lock(mutex_);
        inbox_.emplace_back(std::string(name.substr(name.rfind('/') + 1)),
                            Bytes(payload.begin(), payload.end()));
    }
    void run() {
        while (!stop_) {
            std::this_thread::sleep_for(5ms);
            if (fresh_.exchange(false)) {
                for (const char* leaf : {"offer", "piece", "undo", "keys"})
                    client_->subscribe(topic(leaf));
                StatusMessage status;
                status.online = true;
                status.application = "wake_word";
                Bytes payload(128);
                payload.resize(encode(status, payload));
                client_->publish(topic("status"), payload, true);
                device_.connected();
            }
            const std::lock_guard lock(mutex_);
            for (const auto& [leaf, payload] : std::exchange(inbox_, {}))
                device_.message(leaf, payload);
            device_.poll(static_cast<uint64_t>(now_ms()), client_->is_connected());
        }
    }

    std::string id_;
    SimulatedFlash flash_;
    update::HostCrypto crypto_;
    update::testing::NetworkedDevice device_;
    std::mutex mutex_;
    std::vector<std::pair<std::string, Bytes>> inbox_;
    std::atomic<bool> fresh_ = false, stop_ = false;
    std::unique_ptr<MqttClient> client_;
    std::thread thread_;
};

Bytes image_of(char kind, size_t size, uint32_t seed) {
    Bytes image(size);
    std::mt19937 random(seed);
    for (uint8_t& byte : image) byte = static_cast<uint8_t>(random());
    image[0] = static_cast<uint8_t>(kind);
    return image;
}

struct UpdatePath : ::testing::Test {
    TemporaryDirectory directory;
    const update::testing::Lab lab;
    const update::testing::Scenario factory{.name = "path",
                                            .bundle = image_of('g', 5000, 1),
                                            .firmware = image_of('g', 6000, 2),
                                            .releases = {},
                                            .key_list = {},
                                            .final_bundle = {},
                                            .final_firmware = {}};
    std::unique_ptr<Server> server = started();
    std::vector<std::unique_ptr<LinuxDevice>> devices;

    std::unique_ptr<Server> started() {
        auto made = std::make_unique<Server>(ServerConfig{.state_dir = directory.path() / "fleet",
                                                          .dashboard_dir = {},
                                                          .log = [](std::string_view) {}});
        made->start();
        return made;
    }
    ApiAddress api() const { return {"127.0.0.1", server->http_port(), ""}; }

    void add_devices(size_t count) {
        for (size_t i = 0; i < count; ++i)
            devices.push_back(std::make_unique<LinuxDevice>(server->pki(), server->mqtt_port(), lab,
                                                            factory, "dev-" + std::to_string(i)));
    }

    // Signs a release here and gives it to the server as the CLI does.
    std::string add_release(const Bytes& image, uint32_t sequence) {
        return add_release(image, sequence, lab.signer());
    }
    std::string add_release(const Bytes& image, uint32_t sequence, const std::string& signer) {
        ObjectStore objects(directory.path() / "signing");
        ReleaseParts parts;
        parts.name = "wake_word";
        parts.description = lab.describe(update::Component::bundle, sequence, {1, sequence, 0});
        parts.description.health.max_alerts_permille = 300;
        parts.description.health.min_inferences = 20;
        parts.image = image;
        parts.bases = {factory.bundle};
        parts.back = factory.bundle;
        parts.back_version = {1, 0, 0};
        parts.card = "# The card\n";
        const SignedRelease made = make_release(parts, signer, objects, now_ms());
        for (const auto* packages : {&made.release.packages, &made.release.back})
            for (const auto& package : *packages)
                for (const auto& digest : {package.manifest, package.index, package.payload})
                    put(*objects.get(digest));
        put(parts.card);
        return call_api(api(), "post", "/api/releases",
                        {{"description", made.description}, {"signature", made.signature}})
            .at("id");
    }
    void put(const std::string& bytes) {
        httplib::Client client("127.0.0.1", server->http_port());
        const auto result =
            client.Put("/api/objects/" + sha256_hex(bytes), bytes, "application/octet-stream");
        ASSERT_TRUE(result && result->status == 204);
    }
    int64_t begin(const std::string& release) {
        return call_api(api(), "post", "/api/rollouts",
                        {{"release", release},
                         {"stages", {{{"share", 1}, {"wait_s", 0}}}},
                         {"look_s", 1}})
            .at("id");
    }
    std::string state(int64_t id) {
        return get_json(api(), "/api/rollouts/" + std::to_string(id)).at("state");
    }
    json devices_in(int64_t id, const std::string& state) {
        return get_json(api(), "/api/rollouts/" + std::to_string(id) + "/devices?state=" + state);
    }
    bool knows(size_t count) {
        return eventually([&] {
            return call_api(api(), "post", "/api/rollouts/plan", {{"release", "any"}})
                       .at("stages")
                       .back() == count;
        });
    }
    bool all_run(const Bytes& image) {
        return std::ranges::all_of(devices, [&](auto& device) {
            return device->running() == std::string(image.begin(), image.end());
        });
    }
};

TEST_F(UpdatePath, a_release_reaches_every_device_through_a_kill_of_the_broker) {
    add_devices(4);
    ASSERT_TRUE(eventually([&] {
        return call_api(api(), "post", "/api/rollouts/plan", {{"release", "any"}})
                   .at("stages")
                   .back() == 4;
    }));
    const Bytes image = image_of('g', 5500, 3);
    const int64_t id = begin(add_release(image, 5));
    ::kill(server->broker_pid(), SIGKILL);
    EXPECT_TRUE(eventually([&] { return state(id) == "done"; }, 100s))
        << get_json(api(), "/api/rollouts/" + std::to_string(id)).dump(1);
    EXPECT_TRUE(all_run(image));
}

TEST_F(UpdatePath, an_alarming_release_is_left_by_devices_and_stopped_by_the_fleet) {
    add_devices(4);
    ASSERT_TRUE(eventually([&] {
        return call_api(api(), "post", "/api/rollouts/plan", {{"release", "any"}})
                   .at("stages")
                   .back() == 4;
    }));
    const int64_t id = begin(add_release(image_of('a', 5500, 3), 5));
    EXPECT_TRUE(eventually([&] { return state(id) == "rolled back"; }, 60s))
        << get_json(api(), "/api/rollouts/" + std::to_string(id)).dump(1);
    EXPECT_TRUE(all_run(factory.bundle));
    const auto unhealthy =
        get_json(api(), "/api/rollouts/" + std::to_string(id) + "/devices?state=unhealthy");
    ASSERT_FALSE(unhealthy.empty());
    EXPECT_EQ(unhealthy[0].at("reason"), "unhealthy by the release's rule");
}

TEST_F(UpdatePath, what_was_confirmed_comes_back_when_the_rollout_is_aborted) {
    add_devices(2);
    ASSERT_TRUE(eventually([&] {
        return call_api(api(), "post", "/api/rollouts/plan", {{"release", "any"}})
                   .at("stages")
                   .back() == 2;
    }));
    const Bytes image = image_of('g', 5500, 3);
    const std::string release = add_release(image, 5);
    const int64_t id =
        call_api(api(), "post", "/api/rollouts",
                 {{"release", release}, {"stages", {{{"share", 1}, {"wait_s", 600}}}}})
            .at("id");
    ASSERT_TRUE(eventually([&] { return all_run(image); }, 60s));
    ASSERT_TRUE(eventually(
        [&] {
            return get_json(api(), "/api/rollouts/" + std::to_string(id) + "/devices?state=done")
                       .size() == 2;
        },
        30s));
    call_api(api(), "post", "/api/rollouts/" + std::to_string(id) + "/abort", {{"keep", false}});
    EXPECT_TRUE(eventually([&] { return state(id) == "rolled back"; }, 60s))
        << get_json(api(), "/api/rollouts/" + std::to_string(id)).dump(1);
    EXPECT_TRUE(all_run(factory.bundle));
}

TEST_F(UpdatePath, a_device_puts_an_update_off_and_takes_it_later) {
    add_devices(2);
    devices[1]->set_deferral("the machine is stopped");
    ASSERT_TRUE(knows(2));
    const Bytes image = image_of('g', 5500, 3);
    const int64_t id = begin(add_release(image, 5));
    ASSERT_TRUE(eventually([&] { return devices_in(id, "blocked").size() == 1; }, 60s));
    const json waits = devices_in(id, "blocked")[0];
    EXPECT_EQ(waits.at("device"), "dev-1");
    EXPECT_EQ(waits.at("reason"), "puts it off: the machine is stopped");
    ASSERT_TRUE(eventually([&] { return devices_in(id, "done").size() == 1; }, 60s));
    EXPECT_EQ(state(id), "running");
    devices[1]->set_deferral("");
    EXPECT_TRUE(eventually([&] { return state(id) == "done"; }, 60s));
    EXPECT_TRUE(all_run(image));
}

TEST_F(UpdatePath, release_keys_are_rotated_and_revoked_over_the_broker) {
    add_devices(2);
    ASSERT_TRUE(knows(2));
    const Bytes list = lab.key_list(2, true);
    call_api(api(), "put", "/api/keys",
             {{"envelope", hex_of(list)}, {"root", hex_of(lab.identity().root)}});
    const Bytes image = image_of('g', 5500, 3);
    EXPECT_THROW(add_release(image, 5, lab.signer()), std::runtime_error);  // revoked
    const int64_t id = begin(add_release(image, 6, lab.next_signer()));
    EXPECT_TRUE(eventually([&] { return state(id) == "done"; }, 60s))
        << get_json(api(), "/api/rollouts/" + std::to_string(id)).dump(1);
    EXPECT_TRUE(all_run(image));
    for (const auto& device : devices) EXPECT_EQ(device->key_list(), 2U);
}

TEST_F(UpdatePath, objects_are_served_in_ranges_and_only_signed_releases_are_taken) {
    const std::string release = add_release(image_of('g', 5500, 3), 5);
    const json row = get_json(api(), "/api/releases/" + release);
    httplib::Client client("127.0.0.1", server->http_port());
    const std::string path =
        "/api/objects/" + row.at("packages")[0].at("payload").get<std::string>();
    const auto whole = client.Get(path);
    const auto part = client.Get(path, {httplib::make_range_header({{1024, 2047}})});
    ASSERT_TRUE(whole && part);
    EXPECT_EQ(whole->body.size(), 5500U);
    EXPECT_EQ(part->status, 206);
    EXPECT_EQ(part->body, whole->body.substr(1024, 1024));
    json forged = row;
    forged.erase("id");
    forged["note"] = "better";
    EXPECT_THROW(call_api(api(), "post", "/api/releases",
                          {{"description", forged.dump()}, {"signature", std::string(128, '0')}}),
                 std::runtime_error);
    const auto wrong = client.Put("/api/objects/" + std::string(64, '0'), "x", "text/plain");
    EXPECT_EQ(wrong->status, 400);
}

}  // namespace
}  // namespace ganglion::fleet
