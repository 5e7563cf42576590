#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "device/core/status.hpp"

namespace ganglion::firmware {

/// What makes a board one particular device. On the flash: magic, length, CRC-32, then a CBOR map.
/// Certificates and keys are PEM (P-256), each with the zero byte at its end. Views point into the
/// page.
struct Provisioning {
    std::string_view device_id;   ///< 1..64 of [A-Za-z0-9._-]; common name of the certificate
    uint32_t broker_address = 0;  ///< IPv4, host byte order
    uint16_t broker_port = 0;
    std::string_view broker_name;  ///< the name that the broker's certificate must carry
    uint64_t unix_time = 0;        ///< seconds since 1970 at boot, for the validity of certificates
    std::array<uint8_t, 32> seed{};  ///< entropy; the emulated board has no source of its own
    std::string_view authority;      ///< CA certificate that signs the broker's
    std::string_view certificate;    ///< the device's
    std::string_view private_key;    ///< the device's
    std::string_view bundle_key;     ///< public key whose bundles are trusted
    /// P-256 point (x and y, big-endian) of the coordinator whose priors are trusted; 64 bytes, or
    /// none: the board does not learn together with others.
    std::span<const uint8_t> coordinator;
};

/// Writes a whole page; returns its bytes, 0 where it does not fit.
size_t write_provisioning(const Provisioning& provisioning, std::span<uint8_t> page);

/// not_found (blank page), truncated, bad_checksum, bad_value.
Status read_provisioning(std::span<const uint8_t> page, Provisioning& provisioning);

}  // namespace ganglion::firmware
