#include "fleet/broker/broker.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include "fleet/base/port.hpp"
#include "fleet/broker/broker_config.hpp"
#include "fleet/testing/device_client.hpp"
#include "fleet/testing/device_mqtt.hpp"
#include "fleet/testing/log_lines.hpp"
#include "fleet/testing/temporary_directory.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::AllOf;
using testing::DeviceClient;
using testing::eventually;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::LogLines;
using ::testing::Not;
using testing::TemporaryDirectory;
using ::testing::ThrowsMessage;

/// Listens on a port for as long as it lives.
class Squatter {
  public:
    Squatter() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        ::inet_pton(AF_INET, loopback, &address.sin_addr);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(socket_, generic, size) != 0 || ::listen(socket_, 1) != 0 ||
            ::getsockname(socket_, generic, &size) != 0) {
            throw std::runtime_error("cannot listen");
        }
        port_ = ntohs(address.sin_port);
    }
    ~Squatter() { ::close(socket_); }
    Squatter(const Squatter&) = delete;
    Squatter& operator=(const Squatter&) = delete;
    uint16_t port() const { return port_; }

  private:
    int socket_;
    uint16_t port_ = 0;
};

class BrokerTest : public ::testing::Test {
  protected:
    /// A client with the server's certificate; counts what it hears.
    struct Listener {
        explicit Listener(BrokerTest& test)
            : client(config(test),
                     {[this] { client.subscribe("ganglion/1/#"); }, [](const std::string&) {},
                      [this](std::string_view topic, std::span<const uint8_t>, bool) {
                          const std::lock_guard lock(mutex);
                          topics.emplace_back(topic);
                      }}) {}

        static MqttConfig config(const BrokerTest& test) {
            MqttConfig config;
            config.port = test.port_;
            config.id = Pki::server_id;
            config.ca_file = test.pki_.ca_file();
            config.certificate_file = test.pki_.certificate_file("server");
            config.key_file = test.pki_.key_file("server");
            return config;
        }

        std::vector<std::string> heard() const {
            const std::lock_guard lock(mutex);
            return topics;
        }

        mutable std::mutex mutex;
        std::vector<std::string> topics;
        MqttClient client;
    };

    TemporaryDirectory directory_;
    Pki pki_ = Pki::create(directory_.path() / "pki");
    uint16_t port_ = pick_free_port();
    LogLines log_;
    std::unique_ptr<Broker> broker_ = std::make_unique<Broker>(
        directory_.path() / "broker", broker_setup(pki_), port_, log_.log());
};

TEST_F(BrokerTest, ADeviceIsHeardOnItsOwnTopicsAlone) {
    const Listener listener(*this);
    DeviceClient a(pki_, "a", port_);
    DeviceClient b(pki_, "b", port_);
    ASSERT_TRUE(a.wait_until_connected() && b.wait_until_connected());
    ASSERT_TRUE(eventually([&] { return listener.client.is_connected(); }));
    // Messages of one client keep their order, so the last of them shows that the others were
    // refused.
    for (const char* topic :
         {"ganglion/1/b/event", "ganglion/1/b/status", "ganglion/1/b/report", "ganglion/1/b/gate",
          "ganglion/1/b/ack", "ganglion/1/a/ack", "ganglion/1/a/other", "ganglion/2/a/event"}) {
        a.publish(topic, {1});
    }
    ASSERT_TRUE(eventually([&] {
        a.publish("ganglion/1/a/event", {1});
        return !listener.heard().empty();
    }));
    for (const std::string& topic : listener.heard()) EXPECT_EQ(topic, "ganglion/1/a/event");
    EXPECT_THAT(b.foreign_topics(), IsEmpty());
    EXPECT_EQ(b.acks(), 0u);
}

TEST_F(BrokerTest, ADeviceHearsNothingThatIsForOthers) {
    Listener server(*this);
    DeviceClient a(pki_, "a", port_);
    DeviceClient b(pki_, "b", port_);
    ASSERT_TRUE(a.wait_until_connected() && b.wait_until_connected());
    for (const char* pattern :
         {"#", "ganglion/#", "ganglion/1/b/ack", "ganglion/1/b/event", "ganglion/1/+/ack"}) {
        a.subscribe(pattern);
    }
    const std::vector<uint8_t> ack{0xa2, 0, 1, 1, 5};
    ASSERT_TRUE(eventually([&] {
        b.send_raw("event", {1});
        server.client.publish("ganglion/1/b/ack", ack);
        server.client.publish("ganglion/1/a/ack", ack);
        return a.acks() > 3 && b.acks() > 3 && !server.heard().empty();
    }));
    EXPECT_THAT(a.foreign_topics(), IsEmpty());
    EXPECT_THAT(b.foreign_topics(), IsEmpty());
}

TEST_F(BrokerTest, ADeviceCannotTakeTheNameOfAnother) {
    DeviceClient a(pki_, "a", port_);
    ASSERT_TRUE(a.wait_until_connected());
    MqttConfig config = testing::device_mqtt(pki_, "b", port_);
    config.id = "a";  // a second client of one name would throw the first one out
    const MqttClient impostor(config, {[] {}, [](const std::string&) {},
                                       [](std::string_view, std::span<const uint8_t>, bool) {}});
    ASSERT_TRUE(eventually([&] { return impostor.is_connected(); }));
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    EXPECT_TRUE(a.is_connected());
}

/// Whether the broker lets a client in that shows this certificate (none: null).
bool is_admitted(const Pki& pki, uint16_t port, const Identity* identity) {
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_load_verify_locations(context, pki.ca_file().c_str(), nullptr);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (identity != nullptr) {
        SSL_CTX_use_certificate(context, certificate_from_pem(identity->cert_pem).get());
        SSL_CTX_use_PrivateKey(context, key_from_pem(identity->key_pem).get());
    }
    BIO* bio = BIO_new_ssl_connect(context);
    BIO_set_conn_hostname(bio, (std::string(loopback) + ":" + std::to_string(port)).c_str());
    // CONNECT of MQTT 3.1.1: protocol level 4, clean session, keep-alive 60 s, client id "x".
    // CONNACK tells.
    const std::array<uint8_t, 15> connect{0x10, 13, 0, 4,  'M', 'Q', 'T', 'T',
                                          4,    2,  0, 60, 0,   1,   'x'};
    std::array<uint8_t, 4> answer{0xff, 0xff, 0xff, 0xff};
    const bool answered = BIO_do_connect(bio) == 1 &&
                          BIO_write(bio, connect.data(), static_cast<int>(connect.size())) > 0 &&
                          BIO_read(bio, answer.data(), static_cast<int>(answer.size())) == 4;
    BIO_free_all(bio);
    SSL_CTX_free(context);
    return answered && answer[0] == 0x20 && answer[3] == 0;
}

TEST_F(BrokerTest, AdmitsCertificatesOfItsFleetAlone) {
    const TemporaryDirectory elsewhere;
    Pki other = Pki::create(elsewhere.path());
    const Identity ours = pki_.issue_device("a");
    const Identity theirs = other.issue_device("a");
    EXPECT_TRUE(is_admitted(pki_, port_, &ours));
    EXPECT_FALSE(is_admitted(pki_, port_, &theirs));
    EXPECT_FALSE(is_admitted(pki_, port_, nullptr));
    EXPECT_FALSE(is_admitted(other, port_, &ours))
        << "a client must not trust a broker of another fleet";
}

TEST_F(BrokerTest, ComesBackAfterAKillAndSoDoItsClients) {
    DeviceClient a(pki_, "a", port_);
    ASSERT_TRUE(a.wait_until_connected());
    for (int round = 0; round < 3; ++round) {
        const pid_t before = broker_->pid();
        ASSERT_GT(before, 0);
        ASSERT_EQ(::kill(before, SIGKILL), 0);
        ASSERT_TRUE(eventually([&] { return broker_->pid() > 0 && broker_->pid() != before; }));
        ASSERT_TRUE(eventually([&] { return a.is_connected(); }));
    }
    EXPECT_EQ(log_.count("broker: mosquitto died, starting it again"), 3u);
    EXPECT_EQ(log_.count("broker: running again"), 3u);
}

TEST_F(BrokerTest, LetsGoOfThePortWhenDestroyed) {
    const pid_t pid = broker_->pid();
    EXPECT_FALSE(port_is_free(port_));
    broker_.reset();
    EXPECT_TRUE(port_is_free(port_));
    EXPECT_NE(::kill(pid, 0), 0);
}

TEST_F(BrokerTest, ATakenPortIsOneClearLine) {
    const Squatter squatter;
    EXPECT_THAT(
        [&] {
            Broker(directory_.path() / "second", broker_setup(pki_), squatter.port(), log_.log());
        },
        ThrowsMessage<std::runtime_error>(
            AllOf(HasSubstr("MQTT port " + std::to_string(squatter.port())),
                  HasSubstr("already taken"), Not(HasSubstr("\n")))));
}

TEST_F(BrokerTest, AConfigurationThatMosquittoRefusesIsOneClearLine) {
    std::filesystem::remove(pki_.key_file("broker"));
    EXPECT_THAT(
        [&] {
            Broker(directory_.path() / "second", broker_setup(pki_), pick_free_port(), log_.log());
        },
        ThrowsMessage<std::runtime_error>(
            AllOf(HasSubstr("mosquitto does not start: "), HasSubstr("key"))));
}

TEST(BrokerConfiguration, FindsTheErrorInMosquittosLog) {
    EXPECT_EQ(first_error("1: mosquitto version 2.0.11 starting\n1: Error: Address already in "
                          "use\n1: Error: b\n"),
              "Address already in use");
    EXPECT_EQ(first_error(""), "");
}

}  // namespace
}  // namespace ganglion::fleet
