#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "device/bundle/format.hpp"
#include "device/core/status.hpp"
#include "device/decide/decision.hpp"
#include "device/features/feature_section.hpp"
#include "device/learn/learner.hpp"

namespace ganglion {

/// Changes whenever the same bundle and samples would give other bits than before.
constexpr uint32_t kNumericContractVersion = 1;

enum class SensorKind : uint32_t {
    microphone = 1,
    accelerometer = 2,
    imu = 3,
    ecg = 4,
    ppg = 5,
    blink = 6,
    image = 7,
    soil = 8,
    room = 9,
    meter = 10,
    ride = 11,
};
constexpr uint32_t kLastSensorKind = 11;

/// A bundle's META section (little-endian, no padding; texts are UTF-8, zero-padded, at least one
/// zero).
struct BundleMeta {
    static constexpr size_t maximum_labels = 16;
    char name[16];
    char version[16];
    char title[48];
    char labels[maximum_labels][16];
    uint32_t numeric_contract;  ///< kNumericContractVersion of the writer
    uint32_t sensor;            ///< SensorKind
    uint32_t rate_hz;           ///< samples per channel in period_s
    uint32_t period_s;          ///< 1, or with rate_hz 1 the seconds of a sample
    uint32_t channels;
    uint32_t label_count;
    uint32_t gate_ms;       ///< raw samples that may leave after a firing; 0: none
    uint32_t gate_labels;   ///< bit i: label i opens the gate
    uint32_t stop_labels;   ///< bit i: label i pulls the stop line
    uint32_t relay_labels;  ///< bit i: label i closes the relay
    uint32_t light_labels;  ///< bit i: label i lights the light
    uint32_t ram_bytes;     ///< Pipeline::ram_bytes()
    uint32_t flash_bytes;   ///< of the whole bundle
    uint32_t instructions;  ///< most that one inference with its features takes; 0: not stated
    float unit_per_lsb;  ///< physical units per step of a sample (0: not stated); for people, never
                         ///< computed with
    char unit[12];
};
static_assert(sizeof(BundleMeta) == 16 + 16 + 48 + 256 + 15 * 4 + 12);

/// One stage of a bundle: what gives its scores, and how it decides.
struct BundleStage {
    std::span<const uint8_t> program;  ///< empty: none
    LearnerSection learner;            ///< only where has_learner
    bool has_learner = false;
    DecisionParameters decision{};
};

/// A bundle's PROOF section: raw samples and what the pipeline made of them where the bundle was
/// written.
struct ProofHeader {
    uint32_t sample_values;  ///< int16 values (all channels) that follow this header
    uint32_t inferences;     ///< uint16 scores (not averaged) that follow the samples
    uint32_t learn_frames;   ///< replaces FeatureHeader::learn_frames during the proof
    uint32_t tensors_crc;    ///< over every inference's input and output bytes, in order
    uint32_t turns;          ///< the samples are replayed so often, one after the other; 1..1024
};
static_assert(sizeof(ProofHeader) == 20);

struct Proof {
    ProofHeader header{};
    std::span<const int16_t> samples;
    std::span<const uint16_t> scores;
};

/// What device code needs from a cryptographic library; the owner supplies it.
struct SignatureVerifier {
    void* context;
    /// SHA-256 of `bytes`.
    Status (*sha256)(void* context, std::span<const uint8_t> bytes, std::span<uint8_t, 32> digest);
    /// ECDSA over P-256 with SHA-256 (ES256): `message` is the COSE Sig_structure, still to be
    /// hashed; `signature` is r and s, 32 bytes each, big-endian. ok or bad_signature.
    Status (*verify)(void* context, std::span<const uint8_t> message,
                     std::span<const uint8_t, 64> signature);
};

/// A checked view of one signed file: docs/bundle.md. Points into the bytes it was loaded from,
/// which must be 16-byte aligned and stay where they are.
class Bundle {
  public:
    static constexpr size_t signature_bytes = 74;

    /// Bytes of the whole bundle whose first 32 bytes are `header`; 0 where they are no bundle's.
    /// For reading a bundle from a slot that is larger than it.
    static uint32_t stored_bytes(std::span<const uint8_t> header);

    /// Structure, bounds and signature; `bytes` may be longer than the bundle. Nothing in an
    /// unsigned bundle is used.
    Status load(std::span<const uint8_t> bytes, const SignatureVerifier& verifier);

    /// Structure and bounds only, of the signed part: for the writer, which is about to sign. Never
    /// for bytes that came from somewhere else.
    Status parse_unsigned(std::span<const uint8_t> signed_part);

    const BundleMeta& meta() const { return meta_; }
    std::string_view name() const { return meta_.name; }
    std::string_view version() const { return meta_.version; }
    std::string_view title() const { return meta_.title; }
    std::string_view label(size_t index) const {
        return index < meta_.label_count ? std::string_view(meta_.labels[index])
                                         : std::string_view();
    }
    const FeatureSection& features() const { return features_; }
    /// 1..kMaximumStages; the last one is the application's own decision, those before gate it.
    std::span<const BundleStage> stages() const { return std::span(stages_).first(stage_count_); }
    /// Of the last stage.
    const DecisionParameters& decision() const { return stages().back().decision; }
    std::span<const uint8_t> program() const { return stages().back().program; }
    const Proof& proof() const { return proof_; }
    /// First 8 bytes of the SHA-256 of the signed part; zero after parse_unsigned().
    std::span<const uint8_t, 8> digest() const { return std::span<const uint8_t, 8>(digest_); }

  private:
    BundleMeta meta_{};
    FeatureSection features_;
    std::array<BundleStage, kMaximumStages> stages_{};
    uint32_t stage_count_ = 1;
    Proof proof_;
    std::array<uint8_t, 8> digest_{};
};

}  // namespace ganglion
