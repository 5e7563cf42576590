#include "firmware/provisioning.hpp"

#include <cstring>

#include "device/core/crc32.hpp"
#include "device/event/cbor.hpp"
#include "device/event/map_reader.hpp"

namespace ganglion::firmware {
namespace {

struct PageHeader {
    uint32_t magic;
    uint32_t bytes;
    uint32_t crc;
    uint32_t reserved;
};

constexpr uint32_t kMagic = 0x3156524f;  // "ORV1"

enum Key : uint32_t {
    kDeviceId,
    kBrokerAddress,
    kBrokerPort,
    kBrokerName,
    kUnixTime,
    kSeed,
    kAuthority,
    kCertificate,
    kPrivateKey,
    kBundleKey,
    kCoordinator,
};
constexpr uint32_t kRequired = (1U << (kBundleKey + 1)) - 1;
constexpr size_t kPointBytes = 64;

bool is_device_id(std::string_view id) {
    if (id.empty() || id.size() > 64) return false;
    for (char c : id) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool digit = c >= '0' && c <= '9';
        if (!letter && !digit && c != '.' && c != '_' && c != '-') return false;
    }
    return true;
}

// mbedTLS reads PEM up to a zero byte, which is therefore stored with it.
bool read_pem(CborReader& in, std::string_view& pem) {
    std::string_view text;
    if (!in.text(text) || text.empty() || text.back() != '\0') return false;
    pem = text;
    return true;
}

}  // namespace

size_t write_provisioning(const Provisioning& from, std::span<uint8_t> page) {
    if (page.size() < sizeof(PageHeader)) return 0;
    CborWriter out(page.subspan(sizeof(PageHeader)));
    const bool coordinated = !from.coordinator.empty();
    out.map(kBundleKey + (coordinated ? 2 : 1));
    out.uint(kDeviceId), out.text(from.device_id);
    out.uint(kBrokerAddress), out.uint(from.broker_address);
    out.uint(kBrokerPort), out.uint(from.broker_port);
    out.uint(kBrokerName), out.text(from.broker_name);
    out.uint(kUnixTime), out.uint(from.unix_time);
    out.uint(kSeed), out.bytes(from.seed);
    out.uint(kAuthority), out.text(from.authority);
    out.uint(kCertificate), out.text(from.certificate);
    out.uint(kPrivateKey), out.text(from.private_key);
    out.uint(kBundleKey), out.text(from.bundle_key);
    if (coordinated) out.uint(kCoordinator), out.bytes(from.coordinator);
    if (!out.ok()) return 0;
    const PageHeader header{kMagic, static_cast<uint32_t>(out.size()), crc32(out.written()), 0};
    std::memcpy(page.data(), &header, sizeof header);
    return sizeof header + out.size();
}

Status read_provisioning(std::span<const uint8_t> page, Provisioning& to) {
    to = {};
    PageHeader header;
    if (page.size() < sizeof header) return Status::truncated;
    std::memcpy(&header, page.data(), sizeof header);
    if (header.magic != kMagic) return Status::not_found;
    page = page.subspan(sizeof header);
    if (header.bytes > page.size()) return Status::truncated;
    page = page.first(header.bytes);
    if (crc32(page) != header.crc) return Status::bad_checksum;
    CborReader in(page);
    uint32_t number = 0;
    std::span<const uint8_t> bytes;
    const bool read = read_map(in, kRequired, [&](uint64_t key) {
        switch (key) {
            case kDeviceId:
                return in.text(to.device_id) && is_device_id(to.device_id);
            case kBrokerAddress:
                return in.uint(to.broker_address);
            case kBrokerPort:
                if (!in.uint(number) || number == 0 || number > UINT16_MAX) return false;
                to.broker_port = static_cast<uint16_t>(number);
                return true;
            case kBrokerName:
                return in.text(to.broker_name) && is_device_id(to.broker_name);
            case kUnixTime:
                return in.uint(to.unix_time);
            case kSeed:
                if (!in.bytes(bytes) || bytes.size() != to.seed.size()) return false;
                std::memcpy(to.seed.data(), bytes.data(), bytes.size());
                return true;
            case kAuthority:
                return read_pem(in, to.authority);
            case kCertificate:
                return read_pem(in, to.certificate);
            case kPrivateKey:
                return read_pem(in, to.private_key);
            case kBundleKey:
                return read_pem(in, to.bundle_key);
            case kCoordinator:
                return in.bytes(to.coordinator) && to.coordinator.size() == kPointBytes;
            default:
                return in.skip();
        }
    });
    return read && in.at_end() ? Status::ok : Status::bad_value;
}

}  // namespace ganglion::firmware
