#include "device/update/updater.hpp"

#include <gtest/gtest.h>

#include <random>

#include "update/testing/power_cuts.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace ganglion::update::testing {
namespace {

const Lab& lab() {
    static const Lab made;
    return made;
}

Bytes image_of(size_t bytes, uint32_t seed) {
    std::mt19937 random(seed);
    Bytes image(bytes);
    for (uint8_t& byte : image) byte = static_cast<uint8_t>(random());
    return image;
}

struct UpdaterTest : ::testing::Test {
    Scenario factory{.name = "",
                     .bundle = image_of(9000, 1),
                     .firmware = image_of(14000, 2),
                     .releases = {},
                     .key_list = {},
                     .final_bundle = {},
                     .final_firmware = {}};
    SimulatedFlash flash = new_device(lab(), factory);
    Updater updater{flash, kSmallLayout, lab().identity(), lab().crypto()};
    Bytes image = image_of(9500, 3);

    void SetUp() override { ASSERT_EQ(updater.mount(), Status::ok); }

    Manifest description(uint32_t sequence = 5, Version version = {1, 1, 0}) const {
        return lab().describe(Component::bundle, sequence, version);
    }
    Package package(const Manifest& manifest) const {
        return make_package(manifest, image, lab().signer());
    }
    Status offer(const Manifest& manifest) { return updater.offer(package(manifest).manifest); }

    void transfer(const Package& from) {
        ASSERT_EQ(updater.offer(from.manifest), Status::ok);
        while (!updater.transfer().received()) {
            const uint32_t piece = updater.transfer().next_piece();
            ASSERT_EQ(updater.transfer().take(piece, from.piece(piece)), Status::ok);
        }
    }
    void restart() {
        std::destroy_at(&updater);
        std::construct_at(&updater, flash, kSmallLayout, lab().identity(), lab().crypto());
        ASSERT_EQ(updater.mount(), Status::ok);
    }
    uint32_t chosen() {
        Updater::BundleChoice choice;
        EXPECT_EQ(updater.select_bundle(choice), Status::ok);
        return choice.slot;
    }
};

TEST_F(UpdaterTest, fits_in_4_kb_with_everything) {
    EXPECT_LE(sizeof(Updater), 4096U);
}

TEST_F(UpdaterTest, installs_tries_and_confirms) {
    transfer(package(description()));
    EXPECT_EQ(updater.install(), Status::unmet);
    ASSERT_EQ(updater.assemble(), Status::ok);
    ASSERT_EQ(updater.install(), Status::ok);
    EXPECT_EQ(chosen(), 1U);
    EXPECT_TRUE(updater.in_trial(Component::bundle));
    EXPECT_EQ(offer(description(6)), Status::full);
    ASSERT_EQ(updater.confirm(Component::bundle), Status::ok);
    EXPECT_EQ(updater.version(Component::bundle), (Version{1, 1, 0}));
    restart();
    EXPECT_EQ(chosen(), 1U);
    EXPECT_EQ(updater.confirm(Component::bundle), Status::unmet);
}

TEST_F(UpdaterTest, refuses_what_is_for_another) {
    Manifest manifest = description();
    manifest.vendor[15] = 1;
    EXPECT_EQ(offer(manifest), Status::wrong_device);
    manifest = description();
    manifest.hardware_class[0] ^= 1;
    EXPECT_EQ(offer(manifest), Status::wrong_device);
    manifest = description();
    const std::string_view other = "device-8";
    std::copy(other.begin(), other.end(), manifest.device.begin());
    manifest.device_bytes = 8;
    EXPECT_EQ(offer(manifest), Status::wrong_device);
    manifest.device[7] = '7';
    EXPECT_EQ(offer(manifest), Status::ok);
}

TEST_F(UpdaterTest, refuses_stale_and_replayed_manifests) {
    EXPECT_EQ(offer(description(1)), Status::stale);
    transfer(package(description(5)));
    EXPECT_EQ(offer(description(4)), Status::stale);
    ASSERT_EQ(updater.assemble(), Status::ok);
    ASSERT_EQ(updater.install(), Status::ok);
    ASSERT_EQ(updater.revert(Component::bundle, Ended::unhealthy), Status::ok);
    for (int start = 0; start < 2; ++start, restart()) {
        EXPECT_EQ(offer(description(5)), Status::stale);
        EXPECT_EQ(offer(description(4)), Status::stale);
        EXPECT_EQ(updater.state()[Component::bundle].ended, Ended::unhealthy);
    }
    EXPECT_EQ(offer(description(6)), Status::ok);
}

TEST_F(UpdaterTest, refuses_a_downgrade_unless_signed_as_such) {
    Manifest manifest = description(5, {0, 9, 9});
    EXPECT_EQ(offer(manifest), Status::stale);
    manifest.downgrade = true;
    EXPECT_EQ(offer(manifest), Status::ok);
}

TEST_F(UpdaterTest, asks_for_what_it_depends_on) {
    Manifest manifest = description();
    manifest.dependency_count = 1;
    manifest.dependencies[0] = {Component::firmware, {1, 0, 1}};
    EXPECT_EQ(offer(manifest), Status::unmet);
    manifest.dependencies[0].at_least = {1, 0, 0};
    EXPECT_EQ(offer(manifest), Status::ok);
}

TEST_F(UpdaterTest, refuses_a_delta_from_another_base) {
    const Bytes other = image_of(9000, 77);
    EXPECT_EQ(updater.offer(make_package(description(), image, lab().signer(), other).manifest),
              Status::unmet);
    EXPECT_EQ(
        updater.offer(make_package(description(), image, lab().signer(), factory.bundle).manifest),
        Status::ok);
}

TEST_F(UpdaterTest, refuses_what_does_not_fit) {
    image = image_of(kSmallLayout.bundle[0].room() + 1, 4);
    EXPECT_EQ(offer(description()), Status::too_large);
    image.pop_back();
    EXPECT_EQ(offer(description()), Status::ok);
}

TEST_F(UpdaterTest, refuses_the_pieces_of_another_image) {
    const Package a = package(description(5));
    image = image_of(9500, 99);
    const Package b = package(description(6));
    ASSERT_EQ(updater.offer(a.manifest), Status::ok);
    const Bytes before(flash.memory().begin(), flash.memory().end());
    EXPECT_EQ(updater.transfer().take(0, b.piece(0)), Status::bad_checksum);
    ASSERT_EQ(updater.transfer().take(0, a.piece(0)), Status::ok);
    EXPECT_EQ(updater.transfer().take(1, b.piece(1)), Status::bad_checksum);
    EXPECT_EQ(updater.transfer().take(2, a.piece(2)), Status::unmet);
    EXPECT_EQ(updater.transfer().take(0, a.piece(0)), Status::stale);
    EXPECT_EQ(updater.transfer().take(1, a.piece(1).first(1000)), Status::truncated);
    EXPECT_TRUE(std::equal(before.begin() + kSmallLayout.delta, before.end(),
                           flash.memory().begin() + kSmallLayout.delta));
    EXPECT_EQ(updater.transfer().take(1, a.piece(1)), Status::ok);
}

TEST_F(UpdaterTest, goes_on_after_a_restart_where_it_was) {
    const Package from = package(description());
    ASSERT_EQ(updater.offer(from.manifest), Status::ok);
    for (uint32_t piece = 0; piece < 8; ++piece)
        ASSERT_EQ(updater.transfer().take(piece, from.piece(piece)), Status::ok);
    restart();
    // Piece 0 is the index, 1 to 4 fill the first erase block, 5 to 7 part of the second.
    EXPECT_EQ(updater.transfer().next_piece(), 5U);
    EXPECT_EQ(updater.offer(from.manifest), Status::ok);
    EXPECT_EQ(updater.transfer().next_piece(), 5U);
    transfer(from);
    EXPECT_EQ(updater.assemble(), Status::ok);
}

TEST_F(UpdaterTest, a_higher_sequence_takes_the_place_of_what_is_under_way) {
    ASSERT_EQ(offer(description(5)), Status::ok);
    ASSERT_EQ(offer(description(7)), Status::ok);
    EXPECT_EQ(updater.pending()->sequence, 7U);
    const Manifest firmware = lab().describe(Component::firmware, 2, {2, 0, 0});
    ASSERT_EQ(updater.offer(make_package(firmware, image, lab().signer()).manifest), Status::ok);
    restart();
    ASSERT_NE(updater.pending(), nullptr);
    EXPECT_EQ(updater.pending()->component, Component::firmware);
}

TEST_F(UpdaterTest, keys_are_rotated_and_revoked) {
    const Package old_key = package(description(5));
    const Package new_key = make_package(description(6), image, lab().next_signer());
    EXPECT_EQ(updater.offer(new_key.manifest), Status::bad_signature);
    ASSERT_EQ(updater.take_keys(lab().key_list(2)), Status::ok);
    EXPECT_EQ(updater.take_keys(lab().key_list(2)), Status::stale);
    EXPECT_EQ(updater.offer(old_key.manifest), Status::ok);
    ASSERT_EQ(updater.take_keys(lab().key_list(3, true)), Status::ok);
    EXPECT_EQ(updater.pending(), nullptr) << "its key was revoked under way";
    for (int start = 0; start < 2; ++start, restart()) {
        EXPECT_EQ(updater.offer(old_key.manifest), Status::bad_signature);
        EXPECT_EQ(updater.take_keys(lab().key_list(2)), Status::stale);
        EXPECT_EQ(chosen(), 0U) << "what the revoked key installed still runs";
        BootLoader loader(flash, kSmallLayout, lab().identity(), lab().crypto());
        EXPECT_EQ(loader.run(), Status::ok);
    }
    EXPECT_EQ(updater.offer(new_key.manifest), Status::ok);
}

TEST_F(UpdaterTest, a_key_list_is_the_roots_and_strands_nothing) {
    const std::vector<ListedKey> only_next{{public_point_of(lab().next_signer())}};
    EXPECT_EQ(updater.take_keys(make_key_list(2, only_next, lab().root())), Status::unmet);
    EXPECT_EQ(updater.take_keys(make_key_list(2, only_next, lab().signer())),
              Status::bad_signature);
    // A manifest is no key list, whoever signed it, and the other way round.
    EXPECT_NE(updater.take_keys(make_package(description(), image, lab().root()).manifest),
              Status::ok);
    EXPECT_NE(updater.offer(lab().key_list(2)), Status::ok);
    EXPECT_EQ(updater.offer(make_package(description(), image, lab().root()).manifest),
              Status::bad_signature);
}

TEST_F(UpdaterTest, refuses_a_manifest_with_any_byte_changed) {
    const Package from = package(description());
    for (size_t i = 0; i < from.manifest.size(); ++i) {
        Bytes bytes = from.manifest;
        bytes[i] ^= static_cast<uint8_t>(1U << i % 8);
        ASSERT_NE(updater.offer(bytes), Status::ok) << "byte " << i;
        bytes.resize(i);
        ASSERT_NE(updater.offer(bytes), Status::ok) << "cut to " << i;
    }
    EXPECT_EQ(updater.pending(), nullptr);
    EXPECT_EQ(updater.offer(from.manifest), Status::ok);
}

TEST_F(UpdaterTest, an_image_that_is_not_what_was_signed_is_given_up) {
    const Package right = package(description(5));
    image = factory.bundle;
    image[4000] ^= 1;
    transfer(make_package(description(6), image, lab().signer(), factory.bundle));
    // The base changes under way: what the delta makes is wrong.
    flash.flip((kSmallLayout.bundle[0].image() + 100) * 8);
    EXPECT_NE(updater.assemble(), Status::ok);
    EXPECT_EQ(updater.pending(), nullptr);
    EXPECT_EQ(updater.state()[Component::bundle].ended, Ended::damaged);
    EXPECT_EQ(updater.offer(right.manifest), Status::stale);
}

TEST_F(UpdaterTest, bits_flipped_in_what_was_received_come_again) {
    const Package from = package(description());
    transfer(from);
    flash.flip((kSmallLayout.bundle[1].image() + 100) * 8);
    EXPECT_EQ(updater.assemble(), Status::bad_checksum);
    ASSERT_NE(updater.pending(), nullptr);
    EXPECT_FALSE(updater.transfer().received());
    transfer(from);
    EXPECT_EQ(updater.assemble(), Status::ok);
}

TEST_F(UpdaterTest, a_trial_ends_after_so_many_starts) {
    Manifest manifest = description();
    manifest.health.starts = 2;
    transfer(package(manifest));
    ASSERT_EQ(updater.assemble(), Status::ok);
    ASSERT_EQ(updater.install(), Status::ok);
    EXPECT_EQ(chosen(), 1U);
    restart();
    EXPECT_EQ(chosen(), 1U);
    restart();
    EXPECT_EQ(chosen(), 0U);
    EXPECT_EQ(updater.state()[Component::bundle].ended, Ended::not_confirmed);
}

TEST_F(UpdaterTest, the_bundle_before_takes_over_from_a_damaged_one) {
    transfer(package(description()));
    ASSERT_EQ(updater.assemble(), Status::ok);
    ASSERT_EQ(updater.install(), Status::ok);
    EXPECT_EQ(chosen(), 1U);
    ASSERT_EQ(updater.confirm(Component::bundle), Status::ok);
    flash.flip((kSmallLayout.bundle[1].image() + 5000) * 8 + 3);
    restart();
    EXPECT_EQ(chosen(), 0U);
    EXPECT_EQ(updater.state()[Component::bundle].ended, Ended::damaged);
    EXPECT_EQ(offer(description(5)), Status::stale);
    EXPECT_EQ(offer(description(6)), Status::ok);
}

// Any one bit of the whole flash: the device still boots and decides with a bundle it trusts.
TEST_F(UpdaterTest, any_flipped_bit_is_survived_where_there_is_something_to_go_back_to) {
    const std::vector<Scenario> all = all_scenarios(lab());
    const Scenario& scenario = all.back();  // both components have been changed
    SimulatedFlash device = new_device(lab(), scenario);
    ASSERT_TRUE(Player(lab(), scenario, device).play());
    std::mt19937 random(5);
    // The firmware's own slots are the boot loader's test: here they have nothing to go back to.
    const size_t end = size_t{kSmallLayout.firmware} * 8;
    for (int round = 0; round < 400; ++round) {
        SimulatedFlash copy(device);
        copy.flip(random() % end);
        ASSERT_TRUE(Player(lab(),
                           {.name = scenario.name,
                            .bundle = scenario.releases[1].image,
                            .firmware = scenario.final_firmware,
                            .releases = {scenario.releases[3]},
                            .key_list = {},
                            .final_bundle = {},
                            .final_firmware = {}},
                           copy)
                        .starts_and_decides());
    }
}

// One start of a device whose flash does not take everything: it boots, decides with a bundle that
// somebody made, and tries to update itself.
void live_with_what_works(SimulatedFlash& flash, const Scenario& scenario) {
    BootLoader loader(flash, kSmallLayout, lab().identity(), lab().crypto());
    ASSERT_EQ(loader.run(), Status::ok);
    Updater updater(flash, kSmallLayout, lab().identity(), lab().crypto());
    ASSERT_EQ(updater.mount(), Status::ok);
    Updater::BundleChoice choice;
    ASSERT_EQ(updater.select_bundle(choice), Status::ok);
    const auto running =
        std::span(flash.memory()).subspan(kSmallLayout.bundle[choice.slot].image(), choice.bytes);
    ASSERT_TRUE(std::ranges::equal(running, scenario.bundle) ||
                std::ranges::equal(running, scenario.releases[0].image));
    updater.confirm(Component::bundle);
    updater.confirm(Component::firmware);
    const Package& package = scenario.releases[0].package;
    if (updater.offer(package.manifest) != Status::ok) return;
    Transfer& transfer = updater.transfer();
    for (int tries = 0; tries < 60 && !transfer.received(); ++tries)
        transfer.take(transfer.next_piece(), package.piece(transfer.next_piece()));
    if (updater.assemble() == Status::ok) updater.install();
}

// The slot that firmware runs from is left out: where it wears out there is nowhere else to go.
TEST(worn_out_flash, any_one_block_leaves_a_device_that_boots_and_decides) {
    const std::vector<Scenario> all = all_scenarios(lab());
    for (const Scenario* scenario : {&all[0], &all[1], &all[6]}) {
        const SimulatedFlash factory = new_device(lab(), *scenario);
        unsigned updated = 0;
        for (uint32_t block = 0; block < kSmallBlocks; ++block) {
            const uint32_t offset = block * Flash::kBlockBytes;
            if (offset >= kSmallLayout.firmware && offset < kSmallLayout.staging) continue;
            for (const bool silent : {false, true}) {
                SimulatedFlash flash(factory);
                flash.wear_out(block, silent);
                for (int start = 0; start < 5; ++start) live_with_what_works(flash, *scenario);
                ASSERT_FALSE(HasFatalFailure()) << scenario->name << ", block " << block;
                State state;
                StateStore(flash, kSmallLayout).mount(state);
                updated += state.component[0].confirmed == 5 || state.component[1].confirmed == 5;
            }
        }
        // Most blocks have nothing to do with this update, or their copy does.
        EXPECT_GT(updated, 30U) << scenario->name;
    }
}

TEST_F(UpdaterTest, fuzzed_manifests_and_pieces_stay_in_their_places) {
    std::mt19937 random(6);
    Manifest description;
    description.sequence = 3;
    description.version = {1, 0, 0};
    const Package small = make_package(description, image_of(3000, 8), lab().signer());
    Bytes good = small.manifest;
    // The target knows one key only, and every hash is zero.
    std::fill_n(good.begin() + 8, 8, uint8_t{0});
    const auto clear = [&](std::span<const uint8_t> digest) {
        const auto at = std::search(good.begin(), good.end(), digest.begin(), digest.end());
        ASSERT_NE(at, good.end());
        std::fill_n(at, digest.size(), uint8_t{0});
    };
    clear(small.description.image_digest);
    const Digest index = sha256(lab().crypto(), small.index);
    clear(std::span(index).first<sizeof(ShortDigest)>());
    good.insert(good.begin(),
                {static_cast<uint8_t>(good.size() >> 8), static_cast<uint8_t>(good.size())});
    const auto refused = [&](const Bytes& bytes) {
        return LLVMFuzzerTestOneInput(bytes.data(), bytes.size()) != 0;
    };
    EXPECT_FALSE(refused(good));
    unsigned accepted = 0;
    for (int round = 0; round < 3000; ++round) {
        Bytes bytes = good;
        for (unsigned i = 0; i < 1 + random() % 3; ++i)
            bytes[18 + random() % (bytes.size() - 18)] = static_cast<uint8_t>(random());
        if (random() % 8 == 0) bytes.resize(random() % bytes.size());
        accepted += refused(bytes) ? 0 : 1;
    }
    EXPECT_GT(accepted, 100U);
    EXPECT_LT(accepted, 2900U);
}

}  // namespace
}  // namespace ganglion::update::testing
