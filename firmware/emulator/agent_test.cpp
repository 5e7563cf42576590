#include "firmware/emulator/testing/agent_fixture.hpp"

namespace ganglion::firmware {
namespace {

TEST_F(AgentTest, decides_as_the_host_does_and_tells_the_server) {
    NEEDS_FIRMWARE();
    const TestBundle bundle(stopping_machine());
    write_bundle(bundle);
    const std::vector<int16_t> samples = failing_machine(60000, 20000);
    const Outcome expected = bundle.run(samples);
    ASSERT_EQ(expected.fired.size(), 1U);
    ASSERT_GE(expected.fired[0].sample, 60000U);
    Server server(authority, broker.port());
    EmulatedBoard board(config("motor-1", bundle.public_key()));
    board.start();
    feed_all(board, samples);
    ASSERT_TRUE(board.wait_finished(60s)) << board.console();
    ASSERT_TRUE(eventually(30s, [&] {
        const auto state = server.state();
        return state.events.size() == 2 && state.instructions != 0 && state.report &&
               state.report->bytes_sensed == samples.size() * 2 && state.report->outbox == 0;
    })) << board.console();

    const Server::State state = server.state();
    expect_events(state, 1, expected.fired, EventKind::action, "anomaly");
    const Event& stop = state.events.at({1, 2});
    EXPECT_EQ(stop.stop_samples, 0U);
    const std::vector<LineEdge> edges = board.edges(Line::stop);
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_TRUE(edges[0].level);
    EXPECT_EQ(edges[0].sample, expected.fired[0].sample);
    EXPECT_EQ(edges[0].instructions, stop.stop_instructions);
    EXPECT_GT(edges[0].instructions, 0U);
    EXPECT_EQ(board.witnessed_levels(Line::stop), (std::vector<bool>{false, true}));

    EXPECT_EQ(state.application, "machine");
    EXPECT_EQ(state.version, "1.0.0");
    EXPECT_EQ(state.fault, "");
    EXPECT_EQ(state.rate_hz, 12000U);
    EXPECT_EQ(state.flash_bytes, bundle.bytes().size());
    EXPECT_GT(state.ram_bytes, 0U);
    EXPECT_EQ(state.report->inferences, expected.decisions.size());
    EXPECT_EQ(state.report->overruns, 0U);
    EXPECT_EQ(state.report->bytes_gate, 0U);
    EXPECT_EQ(state.report->gate_openings, 0U);
    EXPECT_GT(state.report->bytes_sent, 1000U);
    EXPECT_LT(state.report->bytes_sent, 20000U);
    EXPECT_TRUE(state.openings.empty());
    const SamplePort port = board.state();
    EXPECT_EQ(port.handshakes, 1U);
    EXPECT_EQ(port.overruns, 0U);
    EXPECT_GT(port.stack_free, 4096U);
    std::cout << "inference with features: " << port.instructions
              << " instructions; stack never used " << port.stack_free << " bytes; heap peak "
              << port.tls_heap_peak << " bytes; sent " << state.report->bytes_sent << " bytes\n";
    board.kill();
    EXPECT_TRUE(eventually(10s, [&] { return !server.state().online.back(); })) << "the last will";
}

// The reflex does not depend on what the network does: the same sample stops the machine, after the
// same work.
TEST_F(AgentTest, stops_as_fast_during_a_handshake_as_when_idle) {
    NEEDS_FIRMWARE();
    const TestBundle bundle(stopping_machine());
    write_bundle(bundle);
    constexpr size_t kGood = 15000;
    const std::vector<int16_t> samples = failing_machine(kGood, 6000);
    const Outcome expected = bundle.run(samples);
    ASSERT_EQ(expected.fired.size(), 1U);
    ASSERT_GE(expected.fired[0].sample, kGood);
    Server server(authority, broker.port());
    std::vector<LineEdge> edges;
    for (bool in_handshake : {false, true}) {
        EmulatedBoard board(config(in_handshake ? "busy" : "idle", bundle.public_key()));
        // In a handshake: samples lie ready when the board starts, and it connects as soon as it
        // samples.
        board.start();
        if (in_handshake) feed_all(board, samples);
        ASSERT_TRUE(eventually(60s, [&] { return board.state().connected != 0; }))
            << board.console();
        if (!in_handshake) feed_all(board, samples);
        ASSERT_TRUE(board.wait_finished(60s)) << board.console();
        ASSERT_EQ(board.edges(Line::stop).size(), 1U);
        edges.push_back(board.edges(Line::stop)[0]);
        EXPECT_EQ(edges.back().in_handshake, in_handshake);
        EXPECT_EQ(edges.back().sample, expected.fired[0].sample);
        EXPECT_EQ(board.state().overruns, 0U);
        EXPECT_EQ(board.witnessed_levels(Line::stop), (std::vector<bool>{false, true}));
        std::cout << (in_handshake ? "in a handshake: " : "idle: ")
                  << edges.back().sample + 1 - kGood
                  << " samples from the first faulty one to the deciding one, then "
                  << edges.back().instructions << " instructions to the stop line\n";
    }
    EXPECT_NEAR(edges[0].instructions, edges[1].instructions, 0.02 * edges[0].instructions);
}

TEST_F(AgentTest, gate_lets_out_two_seconds_after_a_decision_and_counts_every_byte) {
    NEEDS_FIRMWARE();
    const std::vector<int16_t> samples = restless_sound(8 * 16000);
    const TestBundle bundle = talkative(samples, 2000);
    write_bundle(bundle);
    const Outcome expected = bundle.run(samples);
    ASSERT_FALSE(expected.fired.empty());
    Server server(authority, broker.port());
    EmulatedBoard board(config("gate", bundle.public_key(), Pace::real_time));
    board.start();
    ASSERT_TRUE(eventually(60s, [&] { return board.state().connected != 0; })) << board.console();
    feed_all(board, samples);
    ASSERT_TRUE(board.wait_finished(60s)) << board.console();

    // An opening starts with the first decision that finds the gate shut.
    std::vector<uint64_t> opened_after;
    for (const Decision& decision : expected.fired)
        if (opened_after.empty() || decision.sample > opened_after.back() + 2 * 16000)
            opened_after.push_back(decision.sample);
    ASSERT_TRUE(eventually(60s, [&] {
        const auto state = server.state();
        return state.openings.size() == opened_after.size() &&
               state.openings.rbegin()->second.complete;
    })) << board.console();
    uint64_t bytes = 0;
    const Server::State state = server.state();
    for (size_t i = 0; i < opened_after.size(); ++i) {
        const Server::Opening& opening = state.openings.at(static_cast<uint32_t>(i + 1));
        EXPECT_TRUE(opening.complete);
        EXPECT_EQ(opening.first_sample, opened_after[i] + 1);
        const std::vector<int16_t> heard = opening.samples();
        const size_t start = opening.first_sample;
        ASSERT_EQ(heard.size(), std::min<size_t>(32000, samples.size() - start));
        EXPECT_TRUE(std::equal(heard.begin(), heard.end(),
                               samples.begin() + static_cast<std::ptrdiff_t>(start)));
        bytes += opening.bytes();
    }
    ASSERT_TRUE(eventually(30s, [&] {
        const auto report = server.state().report;
        return report && report->bytes_gate == bytes &&
               report->gate_openings == opened_after.size();
    }));
    EXPECT_GT(server.state().report->bytes_sent, bytes);
    EXPECT_EQ(board.state().overruns, 0U);
}

TEST_F(AgentTest, refuses_bundles_it_cannot_trust_and_says_why) {
    NEEDS_FIRMWARE();
    const TestBundle bundle(stopping_machine());
    const struct {
        std::string id;
        std::vector<uint8_t> bytes;
        std::string fault;
    } cases[] = {
        {"none", {}, "bundle: not found"},
        {"forged",
         [&] {
             auto bytes = bundle.bytes();
             bytes[200] ^= 1;
             return bytes;
         }(),
         "bundle: "},
        {"cut", {bundle.bytes().begin(), bundle.bytes().end() - 100}, "bundle: "},
        {"stranger", TestBundle(stopping_machine()).bytes(), "bundle: bad signature"},
    };
    for (const auto& given : cases) {
        Server server(authority, broker.port(), given.id);
        BoardConfig made = config(given.id, bundle.public_key());
        std::ofstream(made.bundle, std::ios::binary)
            .write(reinterpret_cast<const char*>(given.bytes.data()),
                   static_cast<std::streamsize>(given.bytes.size()));
        EmulatedBoard board(made);
        board.start();
        ASSERT_TRUE(eventually(60s, [&] { return !server.state().online.empty(); }))
            << board.console();
        EXPECT_TRUE(server.state().fault.starts_with(given.fault))
            << given.id << ": " << server.state().fault;
        EXPECT_EQ(board.state().state, static_cast<uint32_t>(AgentState::not_deciding));
        EXPECT_EQ(board.state().boot, 1U);
        EXPECT_NE(board.console().find("not deciding: bundle: "), std::string::npos);
        EXPECT_EQ(board.witnessed_levels(Line::stop), (std::vector<bool>{false}));
    }
}

TEST_F(AgentTest, speaks_only_with_the_right_broker) {
    NEEDS_FIRMWARE();
    const TestBundle bundle(stopping_machine());
    write_bundle(bundle);
    authority.issue("impostor", "DNS:elsewhere.example");
    Folder other_folder;
    const Authority other(other_folder.path());
    Broker wrong_name(authority, "impostor");
    Broker wrong_authority(other);
    for (const Broker* wrong : {&wrong_name, &wrong_authority}) {
        BoardConfig made = config(wrong == &wrong_name ? "name" : "chain", bundle.public_key());
        made.identity.broker_port = wrong->port();
        EmulatedBoard board(made);
        board.start();
        ASSERT_TRUE(eventually(60s, [&] { return board.state().handshakes >= 3; }))
            << board.console();
        EXPECT_EQ(board.console().find("agent: connected"), std::string::npos);
        EXPECT_EQ(board.state().boot, 1U) << board.console();
        EXPECT_EQ(board.state().outbox, 1U);
    }
}

TEST_F(AgentTest, real_time_is_no_faster_than_the_clock) {
    NEEDS_FIRMWARE();
    const TestBundle bundle(stopping_machine());
    write_bundle(bundle);
    EmulatedBoard board(config("clock", bundle.public_key(), Pace::real_time));
    board.start();
    ASSERT_TRUE(eventually(60s, [&] { return board.state().connected != 0; })) << board.console();
    const uint32_t device_before = board.state().device_ms;
    const auto before = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(2s);
    const std::chrono::duration<double, std::milli> passed =
        std::chrono::steady_clock::now() - before;
    const double device_passed = board.state().device_ms - device_before;
    EXPECT_GT(device_passed, 0.5 * passed.count());
    EXPECT_LT(device_passed, 1.3 * passed.count());
}

}  // namespace
}  // namespace ganglion::firmware
