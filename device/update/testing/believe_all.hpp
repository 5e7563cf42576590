#pragma once

#include "device/update/crypto.hpp"

namespace ganglion::update {

/// Stands for signatures that are right: a fuzzer looks at what lies behind them.
inline constexpr Crypto kBelieveAll{
    .context = nullptr,
    .hash_start = [](void*) {},
    .hash_add = [](void*, std::span<const uint8_t>) {},
    .hash_finish = [](void*, Digest& digest) { digest = {}; },
    .verify = [](void*, const PublicKey&, const Digest&,
                 std::span<const uint8_t, 64>) { return true; },
};

}  // namespace ganglion::update
