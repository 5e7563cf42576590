#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "device/coordinate/follower.hpp"
#include "fleet/audit/audit_log.hpp"
#include "fleet/client/api_client.hpp"
#include "fleet/ingest/mqtt_client.hpp"
#include "fleet/server/server.hpp"
#include "fleet/testing/device_mqtt.hpp"
#include "fleet/testing/temporary_directory.hpp"
#include "fleet/testing/wait.hpp"
#include "update/host_crypto.hpp"

// Homes as clients of a real fleet server: summaries over the broker, signed set-points back.

namespace ganglion::fleet {
namespace {

namespace device = ganglion::coordinate;
using testing::eventually;

constexpr uint32_t kStart = 1'800'000'000 / 3600 * 3600;
constexpr double kSpeed = 900;  // a cycle a second

class Meter {
  public:
    Meter(Server& server, const std::string& id)
        : id_(id),
          client_(testing::device_mqtt(server.pki(), id, server.mqtt_port()),
                  {[this] { client_.subscribe("ganglion/1/" + id_ + "/setpoint"); },
                   [](const std::string&) {},
                   [this](std::string_view topic, std::span<const uint8_t> bytes, bool) {
                       const std::lock_guard lock(mutex_);
                       topic_ = topic;
                       last_.assign(bytes.begin(), bytes.end());
                   }}) {}

    bool connected() const { return client_.is_connected(); }
    void say(uint32_t clock_s, int32_t power, bool stores) {
        summary_ = {};
        summary_.boot = 1;
        summary_.sequence = ++sequence_;
        summary_.clock_s = clock_s;
        summary_.measured[0] = power + static_cast<int32_t>(sequence_ * 3);
        if (stores) {
            summary_.stores[0] = {device::StoreKind::storage, 4000, 10'000, 3000, 3000, 0, 0};
            summary_.store_count = 1;
        }
        std::array<uint8_t, device::kMaxSummaryBytes> bytes;
        const size_t size = encode(summary_, bytes);
        client_.publish("ganglion/1/" + id_ + "/summary", std::span(bytes).first(size));
    }
    std::vector<uint8_t> heard() const {
        const std::lock_guard lock(mutex_);
        return last_;
    }
    const device::Summary& summary() const { return summary_; }

  private:
    std::string id_, topic_;
    uint32_t sequence_ = 0;
    device::Summary summary_;
    mutable std::mutex mutex_;
    std::vector<uint8_t> last_;
    MqttClient client_;
};

TEST(CoordinationServer, homes_are_told_by_signed_set_points_and_the_log_says_why) {
    const testing::TemporaryDirectory directory;
    Server server({.state_dir = directory.path() / "state",
                   .mqtt_port = 0,
                   .http_port = 0,
                   .dashboard_dir = {},
                   .log = [](std::string_view) {}});
    server.start();
    const ApiAddress api{"127.0.0.1", server.http_port()};
    EXPECT_FALSE(get_json(api, "/api/coordination").at("running").get<bool>());
    EXPECT_THROW(call_api(api, "put", "/api/coordination", {{"feeders", "none"}}),
                 std::runtime_error);

    server.store().set_attributes("home-1", {{"feeder", "feeder-1"}});
    server.store().set_attributes("home-2", {{"feeder", "feeder-1"}});
    Meter one(server, "home-1");
    Meter two(server, "home-2");
    Meter stranger(server, "home-3");  // on no feeder
    Meter feeder(server, "feeder-1");
    ASSERT_TRUE(eventually([&] {
        return one.connected() && two.connected() && feeder.connected() && stranger.connected();
    }));
    call_api(api, "put", "/api/coordination",
             {{"feeders", {{{"id", "feeder-1"}, {"most_taken", 20'000}, {"most_given", 20'000}}}},
              {"generators",
               {{{"name", "base"}, {"most", 9000}, {"cost", 20}, {"ramp", 9000}},
                {{"name", "peak"}, {"most", 9000}, {"cost", 90}, {"ramp", 9000}}}},
              {"speed", kSpeed},
              {"start_s", kStart}});
    const auto begun = std::chrono::steady_clock::now();
    const auto clock = [&] {
        const std::chrono::duration<double> real = std::chrono::steady_clock::now() - begun;
        return kStart + static_cast<uint32_t>(real.count() * kSpeed);
    };
    ASSERT_TRUE(eventually(
        [&] {
            one.say(clock(), 900, true);
            two.say(clock(), 700, true);
            stranger.say(clock(), 500, true);
            feeder.say(clock(), 1600, false);
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            return !one.heard().empty() && !two.heard().empty();
        },
        std::chrono::seconds(30)));
    EXPECT_TRUE(stranger.heard().empty());

    const std::string pem = get_json(api, "/api/coordination/key").at("pem");
    update::HostCrypto host;
    const update::Crypto crypto = host.callbacks();
    device::Follower follower(
        {"home-1", "feeder-1", update::public_point_of(pem)},
        {.most_taken = 9000, .most_given = 9000, .most_valid_s = 14'400, .clock_error_s = 3600},
        crypto);
    EXPECT_EQ(follower.offer(one.heard(), clock(), one.summary()), device::Refusal::none);
    EXPECT_TRUE(follower.levels(clock()));

    const auto state = get_json(api, "/api/coordination");
    EXPECT_TRUE(state.at("running").get<bool>());
    EXPECT_EQ(state.at("feeders").at(0).at("devices"), 2);
    EXPECT_FALSE(state.at("decisions").empty());
    EXPECT_GT(state.at("rejected").get<int>(), 0) << "who is on no feeder";
    bool logged = false;
    for (const auto& entry : read_audit_log(directory.path() / "state" / "audit.jsonl", 100))
        logged |= entry.at("action") == "coordination.cycle" &&
                  entry.at("detail").at("levels").contains("feeder-1");
    EXPECT_TRUE(logged);
}

}  // namespace
}  // namespace ganglion::fleet
