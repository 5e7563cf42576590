#include "firmware/network/lan9118.hpp"

#include <cstring>

namespace ganglion::firmware::lan9118 {
namespace {

constexpr uint32_t kBase = 0x40200000;

enum Register : uint32_t {
    kRxData = 0x00,
    kTxData = 0x20,
    kRxStatus = 0x40,
    kTxStatus = 0x48,
    kByteTest = 0x64,
    kTxConfig = 0x70,
    kHwConfig = 0x74,
    kRxControl = 0x78,
    kRxFifoInfo = 0x7c,
    kTxFifoInfo = 0x80,
    kMacCommand = 0xa4,
    kMacData = 0xa8,
};

enum MacRegister : uint32_t {
    kMacControl = 1,
    kAddressHigh = 2,
    kAddressLow = 3,
    kMiiAccess = 6,
    kMiiData = 7
};

constexpr uint32_t kSoftReset = 1;
constexpr uint32_t kTxOn = 1U << 1;
constexpr uint32_t kMacReceive = 1U << 2, kMacSend = 1U << 3, kFullDuplex = 1U << 20;
constexpr uint32_t kMacBusy = 1U << 31, kMacRead = 1U << 30;
constexpr uint32_t kFirstSegment = 1U << 13, kLastSegment = 1U << 12;
constexpr uint32_t kRxError = 1U << 15;
constexpr uint32_t kFastForward = 1U << 31;
constexpr uint32_t kPhyStatus = 1, kPhyLink = 1U << 2;

volatile uint32_t& reg(Register offset) {
    return *reinterpret_cast<volatile uint32_t*>(kBase + offset);
}

/// Reading takes the entry off its queue.
void discard(Register fifo) {
    [[maybe_unused]] const uint32_t entry = reg(fifo);
}

void write_mac(MacRegister target, uint32_t value) {
    reg(kMacData) = value;
    reg(kMacCommand) = kMacBusy | target;
    while (reg(kMacCommand) & kMacBusy) {
    }
}

uint32_t read_mac(MacRegister target) {
    reg(kMacCommand) = kMacBusy | kMacRead | target;
    while (reg(kMacCommand) & kMacBusy) {
    }
    return reg(kMacData);
}

}  // namespace

bool start(const MacAddress& address) {
    if (reg(kByteTest) != 0x87654321) return false;
    reg(kHwConfig) = kSoftReset;
    while (reg(kHwConfig) & kSoftReset) {
    }
    uint32_t low = 0;
    uint16_t high = 0;
    std::memcpy(&low, address.data(), sizeof low);
    std::memcpy(&high, address.data() + sizeof low, sizeof high);
    write_mac(kAddressLow, low);
    write_mac(kAddressHigh, high);
    reg(kTxConfig) = kTxOn;
    write_mac(kMacControl, kMacReceive | kMacSend | kFullDuplex);
    return true;
}

bool link_up() {
    write_mac(kMiiAccess, 1U << 11 | kPhyStatus << 6);
    return read_mac(kMiiData) & kPhyLink;
}

bool send(std::span<const uint8_t> frame) {
    const auto bytes = static_cast<uint32_t>(frame.size());
    if ((reg(kTxFifoInfo) & 0xffff) < bytes + 16) return false;
    while (reg(kTxFifoInfo) >> 16 & 0xff) discard(kTxStatus);
    reg(kTxData) = kFirstSegment | kLastSegment | bytes;
    reg(kTxData) = bytes;
    for (size_t at = 0; at < frame.size(); at += 4) {
        uint32_t word = 0;
        std::memcpy(&word, frame.data() + at, frame.size() - at < 4 ? frame.size() - at : 4);
        reg(kTxData) = word;
    }
    return true;
}

size_t waiting() {
    while (reg(kRxFifoInfo) >> 16 & 0xff) {
        const uint32_t status = reg(kRxStatus);
        const size_t bytes = status >> 16 & 0x3fff;
        if (!(status & kRxError) && bytes > 4 && bytes <= kMaxFrameBytes) return bytes;
        reg(kRxControl) = kFastForward;
        while (reg(kRxControl) & kFastForward) {
        }
    }
    return 0;
}

void receive(std::span<uint8_t> frame, size_t bytes) {
    for (size_t at = 0; at < bytes; at += 4) {
        const uint32_t word = reg(kRxData);
        std::memcpy(frame.data() + at, &word, 4);
    }
}

}  // namespace ganglion::firmware::lan9118
