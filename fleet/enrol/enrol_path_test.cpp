#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "fleet/base/files.hpp"
#include "fleet/client/enrol_client.hpp"
#include "fleet/enrol/enrolment.hpp"
#include "fleet/ingest/mqtt_client.hpp"
#include "fleet/pki/request.hpp"
#include "fleet/server/server.hpp"
#include "fleet/testing/device_client.hpp"
#include "fleet/testing/log_lines.hpp"
#include "fleet/testing/temporary_directory.hpp"
#include "fleet/testing/wait.hpp"

// Enrolment, renewal and revocation against a real server and its broker.

namespace ganglion::fleet {
namespace {

using testing::eventually;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// Connects as an enrolled device does: with the files of its folder alone.
class EnrolledDevice {
  public:
    EnrolledDevice(const std::filesystem::path& directory, const std::string& claimed_id,
                   uint16_t port)
        : client_(config(directory, claimed_id, port),
                  {[this] { ++connections_; }, [](const std::string&) {},
                   [](std::string_view, std::span<const uint8_t>, bool) {}}) {}
    bool is_connected() const { return client_.is_connected(); }
    int connections() const { return connections_; }

  private:
    static MqttConfig config(const std::filesystem::path& directory, const std::string& id,
                             uint16_t port) {
        MqttConfig config;
        config.port = port;
        config.id = id;
        config.ca_file = directory / "ca.pem";
        config.certificate_file = config.key_file = directory / "device.pem";
        return config;
    }
    std::atomic<int> connections_{0};
    MqttClient client_;
};

class EnrolPathTest : public ::testing::Test {
  protected:
    EnrolPathTest() { server_.start(); }

    ApiAddress api() const { return {"127.0.0.1", server_.http_port()}; }
    std::string claim(const std::string& device, bool replace = false) {
        return call_api(api(), "post", "/api/claims",
                        {{"device", device}, {"minutes", 5}, {"replace", replace}})
            .at("code");
    }
    std::filesystem::path folder(const std::string& name) const { return directory_.path() / name; }
    void revoke(const std::string& device) {
        call_api(api(), "post", "/api/devices/" + device + "/revoke", {{"reason", "test"}});
    }
    /// Long enough for a client that tries every 100 ms to have come back several times.
    static void give_it_time() { std::this_thread::sleep_for(std::chrono::milliseconds(800)); }

    testing::TemporaryDirectory directory_;
    testing::LogLines log_;
    Server server_{[this] {
        ServerConfig config;
        config.state_dir = directory_.path() / "state";
        config.log = log_.log();
        return config;
    }()};
};

TEST_F(EnrolPathTest, ADeviceThatMadeItsOwnKeyConnectsAndTheServerNeverHadTheKey) {
    EXPECT_EQ(enrol_device(api(), claim("pump-7"), folder("pump")), "pump-7");
    const EnrolledDevice device(folder("pump"), "pump-7", server_.mqtt_port());
    EXPECT_TRUE(eventually([&] { return device.is_connected(); }));
    EXPECT_FALSE(std::filesystem::exists(directory_.path() / "state/pki/devices/pump-7.key"));
}

TEST_F(EnrolPathTest, AnAnswerThatWasLostIsAskedForAgain) {
    const std::string code = claim("pump-7");
    // The device has its key and its request on the disk and asks; then it is cut.
    const Key key = new_key();
    const std::string request = new_request(key.get(), "device");
    create_private_directory(folder("cut"));
    write_private_file(folder("cut") / "next.key", to_pem(key.get()));
    write_private_file(folder("cut") / "next.csr", request);
    const auto known = claim_of(code);
    call_api(api(), "post", "/api/enrol",
             {{"claim", known->id},
              {"request", request},
              {"proof", to_base64(hmac_sha256(known->key, request))}});
    EXPECT_EQ(enrol_device(api(), code, folder("cut")), "pump-7");
    const EnrolledDevice device(folder("cut"), "pump-7", server_.mqtt_port());
    EXPECT_TRUE(eventually([&] { return device.is_connected(); }));
    EXPECT_THAT([&] { enrol_device(api(), code, folder("other")); },
                ThrowsMessage<std::runtime_error>(HasSubstr("403")))
        << "another device cannot use the code";
    EXPECT_THAT([&] { enrol_device(api(), "7-abc", folder("odd")); },
                ThrowsMessage<std::runtime_error>(HasSubstr("no claim code")));
}

TEST_F(EnrolPathTest, RevocationEndsALiveConnectionAndTheOthersStay) {
    enrol_device(api(), claim("pump-7"), folder("pump"));
    enrol_device(api(), claim("pump-8"), folder("other"));
    const EnrolledDevice device(folder("pump"), "pump-7", server_.mqtt_port());
    const EnrolledDevice other(folder("other"), "pump-8", server_.mqtt_port());
    ASSERT_TRUE(eventually([&] { return device.is_connected() && other.is_connected(); }));
    const pid_t broker = server_.broker_pid();
    revoke("pump-7");
    EXPECT_TRUE(eventually([&] { return !device.is_connected(); }, std::chrono::seconds(3)));
    const int before = device.connections();
    give_it_time();
    EXPECT_FALSE(device.is_connected()) << "it comes back";
    EXPECT_EQ(device.connections(), before) << "it was let in again";
    EXPECT_EQ(other.connections(), 1) << "the other device was disturbed";
    EXPECT_EQ(server_.broker_pid(), broker) << "the broker was started again";
    EXPECT_TRUE(eventually([&] {
        const auto row = server_.store().device("pump-7");
        return row && !row->online;
    }));
}

TEST_F(EnrolPathTest, ADeviceWhoseKeyTheServerMadeIsRevokedToo) {
    testing::DeviceClient device(server_.pki(), "speaker", server_.mqtt_port());
    ASSERT_TRUE(device.wait_until_connected());
    revoke("speaker");
    EXPECT_TRUE(eventually([&] { return !device.is_connected(); }));
    give_it_time();
    EXPECT_FALSE(device.is_connected());
    EXPECT_THAT([&] { revoke("speaker"); }, ThrowsMessage<std::runtime_error>(HasSubstr("404")));
}

TEST_F(EnrolPathTest, WhatWasRevokedStaysOutAfterARestart) {
    enrol_device(api(), claim("pump-7"), folder("pump"));
    revoke("pump-7");
    server_.stop();
    std::filesystem::remove(directory_.path() / "state/pki/revoked.pem");
    server_.start();
    const EnrolledDevice device(folder("pump"), "pump-7", server_.mqtt_port());
    give_it_time();
    EXPECT_FALSE(device.is_connected());
}

TEST_F(EnrolPathTest, ASecondClientWithAnothersIdNeitherGetsInNorDisturbsTheFirst) {
    enrol_device(api(), claim("pump-7"), folder("pump"));
    enrol_device(api(), claim("eve"), folder("eve"));
    const EnrolledDevice device(folder("pump"), "pump-7", server_.mqtt_port());
    ASSERT_TRUE(eventually([&] { return device.is_connected(); }));
    // With its own certificate and the other's name; then with no certificate of this fleet.
    const EnrolledDevice eve(folder("eve"), "pump-7", server_.mqtt_port());
    Pki strangers = Pki::create(folder("strangers"));
    testing::DeviceClient stranger(strangers, "pump-7", server_.mqtt_port());
    give_it_time();
    EXPECT_FALSE(stranger.is_connected());
    EXPECT_TRUE(device.is_connected());
    EXPECT_EQ(device.connections(), 1) << "the first was thrown off";
    EXPECT_THAT([&] { claim("pump-7"); }, ThrowsMessage<std::runtime_error>(HasSubstr("revoke")));
}

TEST_F(EnrolPathTest, RenewalGoesOnWithoutACutAndAReplacementEndsTheOldOne) {
    enrol_device(api(), claim("pump-7"), folder("pump"));
    const std::string before = read_file(folder("pump") / "device.pem");
    EXPECT_EQ(renew_device(api(), folder("pump")), "pump-7");
    EXPECT_NE(read_file(folder("pump") / "device.pem"), before);
    const EnrolledDevice device(folder("pump"), "pump-7", server_.mqtt_port());
    ASSERT_TRUE(eventually([&] { return device.is_connected(); }));
    enrol_device(api(), claim("pump-7", true), folder("replacement"));
    EXPECT_TRUE(eventually([&] { return !device.is_connected(); }));
    const EnrolledDevice next(folder("replacement"), "pump-7", server_.mqtt_port());
    EXPECT_TRUE(eventually([&] { return next.is_connected(); }));
    EXPECT_THAT([&] { renew_device(api(), folder("pump")); },
                ThrowsMessage<std::runtime_error>(HasSubstr("enrol the device again")));
}

}  // namespace
}  // namespace ganglion::fleet
