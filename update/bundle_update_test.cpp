#include <gtest/gtest.h>

#include "compile/bundle_signature.hpp"
#include "compile/testing/bundle_models.hpp"
#include "device/bundle/format.hpp"
#include "device/pipeline/pipeline.hpp"
#include "update/testing/device.hpp"

// A real bundle, updated by delta on a device that proves it before it is trusted.

namespace ganglion::update::testing {
namespace {

constexpr uint32_t kBlock = Flash::kBlockBytes;
constexpr Layout kLayout{.state = 0,
                         .keys = 4 * kBlock,
                         .journal = 6 * kBlock,
                         .index = 7 * kBlock,
                         .index_bytes = kBlock,
                         .delta = 8 * kBlock,
                         .delta_bytes = 8 * kBlock,
                         .bundle = {Slot{16 * kBlock, 40 * kBlock}, Slot{56 * kBlock, 40 * kBlock}},
                         .firmware = 96 * kBlock,
                         .firmware_bytes = 2 * kBlock,
                         .staging = 98 * kBlock};

struct BundleUpdate : ::testing::Test {
    Lab lab;
    const std::string bundle_key = compile::generate_signing_key();
    compile::BundleVerifier verifier{compile::public_key_of(bundle_key)};
    SimulatedFlash flash{101};
    Updater updater{flash, kLayout, lab.identity(), lab.crypto()};
    Bytes old_bundle;
    alignas(16) std::array<int8_t, 128 * 1024> ram{};

    // The machine's network, its last layer with weights drawn from `head`.
    Bytes bundle_with_head(uint32_t head) const {
        tests::Application application = tests::machine_application();
        model::Graph graph = tests::dense_network({27, 8, 27}, false);
        const auto weights = tests::random_samples(size_t{8} * 27, 127, head);
        auto& last = graph.tensors[static_cast<size_t>(graph.operators.back().inputs[1])].data;
        last.assign(weights.begin(), weights.end());
        application.program = tests::compiled(graph);
        return compile::write_bundle(application.input(), bundle_key);
    }

    void SetUp() override {
        old_bundle = bundle_with_head(1);
        provision_keys(flash, kLayout, lab.key_list(1));
        provision(
            flash, kLayout.bundle[0],
            make_package(lab.describe(Component::bundle, 1, {1, 0, 0}), old_bundle, lab.signer()),
            old_bundle);
        ASSERT_EQ(updater.mount(), Status::ok);
    }

    Package transfer(const Bytes& bundle) {
        Package package = make_package(lab.describe(Component::bundle, 2, {1, 1, 0}), bundle,
                                       lab.signer(), old_bundle);
        EXPECT_EQ(updater.offer(package.manifest), Status::ok);
        while (!updater.transfer().received()) {
            const uint32_t piece = updater.transfer().next_piece();
            EXPECT_EQ(updater.transfer().take(piece, package.piece(piece)), Status::ok);
        }
        EXPECT_EQ(updater.assemble(), Status::ok);
        return package;
    }

    // As the agent does before it uses a bundle.
    Status prove(const Slot& slot, uint32_t bytes) {
        Bundle bundle;
        const Status loaded = bundle.load(std::span(flash.memory()).subspan(slot.image(), bytes),
                                          verifier.callbacks());
        if (loaded != Status::ok) return loaded;
        const uint32_t needed = Pipeline::ram_bytes(bundle);
        if (needed == 0 || needed > bundle.meta().ram_bytes) return Status::too_large;
        Pipeline pipeline;
        return pipeline.prove(bundle, ram);
    }
    uint32_t chosen() {
        Updater::BundleChoice choice;
        EXPECT_EQ(updater.select_bundle(choice), Status::ok);
        EXPECT_EQ(prove(kLayout.bundle[choice.slot], choice.bytes), Status::ok);
        return choice.slot;
    }
};

TEST_F(BundleUpdate, another_head_comes_as_a_small_delta_and_proves_itself) {
    EXPECT_EQ(chosen(), 0U);
    const Bytes bundle = bundle_with_head(2);
    const Package package = transfer(bundle);
    EXPECT_LT(package.payload.size(), bundle.size() * 15 / 100);
    EXPECT_EQ(prove(updater.pending_slot(), updater.pending()->image_bytes), Status::ok);
    ASSERT_EQ(updater.install(), Status::ok);
    EXPECT_EQ(chosen(), 1U);
    ASSERT_EQ(updater.confirm(Component::bundle), Status::ok);
    EXPECT_EQ(chosen(), 1U);
}

TEST_F(BundleUpdate, a_bundle_that_does_not_reproduce_its_proof_is_never_tried) {
    Bytes bundle = bundle_with_head(2);
    // Another score in the proof, signed again: all signatures are right.
    const size_t signed_bytes = bundle.size() - Bundle::signature_bytes;
    bundle[signed_bytes - 2] ^= 1;
    Digest digest = sha256(lab.crypto(), std::span(bundle).first(signed_bytes));
    const auto signature = compile::sign_es256(sig_structure(digest), bundle_key);
    std::copy(signature.begin(), signature.end(),
              bundle.end() - static_cast<ptrdiff_t>(signature.size()));
    transfer(bundle);
    EXPECT_EQ(prove(updater.pending_slot(), updater.pending()->image_bytes), Status::proof_failed);
    ASSERT_EQ(updater.give_up(Ended::proof_failed), Status::ok);
    EXPECT_EQ(chosen(), 0U);
    EXPECT_EQ(updater.state()[Component::bundle].floor, 2U);
}

}  // namespace
}  // namespace ganglion::update::testing
