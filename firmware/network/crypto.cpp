#include "firmware/network/crypto.hpp"

#include <ctime>

#include "firmware/boards/mps2_an386/board.hpp"
#include "firmware/network/lwip_port.h"
#include "lwip/mem.h"
#include "mbedtls/ecdsa.h"
#include "mbedtls/entropy_poll.h"
#include "mbedtls/pk.h"
#include "mbedtls/platform.h"
#include "mbedtls/platform_time.h"
#include "mbedtls/platform_util.h"
#include "mbedtls/sha256.h"

namespace ganglion::firmware::crypto {
namespace {

uint64_t time_at_boot = 0;

/// SHA-256 over seed, boot, clock and a counter: a different block each time.
struct RandomSource {
    std::array<uint8_t, 32> seed;
    uint32_t boot;
    uint32_t counter;
    uint64_t tick;

    std::array<uint8_t, 32> next() {
        ++counter;
        tick = board::ticks();
        std::array<uint8_t, 32> block;
        mbedtls_sha256_ret(reinterpret_cast<const uint8_t*>(this), sizeof *this, block.data(), 0);
        return block;
    }
};
RandomSource source;

// For what is allocated before lwIP's TLS glue installs its own pair over the same heap.
void* allocate(size_t count, size_t bytes) {
    return mem_calloc(static_cast<mem_size_t>(count), static_cast<mem_size_t>(bytes));
}

mbedtls_time_t now(mbedtls_time_t* to) {
    const auto seconds = static_cast<mbedtls_time_t>(unix_time());
    if (to != nullptr) *to = seconds;
    return seconds;
}

Status hash(void*, std::span<const uint8_t> bytes, std::span<uint8_t, 32> digest) {
    return mbedtls_sha256_ret(bytes.data(), bytes.size(), digest.data(), 0) == 0 ? Status::ok
                                                                                 : Status::io_error;
}

bool signature_good(const mbedtls_ecp_point& point, std::span<const uint8_t, 32> digest,
                    std::span<const uint8_t, 64> signature) {
    mbedtls_ecp_group group;
    mbedtls_mpi r, s;
    mbedtls_ecp_group_init(&group);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    const bool good =
        mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1) == 0 &&
        mbedtls_ecp_check_pubkey(&group, &point) == 0 &&
        mbedtls_mpi_read_binary(&r, signature.data(), 32) == 0 &&
        mbedtls_mpi_read_binary(&s, signature.data() + 32, 32) == 0 &&
        mbedtls_ecdsa_verify(&group, digest.data(), digest.size(), &point, &r, &s) == 0;
    mbedtls_mpi_free(&s);
    mbedtls_mpi_free(&r);
    mbedtls_ecp_group_free(&group);
    return good;
}

Status verify(void* context, std::span<const uint8_t> message,
              std::span<const uint8_t, 64> signature) {
    const auto& pem = *static_cast<const std::string_view*>(context);
    std::array<uint8_t, 32> digest;
    if (const Status status = hash(nullptr, message, digest); status != Status::ok) return status;
    mbedtls_pk_context key;
    mbedtls_pk_init(&key);
    const bool good = mbedtls_pk_parse_public_key(
                          &key, reinterpret_cast<const uint8_t*>(pem.data()), pem.size()) == 0 &&
                      mbedtls_pk_can_do(&key, MBEDTLS_PK_ECDSA) &&
                      mbedtls_pk_ec(key)->grp.id == MBEDTLS_ECP_DP_SECP256R1 &&
                      signature_good(mbedtls_pk_ec(key)->Q, digest, signature);
    mbedtls_pk_free(&key);
    return good ? Status::ok : Status::bad_signature;
}

mbedtls_sha256_context update_hash;

bool verify_point(void*, const update::PublicKey& key, const update::Digest& digest,
                  std::span<const uint8_t, 64> signature) {
    mbedtls_ecp_point point;
    mbedtls_ecp_point_init(&point);
    const bool good = mbedtls_mpi_read_binary(&point.X, key.data(), 32) == 0 &&
                      mbedtls_mpi_read_binary(&point.Y, key.data() + 32, 32) == 0 &&
                      mbedtls_mpi_lset(&point.Z, 1) == 0 &&
                      signature_good(point, digest, signature);
    mbedtls_ecp_point_free(&point);
    return good;
}

}  // namespace

void start(uint64_t unix_time, const std::array<uint8_t, 32>& seed, uint32_t boot) {
    time_at_boot = unix_time;
    source = {seed, boot, 0, 0};
    mbedtls_platform_set_calloc_free(allocate, mem_free);
    mbedtls_platform_set_time(now);
}

uint64_t unix_time() {
    return time_at_boot + board::milliseconds() / 1000;
}

SignatureVerifier bundle_verifier(std::string_view& public_key_pem) {
    return {&public_key_pem, hash, verify};
}

update::Crypto update_crypto() {
    return {
        .context = nullptr,
        .hash_start =
            [](void*) {
                mbedtls_sha256_init(&update_hash);
                mbedtls_sha256_starts_ret(&update_hash, 0);
            },
        .hash_add =
            [](void*, std::span<const uint8_t> bytes) {
                mbedtls_sha256_update_ret(&update_hash, bytes.data(), bytes.size());
            },
        .hash_finish =
            [](void*, update::Digest& digest) {
                mbedtls_sha256_finish_ret(&update_hash, digest.data());
            },
        .verify = verify_point,
    };
}

}  // namespace ganglion::firmware::crypto

extern "C" {

int mbedtls_hardware_poll(void*, unsigned char* output, size_t size, size_t* written) {
    const std::array<uint8_t, 32> block = ganglion::firmware::crypto::source.next();
    *written = size < block.size() ? size : block.size();
    for (size_t i = 0; i < *written; ++i) output[i] = block[i];
    return 0;
}

uint32_t ganglion_random() {
    const std::array<uint8_t, 32> block = ganglion::firmware::crypto::source.next();
    return static_cast<uint32_t>(block[0]) | static_cast<uint32_t>(block[1]) << 8 |
           static_cast<uint32_t>(block[2]) << 16 | static_cast<uint32_t>(block[3]) << 24;
}

/// Days to civil date: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
struct tm* mbedtls_platform_gmtime_r(const mbedtls_time_t* time, struct tm* to) {
    const int64_t seconds = *time;
    if (seconds < 0) return nullptr;
    const int64_t shifted = seconds / 86400 + 719468;  // days since 0000-03-01
    const int64_t era = shifted / 146097;
    const int64_t day_of_era = shifted % 146097;
    const int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t month_from_march = (5 * day_of_year + 2) / 153;
    const int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    const int64_t second_of_day = seconds % 86400;
    *to = {};
    to->tm_year = static_cast<int>(year - 1900);
    to->tm_mon = static_cast<int>(month - 1);
    to->tm_mday = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    to->tm_hour = static_cast<int>(second_of_day / 3600);
    to->tm_min = static_cast<int>(second_of_day / 60 % 60);
    to->tm_sec = static_cast<int>(second_of_day % 60);
    return to;
}

}  // extern "C"
