#include "compile/bundle_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <random>
#include <stdexcept>

#include "compile/bundle_signature.hpp"
#include "compile/testing/bundle_models.hpp"
#include "device/bundle/bundle.hpp"
#include "device/bundle/format.hpp"
#include "device/features/spectrum_section.hpp"
#include "device/pipeline/pipeline.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace ganglion::compile {
namespace {

using testing::HasSubstr;
using tests::Application;
using tests::machine_application;
using tests::wake_word_application;
using Bytes = std::vector<uint8_t>;

const std::string& signing_key() {
    static const std::string key = generate_signing_key();
    return key;
}

Bytes written(const Application& application) {
    return write_bundle(application.input(), signing_key());
}

Status load(Bundle& bundle, const Bytes& bytes) {
    BundleVerifier verifier(public_key_of(signing_key()));
    return bundle.load(bytes, verifier.callbacks());
}

Status loaded(const Bytes& bytes) {
    Bundle bundle;
    return load(bundle, bytes);
}

// A bundle that somebody with the key changed on purpose.
Bytes signed_again(Bytes bytes) {
    bytes.resize(bytes.size() - Bundle::signature_bytes);
    BundleVerifier verifier(public_key_of(signing_key()));
    const SignatureVerifier callbacks = verifier.callbacks();
    std::array<uint8_t, 32> digest{};
    EXPECT_EQ(callbacks.sha256(callbacks.context, bytes, digest), Status::ok);
    const auto signature = sign_es256(sig_structure(digest), signing_key());
    bytes.insert(bytes.end(), kCoseSign1Prefix.begin(), kCoseSign1Prefix.end());
    bytes.insert(bytes.end(), signature.begin(), signature.end());
    return bytes;
}

SectionEntry section_of(const Bytes& bytes, SectionType type) {
    SectionEntry entry;
    std::memcpy(&entry,
                bytes.data() + sizeof(BundleHeader) +
                    (static_cast<uint32_t>(type) - 1) * sizeof(SectionEntry),
                sizeof entry);
    return entry;
}

std::string error_of(const Application& application) {
    try {
        written(application);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "no error";
}

TEST(BundleWriter, ADeviceReadsWhatItWrote) {
    const Application application = wake_word_application();
    const Bytes bytes = written(application);
    Bundle bundle;
    ASSERT_EQ(load(bundle, bytes), Status::ok);
    EXPECT_EQ(bundle.name(), "wake_word");
    EXPECT_EQ(bundle.version(), "1.0.0");
    EXPECT_EQ(bundle.title(), "Wake word \"Alexa\"");
    EXPECT_EQ(bundle.label(0), "other");
    EXPECT_EQ(bundle.label(1), "alexa");
    EXPECT_EQ(bundle.label(2), "");
    EXPECT_EQ(bundle.meta().sensor, static_cast<uint32_t>(SensorKind::microphone));
    EXPECT_EQ(bundle.meta().rate_hz, 16000U);
    EXPECT_EQ(bundle.meta().gate_ms, 2000U);
    EXPECT_EQ(bundle.meta().stop_labels, 0U);
    EXPECT_EQ(bundle.meta().flash_bytes, bytes.size());
    EXPECT_EQ(bundle.meta().ram_bytes, Pipeline::ram_bytes(bundle));
    EXPECT_EQ(bundle.meta().instructions, 250'000U);
    EXPECT_EQ(bundle.decision().average, 3);
    EXPECT_EQ(bundle.decision().thresholds[0], 700);
    EXPECT_EQ(bundle.features().header.frames, 49);
    EXPECT_TRUE(std::equal(bundle.program().begin(), bundle.program().end(),
                           application.program.begin(), application.program.end()));
    EXPECT_EQ(bundle.proof().header.turns, 6U);
    EXPECT_EQ(bundle.proof().samples.size() * 6, application.proof_samples.size());
    EXPECT_EQ(bundle.proof().scores.size(), 9U);
    EXPECT_EQ(Bundle::stored_bytes(std::span(bytes).first(32)), bytes.size());
}

TEST(BundleWriter, TheDigestIsTheSignedPartsSha256) {
    const Bytes bytes = written(machine_application());
    Bundle bundle;
    ASSERT_EQ(load(bundle, bytes), Status::ok);
    BundleVerifier verifier(public_key_of(signing_key()));
    std::array<uint8_t, 32> digest{};
    const SignatureVerifier callbacks = verifier.callbacks();
    ASSERT_EQ(
        callbacks.sha256(callbacks.context,
                         std::span(bytes).first(bytes.size() - Bundle::signature_bytes), digest),
        Status::ok);
    EXPECT_TRUE(std::equal(bundle.digest().begin(), bundle.digest().end(), digest.begin()));
    // The content decides, not the signature, which is random.
    const Bytes again = written(machine_application());
    Bundle second;
    ASSERT_EQ(load(second, again), Status::ok);
    EXPECT_NE(bytes, again);
    EXPECT_TRUE(
        std::equal(bundle.digest().begin(), bundle.digest().end(), second.digest().begin()));
}

TEST(BundleWriter, TheSignatureIsTheDocumentedCose) {
    const Bytes bytes = written(machine_application());
    const std::array<uint8_t, 10> expected = {0xD2, 0x84, 0x43, 0xA1, 0x01,
                                              0x26, 0xA0, 0xF6, 0x58, 0x40};
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), bytes.end() - 74));
}

TEST(BundleWriter, SlotsMayBeLongerThanTheBundle) {
    Bytes bytes = written(machine_application());
    bytes.resize(bytes.size() + 1000, 0xFF);
    EXPECT_EQ(loaded(bytes), Status::ok);
    EXPECT_EQ(Bundle::stored_bytes(Bytes(32, 0xFF)), 0U);
}

TEST(BundleLoad, RefusesEveryTruncationAndEveryChangedByte) {
    const Bytes good = written(machine_application());
    ASSERT_EQ(loaded(good), Status::ok);
    for (size_t size = 0; size < good.size(); size += size < 200 ? 1 : 97) {
        EXPECT_EQ(loaded({good.begin(), good.begin() + static_cast<ptrdiff_t>(size)}),
                  Status::truncated);
    }
    for (size_t i = 0; i < good.size(); i += i < 200 || i + 80 > good.size() ? 1 : 61) {
        Bytes wrong = good;
        wrong[i] ^= 0x40U;
        EXPECT_NE(loaded(wrong), Status::ok) << i;
    }
}

TEST(BundleLoad, RefusesAStrangersSignature) {
    const Bytes bytes = write_bundle(machine_application().input(), generate_signing_key());
    EXPECT_EQ(loaded(bytes), Status::bad_signature);
}

TEST(BundleLoad, RefusesSignedNonsense) {
    const Bytes good = written(machine_application());
    const auto changed = [&](size_t offset, uint8_t value) {
        Bytes bytes = good;
        bytes[offset] = value;
        return loaded(signed_again(bytes));
    };
    const uint32_t meta = section_of(good, SectionType::meta).offset;
    const uint32_t features = section_of(good, SectionType::features).offset;
    const uint32_t decision = section_of(good, SectionType::decision).offset;
    const uint32_t proof = section_of(good, SectionType::proof).offset;
    EXPECT_EQ(loaded(signed_again(good)), Status::ok);
    EXPECT_EQ(changed(0, 'X'), Status::bad_magic);
    EXPECT_EQ(changed(4, 1), Status::bad_version);
    EXPECT_EQ(changed(6, 4), Status::bad_value);
    EXPECT_EQ(changed(16, 1), Status::bad_value);
    EXPECT_EQ(changed(sizeof(BundleHeader), 2), Status::bad_value);
    EXPECT_EQ(changed(sizeof(BundleHeader) + 4, 0), Status::bad_offset);
    EXPECT_EQ(changed(sizeof(BundleHeader) + 10, 1), Status::bad_offset);
    EXPECT_EQ(changed(meta + offsetof(BundleMeta, name), 0), Status::bad_value);
    EXPECT_EQ(changed(meta + offsetof(BundleMeta, title) + 47, 'x'), Status::bad_value);
    EXPECT_EQ(changed(meta + offsetof(BundleMeta, numeric_contract), 2), Status::bad_version);
    EXPECT_EQ(changed(meta + offsetof(BundleMeta, label_count), 17), Status::bad_value);
    EXPECT_EQ(changed(meta + offsetof(BundleMeta, label_count), 1), Status::bad_value);
    EXPECT_EQ(changed(meta + offsetof(BundleMeta, sensor), 12), Status::unsupported);
    EXPECT_EQ(changed(meta + offsetof(BundleMeta, rate_hz), 1), Status::bad_shape);
    EXPECT_EQ(changed(features + offsetof(FeatureHeader, kind), 99), Status::unsupported);
    EXPECT_EQ(changed(features + offsetof(FeatureHeader, channels), 17), Status::bad_shape);
    EXPECT_EQ(changed(features + sizeof(FeatureHeader) + offsetof(SpectrumHeader, fft_size), 1),
              Status::bad_shape);
    EXPECT_EQ(changed(decision + offsetof(DecisionParameters, label), 2), Status::bad_value);
    EXPECT_EQ(changed(proof + offsetof(ProofHeader, learn_frames), 0), Status::bad_value);
    EXPECT_EQ(changed(proof + offsetof(ProofHeader, inferences), 0), Status::bad_shape);
    EXPECT_EQ(changed(proof + offsetof(ProofHeader, turns), 0), Status::bad_value);
}

TEST(BundleProof, IsReproducedAndCatchesEveryKindOfDifference) {
    for (const Application& application : {wake_word_application(), machine_application()}) {
        const Bytes good = written(application);
        const auto prove = [&](const Bytes& bytes) {
            Bundle bundle;
            EXPECT_EQ(load(bundle, bytes), Status::ok);
            std::vector<int8_t> ram(Pipeline::ram_bytes(bundle));
            Pipeline pipeline;
            return pipeline.prove(bundle, ram);
        };
        EXPECT_EQ(prove(good), Status::ok);
        const SectionEntry proof = section_of(good, SectionType::proof);
        const auto changed = [&](size_t offset, uint8_t flip) {
            Bytes bytes = good;
            bytes[offset] ^= flip;
            return prove(signed_again(bytes));
        };
        EXPECT_EQ(changed(proof.offset + offsetof(ProofHeader, tensors_crc), 1),
                  Status::proof_failed);
        EXPECT_EQ(changed(proof.offset + sizeof(ProofHeader) + 1999, 0x40), Status::proof_failed);
        EXPECT_EQ(changed(proof.offset + proof.bytes - 2, 1), Status::proof_failed);
        const uint32_t features = section_of(good, SectionType::features).offset;
        EXPECT_EQ(changed(features + sizeof(FeatureHeader) + sizeof(SpectrumHeader) + 301, 0x20),
                  Status::proof_failed);
    }
}

TEST(BundleWriter, RefusesWhatDoesNotFit) {
    Application application = wake_word_application();
    application.project.features.frames = 48;
    EXPECT_THAT(error_of(application),
                HasSubstr("wake_word/ganglion.toml: the model takes [1, 1960], the features give "
                          "48 frames of 40 values; change [features] or train again"));
    application = wake_word_application();
    application.project.decision.labels.emplace_back("third");
    EXPECT_THAT(error_of(application), HasSubstr("decision.labels has 3 entries"));
    application = wake_word_application();
    application.project.decision.kind = project::DecisionRule::reconstruction_error;
    EXPECT_THAT(error_of(application), HasSubstr("as many values as its input"));
    application = wake_word_application();
    application.proof_samples.resize(48 * 320 + 470);
    EXPECT_THAT(error_of(application), HasSubstr("lead to no inference"));
    application.proof_samples.clear();
    EXPECT_THAT(error_of(application), HasSubstr("the proof has no samples"));
    application = wake_word_application();
    application.project.budget.ram_bytes = 1000;
    EXPECT_THAT(error_of(application), HasSubstr("budget.ram_bytes: "));
    application = wake_word_application();
    application.project.budget.flash_bytes = 1000;
    EXPECT_THAT(error_of(application), HasSubstr("budget.flash_bytes: "));
    application = wake_word_application();
    application.program.pop_back();
    EXPECT_THAT(error_of(application), HasSubstr("the compiled model is not valid: truncated"));
    application = machine_application();
    application.proof_learn_frames = 0;
    EXPECT_THAT(error_of(application), HasSubstr("must both be zero or both not"));
    application = machine_application();
    application.project.decision.full_scale = 1e-30;
    EXPECT_THAT(error_of(application), HasSubstr("change full_scale"));
    EXPECT_THROW(write_bundle(machine_application().input(), "no key"), std::runtime_error);
}

TEST(BundleFuzz, SurvivesMutations) {
    std::minstd_rand random(23);
    Application small = wake_word_application();
    small.project.features.frames = 4;
    small.program = tests::compiled(tests::dense_network({160, 4, 2}, true));
    small.proof_samples.resize(2400);
    const std::vector<Bytes> originals = {written(machine_application()), written(small)};
    int accepted = 0;
    for (int round = 0; round < 6000; ++round) {
        Bytes bytes = originals[static_cast<size_t>(round) % 2];
        // Mostly where one byte changes the meaning of many: the numbers of META, FEATURES and
        // DECISION.
        const size_t changes = 1 + random() % 2;
        for (size_t i = 0; i < changes; ++i) {
            const auto type = std::array{SectionType::meta, SectionType::features,
                                         SectionType::decision}[random() % 3];
            const SectionEntry entry = section_of(bytes, type);
            size_t at = entry.offset + random() % 44;
            if (type == SectionType::meta) at += offsetof(BundleMeta, numeric_contract);
            if (random() % 8 == 0) at = random() % bytes.size();
            if (at >= bytes.size()) continue;
            const auto value = static_cast<uint8_t>(random());
            bytes[at] = random() % 3 == 0 ? value : static_cast<uint8_t>(1U << (value % 8U));
        }
        if (random() % 16 == 0) bytes.resize(random() % bytes.size());
        // 0: accepted, and run; -1: refused.
        accepted += LLVMFuzzerTestOneInput(bytes.data(), bytes.size()) == 0 ? 1 : 0;
    }
    EXPECT_GT(accepted, 600);
    EXPECT_LT(accepted, 5400);
}

}  // namespace
}  // namespace ganglion::compile
