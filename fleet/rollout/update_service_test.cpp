#include "fleet/rollout/update_service.hpp"

#include <gtest/gtest.h>

#include <future>
#include <utility>

#include "fleet/base/port.hpp"
#include "fleet/broker/broker.hpp"
#include "fleet/testing/device_client.hpp"
#include "fleet/testing/log_lines.hpp"
#include "fleet/testing/temporary_directory.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet {
namespace {

using testing::DeviceClient;
using testing::eventually;
using testing::LogLines;
using testing::TemporaryDirectory;
using namespace std::chrono_literals;

struct UpdateServiceTest : ::testing::Test {
    TemporaryDirectory directory;
    Pki pki = Pki::create(directory.path() / "pki");
    LogLines log;
    Broker broker{directory.path() / "broker", broker_setup(pki), pick_free_port(), log.log()};
    ReleaseStore releases{directory.path() / "releases"};
    RolloutEngine engine{directory.path() / "rollouts.db", releases, [](const AuditEntry&) {}};
    UpdateService service{mqtt_link({.port = broker.port(),
                                     .id = Pki::updates_id,
                                     .ca_file = pki.ca_file(),
                                     .certificate_file = pki.certificate_file("updates"),
                                     .key_file = pki.key_file("updates"),
                                     .will_topic = {},
                                     .will_payload = {}}),
                          engine, releases, log.log()};
    DeviceClient device{pki, "speaker", broker.port()};

    void SetUp() override {
        // A message has come through: the service hears what devices say from now on.
        ASSERT_TRUE(device.wait_until_connected());
        ASSERT_TRUE(eventually([&] {
            device.send_raw("update", {0});
            return service.rejected() > 0;
        }));
    }
    void say_status() {
        StatusMessage status;
        status.online = true;
        status.application = "wake_word";
        device.send_status(status);
    }
    void say_update() {
        update::UpdateStatus status;
        status.boot = 1;
        std::vector<uint8_t> payload(update::kMaxUpdateStatusBytes);
        payload.resize(encode(status, payload));
        device.send_raw("update", payload);
    }
    bool is_online() { return engine.device("speaker") && engine.device("speaker")->online; }
};

TEST_F(UpdateServiceTest, a_status_that_a_full_queue_dropped_is_asked_for_again) {
    std::promise<void> goes_on;
    std::thread busy(
        [&] { engine.run([&](RolloutEngine::Batch&) { goes_on.get_future().wait(); }); });
    // While the store is busy, more comes than the queue holds: it is full to the last byte.
    for (const size_t bytes : {size_t{16384}, size_t{64}, size_t{1}}) {
        const uint64_t before = service.dropped();
        EXPECT_TRUE(eventually([&] {
            for (int i = 0; i < 64; ++i) device.send_raw("update", std::vector<uint8_t>(bytes));
            return service.dropped() > before;
        }));
    }
    uint64_t dropped = 0;
    EXPECT_TRUE(eventually([&] {
        std::this_thread::sleep_for(300ms);  // what was sent has come
        return std::exchange(dropped, service.dropped()) == service.dropped();
    }));
    say_status();
    EXPECT_TRUE(eventually([&] { return service.dropped() > dropped; }));
    goes_on.set_value();
    busy.join();
    std::this_thread::sleep_for(300ms);
    ASSERT_FALSE(engine.device("speaker")) << "the status was not dropped";

    // Its next word tells that it is there, and the broker still keeps its status.
    say_update();
    EXPECT_TRUE(eventually([&] { return is_online(); }));
    EXPECT_EQ(engine.device("speaker")->application, "wake_word");
}

TEST_F(UpdateServiceTest, who_was_forgotten_is_asked_for_again) {
    say_status();
    ASSERT_TRUE(eventually([&] { return is_online(); }));
    engine.run([](RolloutEngine::Batch& batch) { batch.all_offline(); });
    EXPECT_FALSE(is_online());
    say_update();
    EXPECT_TRUE(eventually([&] { return is_online(); }));
}

}  // namespace
}  // namespace ganglion::fleet
