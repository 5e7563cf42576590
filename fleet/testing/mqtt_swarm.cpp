#include "fleet/testing/mqtt_swarm.hpp"

#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <stdexcept>

#include "fleet/base/port.hpp"

namespace ganglion::fleet::testing {
namespace {

constexpr int kAtLeastOnce = 1;
constexpr int kKeepAliveSeconds = 300;
constexpr size_t kMostConnecting = 32;  ///< handshakes at a time
constexpr auto kHandshakeLimit = std::chrono::seconds(30);
constexpr auto kReconnectPause = std::chrono::seconds(1);
constexpr size_t kLookedAtAtOnce = 256;

void check(int result, const char* what) {
    if (result == MOSQ_ERR_SUCCESS) return;
    throw std::runtime_error(std::string("MQTT swarm cannot ") + what + ": " +
                             mosquitto_strerror(result));
}

}  // namespace

MqttSwarm::MqttSwarm(Handlers handlers)
    : handlers_(std::move(handlers)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    std::signal(SIGPIPE, SIG_IGN);
    if (epoll_ < 0 || mosquitto_lib_init() != MOSQ_ERR_SUCCESS)
        throw std::runtime_error("MQTT swarm: cannot be set up");
}

MqttSwarm::~MqttSwarm() {
    clients_.clear();
    ::close(epoll_);
    mosquitto_lib_cleanup();
}

size_t MqttSwarm::add(const MqttConfig& config) {
    const size_t number = clients_.size();
    Client client;
    client.mark = std::make_unique<Mark>(Mark{this, number});
    client.handle.reset(mosquitto_new(config.id.c_str(), true, client.mark.get()));
    client.port = config.port;
    mosquitto* const handle = client.handle.get();
    if (handle == nullptr) throw std::runtime_error("MQTT swarm: out of memory");
    check(mosquitto_tls_set(handle, config.ca_file.c_str(), nullptr,
                            config.certificate_file.c_str(), config.key_file.c_str(), nullptr),
          "use the certificate");
    check(mosquitto_tls_opts_set(handle, SSL_VERIFY_PEER, "tlsv1.2", nullptr), "set TLS options");
    if (!config.will_topic.empty())
        check(mosquitto_will_set(handle, config.will_topic.c_str(),
                                 static_cast<int>(config.will_payload.size()),
                                 config.will_payload.data(), kAtLeastOnce, true),
              "set the last will");
    mosquitto_connect_callback_set(handle, [](mosquitto*, void* object, int result) {
        const Mark& mark = *static_cast<Mark*>(object);
        Client& ours = mark.swarm->clients_[mark.client];
        if (result != 0 || ours.connected) return;
        ours.connected = true;
        ours.connecting = false;
        --mark.swarm->connecting_;
        mark.swarm->handlers_.connected(mark.client);
    });
    if (handlers_.subscribed)
        mosquitto_subscribe_callback_set(handle,
                                         [](mosquitto*, void* object, int, int, const int*) {
                                             const Mark& mark = *static_cast<Mark*>(object);
                                             mark.swarm->handlers_.subscribed(mark.client);
                                         });
    if (handlers_.acknowledged)
        mosquitto_publish_callback_set(handle, [](mosquitto*, void* object, int) {
            const Mark& mark = *static_cast<Mark*>(object);
            mark.swarm->handlers_.acknowledged(mark.client);
        });
    mosquitto_message_callback_set(
        handle, [](mosquitto*, void* object, const mosquitto_message* message) {
            const Mark& mark = *static_cast<Mark*>(object);
            mark.swarm->handlers_.message(mark.client, message->topic,
                                          {static_cast<const uint8_t*>(message->payload),
                                           static_cast<size_t>(message->payloadlen)});
        });
    clients_.push_back(std::move(client));
    waiting_.push_back({Clock::now(), number});
    return number;
}

bool MqttSwarm::subscribe(size_t client, const std::vector<std::string>& topics) {
    std::vector<char*> names;
    names.reserve(topics.size());
    for (const std::string& topic : topics) names.push_back(const_cast<char*>(topic.c_str()));
    return mosquitto_subscribe_multiple(clients_[client].handle.get(), nullptr,
                                        static_cast<int>(names.size()), names.data(), kAtLeastOnce,
                                        0, nullptr) == MOSQ_ERR_SUCCESS;
}

bool MqttSwarm::publish(size_t client, const std::string& topic, std::span<const uint8_t> payload,
                        bool retain) {
    if (!clients_[client].connected) return false;
    const int result =
        mosquitto_publish(clients_[client].handle.get(), nullptr, topic.c_str(),
                          static_cast<int>(payload.size()), payload.data(), kAtLeastOnce, retain);
    if (clients_[client].connected) watch(client, EPOLL_CTL_MOD);
    return result == MOSQ_ERR_SUCCESS;
}

void MqttSwarm::keep_away(size_t number, bool away) {
    Client& client = clients_[number];
    if (client.away == away) return;
    client.away = away;
    if (!away)
        waiting_.push_back({Clock::now(), number});
    else if (const int socket = mosquitto_socket(client.handle.get()); socket >= 0)
        ::shutdown(socket, SHUT_RDWR);  // serve() sees it and does not come back
}

void MqttSwarm::begin_connections() {
    const auto now = Clock::now();
    while (connecting_ < kMostConnecting && !waiting_.empty() && waiting_.front().from <= now) {
        const size_t number = waiting_.front().client;
        waiting_.pop_front();
        if (!clients_[number].away) begin(number);
    }
}

void MqttSwarm::begin(size_t number) {
    Client& client = clients_[number];
    client.since = Clock::now();
    client.connecting = true;
    ++connecting_;
    mosquitto* const handle = client.handle.get();
    const int result = client.begun
                           ? mosquitto_reconnect(handle)
                           : mosquitto_connect(handle, loopback, client.port, kKeepAliveSeconds);
    client.begun = true;
    if (result != MOSQ_ERR_SUCCESS || mosquitto_socket(handle) < 0) return lose(number);
    watch(number, EPOLL_CTL_ADD);
}

/// Tells epoll what this connection waits for now.
void MqttSwarm::watch(size_t number, int how) {
    Client& client = clients_[number];
    const int socket = mosquitto_socket(client.handle.get());
    const bool writes = mosquitto_want_write(client.handle.get());
    if (socket < 0 || (how == EPOLL_CTL_MOD && writes == client.writes)) return;
    client.writes = writes;
    epoll_event event{};
    event.events = EPOLLIN | (writes ? EPOLLOUT : 0U);
    event.data.u64 = number;
    ::epoll_ctl(epoll_, how, socket, &event);
}

void MqttSwarm::serve(size_t number, uint32_t events) {
    mosquitto* const handle = clients_[number].handle.get();
    int result = MOSQ_ERR_SUCCESS;
    if ((events & EPOLLOUT) != 0) result = mosquitto_loop_write(handle, 1);
    if (result == MOSQ_ERR_SUCCESS && (events & ~uint32_t{EPOLLOUT}) != 0)
        result = mosquitto_loop_read(handle, 1);
    // A broker that dies in the middle of a handshake is nothing to libmosquitto: it would try to
    // write for ever.
    const bool broken = clients_[number].connecting && (events & (EPOLLHUP | EPOLLERR)) != 0;
    if (result != MOSQ_ERR_SUCCESS || broken || mosquitto_socket(handle) < 0) return lose(number);
    watch(number, EPOLL_CTL_MOD);
}

/// The connection is gone: its turn comes again, behind all that wait already.
void MqttSwarm::lose(size_t number) {
    Client& client = clients_[number];
    // mosquitto_reconnect() closes what is still open.
    if (const int socket = mosquitto_socket(client.handle.get()); socket >= 0) {
        ::epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, nullptr);
        ::shutdown(socket, SHUT_RDWR);
    }
    if (client.connecting) --connecting_;
    client.connecting = client.connected = client.writes = false;
    if (!client.away) waiting_.push_back({Clock::now() + kReconnectPause, number});
}

/// Keep-alives, and handshakes that never end; a few clients at a time.
void MqttSwarm::look_after_some() {
    const auto now = Clock::now();
    for (size_t i = 0; i < std::min(kLookedAtAtOnce, clients_.size()); ++i) {
        looked_at_ = (looked_at_ + 1) % clients_.size();
        Client& client = clients_[looked_at_];
        if (!client.connected && !client.connecting) continue;
        const bool stuck = client.connecting && now - client.since > kHandshakeLimit;
        if (!stuck && mosquitto_loop_misc(client.handle.get()) == MOSQ_ERR_SUCCESS) {
            watch(looked_at_, EPOLL_CTL_MOD);
            continue;
        }
        lose(looked_at_);
    }
}

void MqttSwarm::run(std::chrono::milliseconds for_ms) {
    const auto end = Clock::now() + for_ms;
    std::array<epoll_event, 256> events{};
    do {
        begin_connections();
        const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
        const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                       static_cast<int>(std::clamp<int64_t>(rest.count(), 0, 20)));
        for (int i = 0; i < count; ++i) {
            const auto& event = events[static_cast<size_t>(i)];
            serve(static_cast<size_t>(event.data.u64), event.events);
        }
        look_after_some();
    } while (Clock::now() < end);
}

}  // namespace ganglion::fleet::testing
