#include "firmware/emulator/testing/agent_fixture.hpp"

namespace ganglion::firmware {
namespace {

TEST_F(AgentTest, cut_network_delays_events_and_loses_none) {
    NEEDS_FIRMWARE();
    const std::vector<int16_t> samples = restless_sound(20 * 16000);
    const TestBundle bundle = talkative(samples, 0);
    write_bundle(bundle);
    const Outcome expected = bundle.run(samples);
    ASSERT_GT(expected.fired.size(), 20U);
    Server server(authority, broker.port());
    EmulatedBoard board(config("speaker", bundle.public_key()));
    board.start();
    ASSERT_TRUE(eventually(60s, [&] {
        return server.state().events.size() == 1 && board.state().outbox == 0;
    })) << board.console();
    board.set_network(false);
    feed_all(board, samples);
    ASSERT_TRUE(board.wait_finished(120s)) << board.console();
    EXPECT_EQ(server.state().events.size(), 1U);
    EXPECT_EQ(board.state().outbox, expected.fired.size());
    EXPECT_EQ(board.state().connected, 0U);
    board.set_network(true);
    ASSERT_TRUE(eventually(60s, [&] {
        return board.state().outbox == 0 && board.state().connected != 0;
    })) << board.console();
    expect_events(server.state(), 1, expected.fired, EventKind::decision, "alexa");
    EXPECT_EQ(board.state().overruns, 0U);
    EXPECT_EQ(board.state().boot, 1U);
}

TEST_F(AgentTest, comes_back_again_and_again) {
    NEEDS_FIRMWARE();
    const TestBundle bundle(stopping_machine());
    write_bundle(bundle);
    Server server(authority, broker.port());
    EmulatedBoard board(config("flapping", bundle.public_key()));
    board.start();
    uint32_t peak = 0;
    for (uint32_t round = 1; round <= 6; ++round) {
        ASSERT_TRUE(eventually(60s, [&] { return board.state().connected != 0; }))
            << board.console();
        if (round == 2) peak = board.state().tls_heap_peak;
        if (round == 6) break;
        if (round % 2 == 0) {
            broker.stop();
        } else {
            board.set_network(false);
        }
        ASSERT_TRUE(eventually(60s, [&] { return board.state().connected == 0; }))
            << board.console();
        if (round % 2 == 0) {
            broker.start();
        } else {
            board.set_network(true);
        }
    }
    EXPECT_EQ(board.state().boot, 1U) << board.console();
    EXPECT_LE(board.state().tls_heap_peak, peak + 4096) << "memory is lost with every connection";
}

TEST_F(AgentTest, notices_a_silent_broker) {
    NEEDS_FIRMWARE();
    const std::vector<int16_t> samples = restless_sound(4 * 16000);
    const TestBundle bundle = talkative(samples, 0);
    write_bundle(bundle);
    const Outcome expected = bundle.run(samples);
    ASSERT_FALSE(expected.fired.empty());
    Server server(authority, broker.port());
    EmulatedBoard board(config("ignored", bundle.public_key()));
    board.start();
    ASSERT_TRUE(eventually(60s, [&] { return board.state().connected != 0; })) << board.console();
    broker.pause();
    feed_all(board, samples);
    EXPECT_TRUE(eventually(120s, [&] { return board.state().connected == 0; })) << board.console();
    broker.resume();
    ASSERT_TRUE(eventually(120s, [&] {
        return board.state().outbox == 0 && board.state().finished != 0;
    })) << board.console();
    expect_events(server.state(), 1, expected.fired, EventKind::decision, "alexa");
    EXPECT_EQ(board.state().boot, 1U);
}

TEST_F(AgentTest, repeats_events_until_the_store_has_them) {
    NEEDS_FIRMWARE();
    const TestBundle bundle(stopping_machine());
    write_bundle(bundle);
    Server server(authority, broker.port());
    server.set_acknowledging(false);
    EmulatedBoard board(config("patient", bundle.public_key()));
    board.start();
    ASSERT_TRUE(eventually(60s, [&] { return server.state().duplicates >= 2; })) << board.console();
    EXPECT_EQ(board.state().outbox, 1U);
    // What is no acknowledgement, or not for these events, changes nothing.
    server.send("patient", "ack", {0xff, 0x00, 0x17});
    server.send("patient", "ack", std::vector<uint8_t>(200, 0xa2));
    server.send("patient", "ack", {0xa2, 0x00, 0x07, 0x01, 0x09});
    const size_t before = server.state().duplicates;
    ASSERT_TRUE(eventually(60s, [&] { return server.state().duplicates > before; }))
        << board.console();
    EXPECT_EQ(board.state().outbox, 1U);
    server.set_acknowledging(true);
    EXPECT_TRUE(eventually(60s, [&] { return board.state().outbox == 0; })) << board.console();
    EXPECT_EQ(board.state().boot, 1U);
}

TEST_F(AgentTest, killed_at_any_moment_loses_nothing_committed) {
    NEEDS_FIRMWARE();
    const std::vector<int16_t> samples = restless_sound(20 * 16000);
    const TestBundle bundle = talkative(samples, 0);
    write_bundle(bundle);
    const Outcome expected = bundle.run(samples);
    Server server(authority, broker.port());
    EmulatedBoard board(config("killed", bundle.public_key()));
    constexpr uint32_t kKills = 3;
    std::vector<uint32_t> committed;
    for (uint32_t boot = 1; boot <= kKills; ++boot) {
        server.set_acknowledging(boot == 2);
        board.start();
        std::thread feeder([&] { board.feed(samples); });
        EXPECT_TRUE(eventually(60s, [&] { return board.state().last_sequence >= 5 * boot; }))
            << board.console();
        board.kill();
        feeder.join();
        EXPECT_EQ(board.state().boot, boot);
        committed.push_back(board.state().last_sequence);
    }
    server.set_acknowledging(true);
    board.start();
    ASSERT_TRUE(eventually(60s, [&] {
        return board.state().outbox == 0 && board.state().connected != 0;
    })) << board.console();
    const Server::State state = server.state();
    for (uint32_t boot = 1; boot <= kKills; ++boot) {
        for (uint32_t sequence = 1; sequence <= committed[boot - 1]; ++sequence)
            ASSERT_TRUE(state.events.contains({boot, sequence}))
                << "boot " << boot << " sequence " << sequence;
        for (uint32_t sequence = 2; sequence <= committed[boot - 1]; ++sequence)
            EXPECT_EQ(state.events.at({boot, sequence}).sample,
                      expected.fired[sequence - 2].sample);
    }
    EXPECT_TRUE(state.events.contains({kKills + 1, 1}));
    EXPECT_EQ(state.malformed, 0U);
}

}  // namespace
}  // namespace ganglion::firmware
