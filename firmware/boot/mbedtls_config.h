/* ECDSA on P-256 and SHA-256, to verify only, as small as it gets. Read by mbedTLS as MBEDTLS_CONFIG_FILE. */
#ifndef GANGLION_BOOT_MBEDTLS_CONFIG_H
#define GANGLION_BOOT_MBEDTLS_CONFIG_H

#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_CALLOC_MACRO boot_calloc
#define MBEDTLS_PLATFORM_FREE_MACRO boot_free
#define MBEDTLS_HAVE_ASM
#define MBEDTLS_NO_UDBL_DIVISION
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_NO_INTERNAL_RNG
#define MBEDTLS_ECDSA_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA256_SMALLER
/* ecdsa.c asks for these; nothing of them is linked. */
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C

#define MBEDTLS_MPI_WINDOW_SIZE 1
#define MBEDTLS_MPI_MAX_SIZE 80
#define MBEDTLS_ECP_WINDOW_SIZE 2
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0

#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif
void* boot_calloc(size_t count, size_t bytes);
void boot_free(void* pointer);
#ifdef __cplusplus
}
#endif

#include "mbedtls/check_config.h"

#endif
