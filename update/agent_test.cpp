#include "device/update/agent.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "update/testing/networked_device.hpp"
#include "update/testing/power_cuts.hpp"

// A device that takes updates over a link that loses messages, with its power cut at random.

namespace ganglion::update::testing {
namespace {

constexpr uint64_t kStepMs = 100;

// An image whose first byte says how it behaves.
enum : uint8_t { kGood = 1, kUnprovable = 2, kAlarming = 3 };

Bytes image_of(uint8_t conduct, size_t bytes, uint32_t seed) {
    Bytes image(bytes);
    std::mt19937 random(seed);
    for (uint8_t& byte : image) byte = static_cast<uint8_t>(random());
    image[0] = conduct;
    return image;
}

/// The fleet's side, for one device: offers one package, sends the pieces asked for.
struct Fleet {
    const Package* package = nullptr;
    std::deque<std::pair<std::string, Bytes>> to_device;
    UpdateStatus last;
    Bytes last_bytes;
    uint64_t pieces_sent = 0;

    void say(std::string leaf, std::span<const uint8_t> bytes) {
        to_device.emplace_back(std::move(leaf), Bytes(bytes.begin(), bytes.end()));
    }

    void take(std::string_view leaf, std::span<const uint8_t> payload) {
        if (leaf == "update") {
            last_bytes.assign(payload.begin(), payload.end());
            EXPECT_TRUE(decode(last_bytes, last));
            const uint32_t sequence = package == nullptr ? 0 : package->description.sequence;
            const Component component =
                package == nullptr ? Component::bundle : package->description.component;
            const bool idle = !last.transfer &&
                              last.parts[static_cast<size_t>(component)].floor < sequence &&
                              last.parts[static_cast<size_t>(component)].phase == Phase::confirmed;
            if (idle && !last.refusal) say("offer", package->manifest);
            if (to_device.empty()) say("ack", {});
            return;
        }
        Want want;
        ASSERT_TRUE(leaf == "want" && decode(payload, want));
        ASSERT_EQ(want.sequence, package->description.sequence);
        for (uint32_t i = 0; i < want.count; ++i) {
            Bytes message(kMaxUpdateMessageBytes);
            const uint32_t number = want.first + i;
            message.resize(encode(Piece{want.sequence, number, package->piece(number)}, message));
            say("piece", message);
            ++pieces_sent;
        }
    }
};

struct AgentUnderTest : ::testing::Test {
    const Lab lab;
    const Bytes old_bundle = image_of(kGood, 5000, 1);
    const Bytes old_firmware = image_of(kGood, 7000, 2);
    Scenario scenario{.name = "agent",
                      .bundle = old_bundle,
                      .firmware = old_firmware,
                      .releases = {},
                      .key_list = {},
                      .final_bundle = {},
                      .final_firmware = {}};
    SimulatedFlash flash = new_device(lab, scenario);
    Fleet fleet;
    std::mt19937 random{7};
    bool lossy = false;
    NetworkedDevice device{lab,
                           lab.crypto(),
                           kSmallLayout,
                           flash,
                           {.proves = [](auto image) { return image[0] != kUnprovable; },
                            .infer =
                                [](auto image, ScoreCounts& counts) {
                                    for (int i = 0; i < 10; ++i)
                                        counts.add(image[0] == kAlarming ? 900 : 100,
                                                   image[0] == kAlarming);
                                }},
                           [this](std::string_view leaf, std::span<const uint8_t> payload) {
                               if (!lossy || random() % 4 != 0) fleet.take(leaf, payload);
                               return true;
                           }};
    uint64_t now = 0;

    Manifest describe(Component component, uint32_t sequence) const {
        Manifest manifest = lab.describe(component, sequence, {sequence, 0, 0});
        manifest.health = {.starts = 5,
                           .min_ms = 2000,
                           .max_ms = 60000,
                           .min_inferences = 100,
                           .max_alerts_permille = 200,
                           .reconnect = true,
                           .scores = {},
                           .max_distance_permille = 1000};
        return manifest;
    }

    // One tick of the world; false where the power failed.
    bool step() {
        now += kStepMs;
        std::deque<std::pair<std::string, Bytes>> messages;
        messages.swap(fleet.to_device);
        for (const auto& [leaf, bytes] : messages) {
            if (lossy && random() % 4 == 0) continue;
            device.message(leaf, bytes);
            if (flash.dead()) return false;
        }
        return device.poll(now, true);
    }
    void run(int steps) {
        if (!device.is_on()) {
            ASSERT_TRUE(device.power_on());
            device.connected();
        }
        for (int i = 0; i < steps; ++i) ASSERT_TRUE(step());
    }
    // Until nothing is under way, with the power cut at random; how often it was.
    int run_with_cuts(int cuts) {
        int done = 0;
        for (int i = 0; i < 4000; ++i) {
            if (!device.is_on()) {
                if (done < cuts) flash.cut_after(random() % 25, random() % 40);
                if (!device.power_on()) {
                    ++done;
                    flash.restore_power();
                    continue;
                }
                device.connected();
            }
            if (!step()) {
                ++done;
                flash.restore_power();
                device.power_off();
                fleet.to_device.clear();
            }
        }
        return done;
    }
    const UpdateStatus::Part& bundle() const { return fleet.last.parts[0]; }
};

TEST_F(AgentUnderTest, takes_tries_and_confirms_a_bundle) {
    const Bytes image = image_of(kGood, 6000, 3);
    const Package package =
        make_package(describe(Component::bundle, 5), image, lab.signer(), old_bundle);
    fleet.package = &package;
    run(200);
    EXPECT_EQ(bundle().confirmed, 5U);
    EXPECT_EQ(bundle().phase, Phase::confirmed);
    EXPECT_EQ(bundle().version, (Version{5, 0, 0}));
    EXPECT_TRUE(std::ranges::equal(device.running(), image));
    EXPECT_EQ(fleet.last.scores->sequence, 5U);
    EXPECT_EQ(device.boots(), 1U);  // live: it went on deciding
}

TEST_F(AgentUnderTest, a_bundle_without_proof_is_never_used) {
    const Package package =
        make_package(describe(Component::bundle, 5), image_of(kUnprovable, 6000, 3), lab.signer());
    fleet.package = &package;
    run(200);
    EXPECT_EQ(bundle().ended, Ended::proof_failed);
    EXPECT_EQ(bundle().floor, 5U);
    EXPECT_TRUE(std::ranges::equal(device.running(), old_bundle));
}

TEST_F(AgentUnderTest, an_unhealthy_bundle_is_undone_and_the_old_one_decides) {
    const Package package =
        make_package(describe(Component::bundle, 5), image_of(kAlarming, 6000, 3), lab.signer());
    fleet.package = &package;
    run(200);
    EXPECT_EQ(bundle().ended, Ended::unhealthy);
    EXPECT_EQ(bundle().phase, Phase::confirmed);
    EXPECT_TRUE(std::ranges::equal(device.running(), old_bundle));
}

TEST_F(AgentUnderTest, a_tampered_offer_is_refused_and_said) {
    Package package =
        make_package(describe(Component::bundle, 5), image_of(kGood, 6000, 3), lab.signer());
    package.manifest[package.manifest.size() - 1] ^= 1;
    fleet.package = &package;
    run(100);
    ASSERT_TRUE(fleet.last.refusal);
    EXPECT_EQ(fleet.last.refusal->sequence, 5U);
    EXPECT_EQ(fleet.last.refusal->why, "bad signature");
    EXPECT_FALSE(fleet.last.transfer);
}

TEST_F(AgentUnderTest, a_tampered_piece_is_never_written) {
    Package package =
        make_package(describe(Component::bundle, 5), image_of(kGood, 6000, 3), lab.signer());
    package.payload[2500] ^= 1;
    fleet.package = &package;
    run(300);
    ASSERT_TRUE(fleet.last.transfer);
    EXPECT_EQ(fleet.last.transfer->next, 3U);  // index, two chunks
    EXPECT_TRUE(std::ranges::equal(device.running(), old_bundle));
}

TEST_F(AgentUnderTest, waits_while_it_would_disturb) {
    const Package package =
        make_package(describe(Component::bundle, 5), image_of(kGood, 6000, 3), lab.signer());
    fleet.package = &package;
    device.set_deferral("machine stopped");
    run(100);
    EXPECT_EQ(fleet.pieces_sent, 0U);
    EXPECT_EQ(fleet.last.deferred, "machine stopped");
    device.set_deferral("");
    run(200);
    EXPECT_EQ(bundle().confirmed, 5U);
}

TEST_F(AgentUnderTest, leaves_a_trial_when_the_fleet_says_so) {
    const Package package =
        make_package(describe(Component::bundle, 5), image_of(kGood, 6000, 3), lab.signer());
    fleet.package = &package;
    ASSERT_TRUE(device.power_on());
    device.connected();
    for (int i = 0; i < 200 && bundle().phase != Phase::trial; ++i) ASSERT_TRUE(step());
    ASSERT_EQ(bundle().phase, Phase::trial);
    Bytes undo(64);
    undo.resize(encode(Undo{Component::bundle, 5}, undo));
    fleet.say("undo", undo);
    run(3);
    EXPECT_EQ(bundle().ended, Ended::undone);
    EXPECT_TRUE(std::ranges::equal(device.running(), old_bundle));
}

TEST_F(AgentUnderTest, firmware_is_swapped_tried_and_confirmed) {
    const Bytes image = image_of(kGood, 7500, 4);
    const Package package =
        make_package(describe(Component::firmware, 6), image, lab.signer(), old_firmware);
    fleet.package = &package;
    run(300);
    EXPECT_EQ(fleet.last.parts[1].confirmed, 6U);
    EXPECT_EQ(device.boots(), 2U);
}

TEST_F(AgentUnderTest, firmware_that_loses_its_network_comes_back_alone) {
    const Package package =
        make_package(describe(Component::firmware, 6), image_of(kGood, 7500, 4), lab.signer());
    fleet.package = &package;
    ASSERT_TRUE(device.power_on());
    device.connected();
    for (int i = 0; i < 300 && device.boots() < 2; ++i) ASSERT_TRUE(step());
    ASSERT_EQ(device.boots(), 2U);
    ASSERT_TRUE(device.updater().in_trial(Component::firmware));
    for (int i = 0; i < 700 && device.boots() < 3; ++i)
        ASSERT_TRUE(device.poll(kStepMs * i, false));
    ASSERT_EQ(device.boots(), 3U);
    run(5);
    EXPECT_EQ(fleet.last.parts[1].ended, Ended::unhealthy);
    EXPECT_LT(fleet.last.parts[1].confirmed, 6U);
}

TEST_F(AgentUnderTest, comes_to_the_end_over_a_lossy_link_with_the_power_cut_at_random) {
    lossy = true;
    const Bytes image = image_of(kGood, 9000, 3);
    const Package package =
        make_package(describe(Component::bundle, 5), image, lab.signer(), old_bundle);
    fleet.package = &package;
    EXPECT_GE(run_with_cuts(30), 5);
    EXPECT_EQ(bundle().confirmed, 5U);
    EXPECT_TRUE(std::ranges::equal(device.running(), image));
}

}  // namespace
}  // namespace ganglion::update::testing
