#include "firmware/network/mqtt_session.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "device/event/messages.hpp"
#include "device/update/messages.hpp"
#include "firmware/boards/mps2_an386/board.hpp"
#include "firmware/network/lwip_port.h"
#include "firmware/network/network.hpp"
#include "lwip/altcp.h"
#include "lwip/altcp_tls.h"
#include "lwip/apps/mqtt.h"
#include "lwip/apps/mqtt_priv.h"
#include "mbedtls/ssl.h"

namespace ganglion::firmware::mqtt {
namespace {

constexpr uint16_t kKeepAliveSeconds = 15;
constexpr uint64_t kConnectTimeOutMs = 30'000;
constexpr uint32_t kShortestPauseMs = 250;
constexpr uint32_t kLongestPauseMs = 8'000;
constexpr size_t kMaxIncomingBytes = update::kMaxUpdateMessageBytes;

enum class Phase { waiting, connecting, connected };

const Provisioning* identity = nullptr;
Listener* owner = nullptr;
altcp_tls_config* tls = nullptr;
mqtt_client_t client;
std::array<char, 65> device_id;  // with zero byte
std::array<char, 65> broker_name;
std::array<char, 96> topic;  // "ganglion/1/<device>/" and room for the last word
size_t topic_prefix = 0;

Phase phase = Phase::waiting;
bool unanswered = false;
bool lost = false;  // the callback said so; handled outside of lwIP's call
uint64_t phase_since = 0;
uint32_t pause_ms = 0;
uint32_t handshake_count = 0;

std::array<char, 16> incoming_leaf;
size_t incoming_leaf_bytes = 0;
std::array<uint8_t, kMaxIncomingBytes> incoming;
size_t incoming_bytes = 0;
bool incoming_too_long = false;

const char* topic_of(std::string_view leaf) {
    leaf = leaf.substr(0, topic.size() - topic_prefix - 1);
    std::copy(leaf.begin(), leaf.end(), topic.begin() + static_cast<std::ptrdiff_t>(topic_prefix));
    topic[topic_prefix + leaf.size()] = 0;
    return topic.data();
}

void on_state(mqtt_client_t*, void*, mqtt_connection_status_t status) {
    if (status == MQTT_CONNECT_ACCEPTED) {
        phase = Phase::connected;
        pause_ms = 0;
    } else {
        lost = true;
    }
}

void on_topic(void*, const char* name, u32_t bytes) {
    const std::string_view whole(name);
    const size_t slash = whole.rfind('/');
    const std::string_view leaf = slash == std::string_view::npos ? whole : whole.substr(slash + 1);
    incoming_leaf_bytes = std::min(leaf.size(), incoming_leaf.size());
    std::copy_n(leaf.begin(), incoming_leaf_bytes, incoming_leaf.begin());
    incoming_bytes = 0;
    incoming_too_long = bytes > incoming.size();
}

void on_payload(void*, const u8_t* data, u16_t bytes, u8_t flags) {
    if (incoming_too_long || bytes > incoming.size() - incoming_bytes) {
        incoming_too_long = true;
        return;
    }
    std::copy_n(data, bytes, incoming.begin() + static_cast<std::ptrdiff_t>(incoming_bytes));
    incoming_bytes += bytes;
    if (flags & MQTT_DATA_FLAG_LAST)
        owner->message({incoming_leaf.data(), incoming_leaf_bytes},
                       std::span(incoming).first(incoming_bytes));
}

void on_published(void* state, err_t result) {
    *static_cast<Published*>(state) = result == ERR_OK ? Published::delivered : Published::failed;
    // lwIP takes TCP's acknowledgements for a living broker; only MQTT's own are one.
    if (result == ERR_TIMEOUT) unanswered = true;
}

/// The will is CBOR and holds a zero byte, but lwIP takes a C string: the CONNECT packet is built
/// with a placeholder, and lies still unsent in the client's ring, since no TCP segment has gone
/// out yet.
constexpr std::array<char, 4> kWillPlaceholder = {0x7f, 0x01, 0x7f, 0};
constexpr std::array<uint8_t, 3> kWill = {0xa1, 0x00, 0xf4};  // {0: false}: status, not online

bool put_will() {
    const std::span<uint8_t> packet(client.output.buf, sizeof client.output.buf);
    const auto at = std::search(packet.begin(), packet.end(), kWillPlaceholder.begin(),
                                kWillPlaceholder.end() - 1);
    if (at == packet.end()) return false;
    std::copy(kWill.begin(), kWill.end(), at);
    return true;
}

/// lwIP leaves the peer's certificate unverified and its name unset.
bool demand_the_right_peer() {
    auto* context = static_cast<mbedtls_ssl_context*>(altcp_tls_context(client.conn));
    if (context == nullptr) return false;
    auto* configuration = const_cast<mbedtls_ssl_config*>(context->conf);
    mbedtls_ssl_conf_authmode(configuration, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_min_version(configuration, MBEDTLS_SSL_MAJOR_VERSION_3,
                                 MBEDTLS_SSL_MINOR_VERSION_3);  // TLS 1.2
    return mbedtls_ssl_conf_max_frag_len(configuration, MBEDTLS_SSL_MAX_FRAG_LEN_4096) == 0 &&
           mbedtls_ssl_set_hostname(context, broker_name.data()) == 0;
}

void wait_again() {
    phase = Phase::waiting;
    phase_since = board::milliseconds();
    const uint32_t longer = std::min(std::max(2 * pause_ms, kShortestPauseMs), kLongestPauseMs);
    // A quarter of chance, so that a fleet does not come back in step.
    pause_ms = longer - longer / 8 + ganglion_random() % (longer / 4);
}

void drop() {
    if (client.conn != nullptr) {
        altcp_abort(client.conn);  // reaches on_state()
    }
    lost = true;
}

void connect() {
    mqtt_connect_client_info_t info{};
    info.client_id = device_id.data();
    info.client_user = device_id.data();
    info.keep_alive = kKeepAliveSeconds;
    info.will_topic = topic_of("status");
    info.will_msg = kWillPlaceholder.data();
    info.will_qos = 1;
    info.will_retain = 1;
    info.tls_config = tls;
    ip4_addr_t address;
    address.addr = lwip_htonl(identity->broker_address);
    phase = Phase::connecting;
    phase_since = board::milliseconds();
    lost = false;
    unanswered = false;
    if (mqtt_client_connect(&client, &address, identity->broker_port, on_state, nullptr, &info) !=
        ERR_OK) {
        lost = true;
        return;
    }
    mqtt_set_inpub_callback(&client, on_topic, on_payload, nullptr);
    if (!put_will() || !demand_the_right_peer()) {
        board::print("agent: cannot prepare the TLS session\n");
        drop();
        return;
    }
    ++handshake_count;
}

template <size_t Size>
bool copy_text(std::string_view from, std::array<char, Size>& to) {
    if (from.size() >= Size) return false;
    std::copy(from.begin(), from.end(), to.begin());
    to[from.size()] = 0;
    return true;
}

}  // namespace

bool start(const Provisioning& provisioning, Listener& listener) {
    identity = &provisioning;
    owner = &listener;
    const auto bytes = [](std::string_view pem) {
        return reinterpret_cast<const u8_t*>(pem.data());
    };
    tls = altcp_tls_create_config_client_2wayauth(
        bytes(provisioning.authority), provisioning.authority.size(),
        bytes(provisioning.private_key), provisioning.private_key.size(), nullptr, 0,
        bytes(provisioning.certificate), provisioning.certificate.size());
    if (tls == nullptr) return false;
    constexpr std::string_view root = "ganglion/1/";
    topic_prefix = root.size() + provisioning.device_id.size() + 1;
    std::copy(root.begin(), root.end(), topic.begin());
    std::copy(provisioning.device_id.begin(), provisioning.device_id.end(),
              topic.begin() + root.size());
    topic[topic_prefix - 1] = '/';
    return copy_text(provisioning.device_id, device_id) &&
           copy_text(provisioning.broker_name, broker_name);
}

void poll() {
    static bool announced = false;
    if (phase == Phase::connected && !announced && !lost) {
        announced = true;
        owner->connected();
    }
    if (phase != Phase::waiting && !lost) {
        if (!network::link_up() || unanswered) drop();
        if (phase == Phase::connecting && board::milliseconds() - phase_since > kConnectTimeOutMs)
            drop();
    }
    if (lost && phase != Phase::waiting) {
        lost = false;
        if (announced) owner->disconnected();
        announced = false;
        wait_again();
    }
    if (phase == Phase::waiting && network::link_up() &&
        board::milliseconds() - phase_since >= pause_ms)
        connect();
}

bool is_connected() {
    return phase == Phase::connected && !lost;
}
uint32_t handshakes() {
    return handshake_count;
}
bool in_handshake() {
    return phase == Phase::connecting;
}

bool publish(std::string_view leaf, std::span<const uint8_t> payload, bool retain,
             Published& state) {
    if (!is_connected()) return false;
    state = Published::pending;
    const err_t result =
        mqtt_publish(&client, topic_of(leaf), payload.data(), static_cast<u16_t>(payload.size()), 1,
                     retain, on_published, &state);
    if (result != ERR_OK) state = Published::failed;
    return result == ERR_OK;
}

bool subscribe(std::string_view leaf) {
    return is_connected() && mqtt_subscribe(&client, topic_of(leaf), 1, nullptr, nullptr) == ERR_OK;
}

}  // namespace ganglion::firmware::mqtt
