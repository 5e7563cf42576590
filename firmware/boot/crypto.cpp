#include "firmware/boot/crypto.hpp"

#include "mbedtls/ecdsa.h"
#include "mbedtls/sha256.h"

namespace ganglion::firmware {
namespace {

using update::Digest;
using update::PublicKey;

mbedtls_sha256_context hash;

bool verify(void*, const PublicKey& key, const Digest& digest,
            std::span<const uint8_t, 64> signature) {
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi r, s;
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&point);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    const bool good =
        mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1) == 0 &&
        mbedtls_mpi_read_binary(&point.X, key.data(), 32) == 0 &&
        mbedtls_mpi_read_binary(&point.Y, key.data() + 32, 32) == 0 &&
        mbedtls_mpi_lset(&point.Z, 1) == 0 && mbedtls_ecp_check_pubkey(&group, &point) == 0 &&
        mbedtls_mpi_read_binary(&r, signature.data(), 32) == 0 &&
        mbedtls_mpi_read_binary(&s, signature.data() + 32, 32) == 0 &&
        mbedtls_ecdsa_verify(&group, digest.data(), digest.size(), &point, &r, &s) == 0;
    mbedtls_mpi_free(&s);
    mbedtls_mpi_free(&r);
    mbedtls_ecp_point_free(&point);
    mbedtls_ecp_group_free(&group);
    return good;
}

}  // namespace

update::Crypto boot_crypto() {
    return {
        .context = nullptr,
        .hash_start =
            [](void*) {
                mbedtls_sha256_init(&hash);
                mbedtls_sha256_starts_ret(&hash, 0);
            },
        .hash_add =
            [](void*, std::span<const uint8_t> bytes) {
                mbedtls_sha256_update_ret(&hash, bytes.data(), bytes.size());
            },
        .hash_finish = [](void*,
                          Digest& digest) { mbedtls_sha256_finish_ret(&hash, digest.data()); },
        .verify = verify,
    };
}

}  // namespace ganglion::firmware
