#include "firmware/network/network.hpp"

#include <algorithm>
#include <array>

#include "device/core/crc32.hpp"
#include "firmware/boards/mps2_an386/board.hpp"
#include "firmware/network/lan9118.hpp"
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/stats.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"

namespace ganglion::firmware::network {
namespace {

constexpr uint64_t kLinkCheckMs = 100;
constexpr size_t kMinFrameBytes = 60;
constexpr size_t kCheckSequenceBytes = 4;

netif interface;
lan9118::MacAddress mac_address;
uint64_t sent = 0;
uint64_t received = 0;
uint64_t next_link_check = 0;
volatile bool polling = false;

alignas(4) std::array<uint8_t, (lan9118::kMaxFrameBytes + 3) / 4 * 4> frame;

err_t send_frame(netif*, pbuf* packet) {
    const u16_t bytes =
        pbuf_copy_partial(packet, frame.data(), static_cast<u16_t>(frame.size()), 0);
    if (bytes != packet->tot_len) return ERR_BUF;
    if (!lan9118::send(std::span(frame).first(bytes))) return ERR_MEM;
    sent += std::max<size_t>(bytes, kMinFrameBytes) + kCheckSequenceBytes;
    return ERR_OK;
}

err_t configure(netif* configured) {
    configured->name[0] = 'e';
    configured->name[1] = 'n';
    configured->mtu = 1500;
    configured->output = etharp_output;
    configured->linkoutput = send_frame;
    configured->hwaddr_len = static_cast<u8_t>(mac_address.size());
    std::copy(mac_address.begin(), mac_address.end(), configured->hwaddr);
    configured->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    return ERR_OK;
}

void take_frames() {
    for (size_t bytes = lan9118::waiting(); bytes > 0; bytes = lan9118::waiting()) {
        lan9118::receive(frame, bytes);
        received += bytes;
        const auto payload = static_cast<u16_t>(bytes - kCheckSequenceBytes);
        pbuf* packet = pbuf_alloc(PBUF_RAW, payload, PBUF_POOL);
        if (packet == nullptr) continue;  // TCP sends it again
        pbuf_take(packet, frame.data(), payload);
        if (interface.input(packet, &interface) != ERR_OK) pbuf_free(packet);
    }
}

void follow_link() {
    const uint64_t now = board::milliseconds();
    if (now < next_link_check) return;
    next_link_check = now + kLinkCheckMs;
    const bool up = lan9118::link_up();
    if (up && !netif_is_link_up(&interface)) netif_set_link_up(&interface);
    if (!up && netif_is_link_up(&interface)) netif_set_link_down(&interface);
}

}  // namespace

bool start(std::string_view device_id) {
    const uint32_t hash =
        crc32({reinterpret_cast<const uint8_t*>(device_id.data()), device_id.size()});
    mac_address = {0x02,
                   0x47,
                   static_cast<uint8_t>(hash >> 24),
                   static_cast<uint8_t>(hash >> 16),
                   static_cast<uint8_t>(hash >> 8),
                   static_cast<uint8_t>(hash)};
    if (!lan9118::start(mac_address)) return false;
    lwip_init();
    ip4_addr_t address, mask, gateway;
    IP4_ADDR(&address, 10, 0, 2, 15);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&gateway, 10, 0, 2, 2);
    netif_add(&interface, &address, &mask, &gateway, nullptr, configure, ethernet_input);
    netif_set_default(&interface);
    netif_set_up(&interface);
    follow_link();
    return true;
}

void poll() {
    polling = true;
    take_frames();
    follow_link();
    sys_check_timeouts();
    polling = false;
}

bool busy() {
    return polling;
}
bool link_up() {
    return netif_is_link_up(&interface);
}
uint64_t bytes_sent() {
    return sent;
}
uint64_t bytes_received() {
    return received;
}
uint32_t heap_peak() {
    return lwip_stats.mem.max;
}

}  // namespace ganglion::firmware::network

extern "C" u32_t sys_now() {
    return static_cast<u32_t>(ganglion::firmware::board::milliseconds());
}

extern "C" void ganglion_assertion(const char* text) {
    ganglion::firmware::board::print("agent: assertion in the network stack: ");
    ganglion::firmware::board::print(text);
    ganglion::firmware::board::print("\n");
    ganglion::firmware::board::reset();
}
