#pragma once

#include "device/update/crypto.hpp"

namespace ganglion::firmware {

/// SHA-256 and ECDSA of mbedTLS for the boot loader, with a small heap of its own.
update::Crypto boot_crypto();

}  // namespace ganglion::firmware
