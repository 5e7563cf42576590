#include "fleet/ingest/mqtt_client.hpp"

#include <openssl/ssl.h>

#include <chrono>
#include <csignal>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "fleet/base/port.hpp"

namespace ganglion::fleet {
namespace {

constexpr int kAtLeastOnce = 1;
constexpr int kKeepAliveSeconds = 15;
constexpr int kLoopMs = 100;
constexpr auto kReconnectPause = std::chrono::milliseconds(100);
constexpr auto kRefusedPause = std::chrono::milliseconds(2000);
constexpr int kLargestGrant = 2;
constexpr int kLargestConnack = 5;
constexpr auto kHandshakePause = std::chrono::milliseconds(1);
constexpr auto kHandshakeLimit = std::chrono::seconds(3);

/// libmosquitto asks for one initialisation per process, before anything else; and a broker that
/// dies while we write to it must not end this process.
void initialise_library() {
    static const int result = [] {
        std::signal(SIGPIPE, SIG_IGN);
        return mosquitto_lib_init();
    }();
    if (result != MOSQ_ERR_SUCCESS) throw std::runtime_error("libmosquitto does not initialise");
}

/// Calls `connect`, which waits for no answer. At the first connection of a process libmosquitto
/// sets up what OpenSSL shares, and takes no lock for it.
template <typename Connect>
int one_at_a_time(Connect&& connect) {
    static std::mutex connecting;
    const std::lock_guard lock(connecting);
    return connect();
}

MqttClient& self(void* object) {
    return *static_cast<MqttClient*>(object);
}

}  // namespace

MqttClient::MqttClient(const MqttConfig& config, MqttHandlers handlers)
    : handlers_(std::move(handlers)) {
    initialise_library();
    client_.reset(mosquitto_new(config.id.c_str(), true, this));
    if (!client_) throw std::runtime_error("MQTT client: out of memory");
    mosquitto* const client = client_.get();
    check(mosquitto_tls_set(client, config.ca_file.c_str(), nullptr,
                            config.certificate_file.c_str(), config.key_file.c_str(), nullptr),
          "use the certificate");
    check(mosquitto_tls_opts_set(client, SSL_VERIFY_PEER, "tlsv1.2", nullptr), "set TLS options");
    if (!config.will_topic.empty()) {
        check(mosquitto_will_set(client, config.will_topic.c_str(),
                                 static_cast<int>(config.will_payload.size()),
                                 config.will_payload.data(), kAtLeastOnce, true),
              "set the last will");
    }
    if (config.is_version_5)
        check(mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5),
              "speak MQTT 5");
    check(mosquitto_threaded_set(client, true), "be used by several threads");
    set_callbacks();
    auto brokers = config.brokers;
    if (brokers.empty()) brokers.push_back({loopback, config.port});
    thread_ = std::thread([this, brokers] { run(brokers); });
}

MqttClient::~MqttClient() {
    stopping_ = true;
    mosquitto_disconnect(client_.get());
    thread_.join();
}

/// libmosquitto's own loop ends for good after a TLS error, such as a broker that was killed; this
/// one never gives up.
void MqttClient::run(const std::vector<MqttAddress>& brokers) {
    for (size_t attempt = 0;; ++attempt) {
        const MqttAddress& broker = brokers[attempt % brokers.size()];
        const int result = one_at_a_time([&] {
            return mosquitto_connect_async(client_.get(), broker.host.c_str(), broker.port,
                                           kKeepAliveSeconds);
        });
        // After a wish to stop, this ends when what was queued is sent and the connection closed.
        if (result == MOSQ_ERR_SUCCESS) serve_connection();
        connected_ = false;
        const auto pause = refused_.exchange(false) ? kRefusedPause : kReconnectPause;
        for (auto slept = kReconnectPause; !stopping_; slept += kReconnectPause) {
            std::this_thread::sleep_for(kReconnectPause);
            if (slept >= pause) break;
        }
        if (stopping_) return;
    }
}

/// One connection, until it ends. A broker that dies in the middle of the handshake leaves
/// libmosquitto trying to write without rest until the keep-alive is over; the pause and the limit
/// are against that.
void MqttClient::serve_connection() {
    const auto begin = std::chrono::steady_clock::now();
    while (mosquitto_loop(client_.get(), kLoopMs, 1) == MOSQ_ERR_SUCCESS) {
        if (connected_) continue;
        if (stopping_ || std::chrono::steady_clock::now() - begin > kHandshakeLimit) return;
        std::this_thread::sleep_for(kHandshakePause);
    }
}

void MqttClient::check(int result, const char* what) const {
    if (result == MOSQ_ERR_SUCCESS) return;
    throw std::runtime_error(std::string("MQTT client cannot ") + what + ": " +
                             mosquitto_strerror(result));
}

bool MqttClient::subscribe(const std::string& pattern, Delivery delivery) {
    const int quality = delivery == Delivery::at_least_once ? kAtLeastOnce : 0;
    ++unacknowledged_;
    const bool is_queued =
        mosquitto_subscribe(client_.get(), nullptr, pattern.c_str(), quality) == MOSQ_ERR_SUCCESS;
    if (!is_queued) --unacknowledged_;
    return is_queued;
}

bool MqttClient::publish(const std::string& topic, std::span<const uint8_t> payload, bool retain) {
    return mosquitto_publish(client_.get(), nullptr, topic.c_str(),
                             static_cast<int>(payload.size()), payload.data(), kAtLeastOnce,
                             retain) == MOSQ_ERR_SUCCESS;
}

void MqttClient::set_callbacks() {
    mosquitto_connect_callback_set(client_.get(), [](mosquitto*, void* object, int result) {
        if (result != 0) {
            self(object).handlers_.disconnected(result > kLargestConnack
                                                    ? mosquitto_reason_string(result)
                                                    : mosquitto_connack_string(result));
            return;
        }
        // One more until all are asked for: not yet heard, not even in between.
        self(object).unacknowledged_ = 1;
        self(object).connected_ = true;
        self(object).handlers_.connected();
        --self(object).unacknowledged_;
    });
    mosquitto_disconnect_callback_set(client_.get(), [](mosquitto*, void* object, int result) {
        self(object).connected_ = false;
        if (result == MOSQ_ERR_SUCCESS) return;  // we wished it
        self(object).handlers_.disconnected(mosquitto_strerror(result));
    });
    mosquitto_subscribe_callback_set(client_.get(), [](mosquitto* client, void* object, int,
                                                       int count, const int* granted) {
        --self(object).unacknowledged_;
        for (int i = 0; i < count; ++i) {
            if (granted[i] <= kLargestGrant) continue;
            self(object).connected_ = false;
            self(object).refused_ = true;
            self(object).handlers_.disconnected(std::string("the broker refuses a subscription: ") +
                                                mosquitto_reason_string(granted[i]));
            mosquitto_disconnect(client);
            return;
        }
    });
    mosquitto_message_callback_set(client_.get(), [](mosquitto*, void* object,
                                                     const mosquitto_message* message) {
        const auto* payload = static_cast<const uint8_t*>(message->payload);
        self(object).handlers_.message(
            message->topic, {payload, static_cast<size_t>(message->payloadlen)}, message->retain);
    });
}

}  // namespace ganglion::fleet
