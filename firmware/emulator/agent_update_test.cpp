#include <random>

#include "firmware/emulator/testing/update_fixture.hpp"

// The agent on the emulated board takes updates from a fleet over a real broker.

namespace ganglion::firmware {
namespace {

TEST_F(AgentUpdateTest, takes_a_bundle_live_and_refuses_a_tampered_one) {
    NEEDS_FIRMWARE();
    Server server(authority, broker.port());
    EmulatedBoard board(updatable("live"));
    UpdateFleet fleet(authority, broker.port(), "live");
    board.start();
    ASSERT_TRUE(eventually(60s, [&] { return board.state().connected != 0; })) << board.console();
    fleet.offer(bundle_package(5, 2));
    std::atomic<bool> feeding = true;
    std::thread feeder([&] {
        const auto noise = tests::random_samples(12000, 300, 5);
        while (feeding && board.feed(noise)) std::this_thread::sleep_for(50ms);
    });
    const bool confirmed = eventually(120s, [&] { return fleet.seen().bundle.confirmed == 5; });
    const bool scored = eventually(
        60s, [&] { return fleet.seen().scored_sequence == 5 && fleet.seen().scored > 0; });
    feeding = false;
    board.end_of_samples();
    feeder.join();
    ASSERT_TRUE(confirmed) << board.console();
    EXPECT_TRUE(scored) << board.console();
    EXPECT_EQ(fleet.seen().boot, 1U);  // it never started anew
    EXPECT_EQ(board.state().overruns, 0U);

    Package tampered = bundle_package(6, 3);
    tampered.manifest[tampered.manifest.size() / 2] ^= 1;
    fleet.offer(tampered);
    EXPECT_TRUE(eventually(60s, [&] { return !fleet.seen().refusal.empty(); })) << board.console();
    EXPECT_EQ(fleet.seen().bundle.confirmed, 5U);
}

TEST_F(AgentUpdateTest, a_bundle_that_takes_more_instructions_than_it_states_is_never_tried) {
    NEEDS_FIRMWARE();
    EmulatedBoard board(updatable("slow"));
    UpdateFleet fleet(authority, broker.port(), "slow");
    board.start();
    fleet.offer(bundle_package(5, 2, 20'000));
    ASSERT_TRUE(eventually(120s, [&] { return fleet.seen().bundle.floor == 5; }))
        << board.console();
    ASSERT_TRUE(eventually(60s, [&] { return fleet.seen().bundle.ended == Ended::proof_failed; }))
        << board.console();
    EXPECT_NE(fleet.seen().bundle.confirmed, 5U);
    EXPECT_NE(board.console().find("its bundle states 20000"), std::string::npos);
    // The same within what it states: the board counts about 128,000.
    fleet.offer(bundle_package(6, 2, 200'000));
    EXPECT_TRUE(eventually(120s, [&] { return fleet.seen().bundle.confirmed == 6; }))
        << board.console();
}

TEST_F(AgentUpdateTest, a_key_in_flash_is_enough_to_know_what_is_trusted_after_a_restart) {
    NEEDS_FIRMWARE();
    EmulatedBoard board(updatable("again"));
    UpdateFleet fleet(authority, broker.port(), "again");
    board.start();
    fleet.offer(bundle_package(5, 2));
    ASSERT_TRUE(eventually(120s, [&] { return fleet.seen().bundle.phase == Phase::trial; }))
        << board.console();
    // No sample comes, so the trial is not over: its health rule wants none.
    ASSERT_TRUE(eventually(120s, [&] { return fleet.seen().bundle.confirmed == 5; }))
        << board.console();
    board.kill();
    board.start();
    ASSERT_TRUE(eventually(60s, [&] { return fleet.seen().boot == 2; })) << board.console();
    EXPECT_EQ(fleet.seen().bundle.confirmed, 5U);
    EXPECT_EQ(fleet.seen().bundle.version, (update::Version{5, 0, 0}));
}

TEST_F(AgentUpdateTest, comes_to_the_end_though_the_emulator_is_killed_at_random) {
    NEEDS_FIRMWARE();
    EmulatedBoard board(updatable("killed"));
    UpdateFleet fleet(authority, broker.port(), "killed");
    // Forty pieces, whole.
    fleet.offer(
        update::make_package(describe(Component::bundle, 5), bundle_with_head(2, 700), signer));
    std::mt19937 random(3);
    int kills = 0;
    for (; kills < 12 && fleet.seen().bundle.confirmed != 5; ++kills) {
        board.start();
        // The connection takes most of a life; what the update does begins then.
        eventually(30s, [&] { return board.state().connected != 0; });
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 150));
        board.kill();
        ASSERT_EQ(board.console().find("not deciding"), std::string::npos) << board.console();
    }
    board.start();
    ASSERT_TRUE(eventually(120s, [&] { return fleet.seen().bundle.confirmed == 5; }))
        << board.console();
    EXPECT_GE(kills, 2);
    RecordProperty("kills", kills);
}

}  // namespace
}  // namespace ganglion::firmware
