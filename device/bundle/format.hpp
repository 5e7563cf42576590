#pragma once

#include <array>
#include <cstdint>

namespace ganglion {

/// First bytes of a bundle; all numbers in this file are little-endian. docs/bundle.md shows the
/// whole.
struct BundleHeader {
    uint32_t magic;
    uint16_t format_version;
    uint16_t section_count;
    uint32_t signed_bytes;     ///< header, section table and sections: what the signature covers
    uint32_t signature_bytes;  ///< COSE_Sign1 that follows
    uint32_t reserved[4];      ///< zero
};
static_assert(sizeof(BundleHeader) == 32);

constexpr uint32_t kBundleMagic = 0x4C474E47;  // "GNGL"
constexpr uint16_t kBundleFormatVersion = 2;

enum class SectionType : uint32_t {
    meta = 1,
    features = 2,
    program = 3,
    learner = 4,
    decision = 5,
    proof = 6,
};
/// A stage is a program, a learner or both (an absent one has 0 bytes), and a decision. The first
/// stages are cheap and gate the later ones.
constexpr uint32_t kMaximumStages = 3;
constexpr uint32_t kStageSections = 3;
/// META, FEATURES, PROOF, and those of each stage.
constexpr uint32_t section_count(uint32_t stages) {
    return 3U + stages * kStageSections;
}
constexpr uint32_t kSectionAlignment = 16;

/// One row of the section table, which follows the header: META, FEATURES, then PROGRAM, LEARNER
/// and DECISION of each stage, PROOF; each at the next multiple of 16 behind the one before, gaps
/// zero.
struct SectionEntry {
    uint32_t type;    ///< SectionType
    uint32_t offset;  ///< from the start of the bundle
    uint32_t bytes;
    uint32_t reserved;  ///< zero
};
static_assert(sizeof(SectionEntry) == 16);

/// COSE_Sign1 (RFC 9052) with ES256 (RFC 9053), tagged, payload detached, nothing unprotected; the
/// 64 bytes of the signature follow. Fixed bytes leave nothing to parse: 18([ << {1: -7} >>, {},
/// null, bstr .size 64 ]).
constexpr std::array<uint8_t, 10> kCoseSign1Prefix = {0xD2, 0x84, 0x43, 0xA1, 0x01,
                                                      0x26, 0xA0, 0xF6, 0x58, 0x40};
constexpr uint32_t kEs256SignatureBytes = 64;

/// Sig_structure up to the payload, which is the SHA-256 of the signed part:
/// ["Signature1", << {1: -7} >>, h'', bstr .size 32].
constexpr std::array<uint8_t, 19> kSigStructurePrefix = {0x84, 0x6A, 'S',  'i',  'g', 'n',  'a',
                                                         't',  'u',  'r',  'e',  '1', 0x43, 0xA1,
                                                         0x01, 0x26, 0x40, 0x58, 0x20};
constexpr uint32_t kSha256Bytes = 32;

/// The 51 bytes that are signed, for the SHA-256 of the signed part.
constexpr std::array<uint8_t, 51> sig_structure(const std::array<uint8_t, kSha256Bytes>& digest) {
    std::array<uint8_t, 51> message{};
    for (uint32_t i = 0; i < kSigStructurePrefix.size(); ++i) message[i] = kSigStructurePrefix[i];
    for (uint32_t i = 0; i < kSha256Bytes; ++i) message[kSigStructurePrefix.size() + i] = digest[i];
    return message;
}

}  // namespace ganglion
