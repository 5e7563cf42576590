// What a board learns outlives a power cut, and is forgotten when told; what its decisions switch,
// and how soon. Real firmware in the emulator, real projects, made-up samples.
#include "device/decide/score_drift.hpp"
#include "firmware/emulator/testing/agent_fixture.hpp"
#include "paths.hpp"

namespace ganglion::firmware {
namespace {

size_t count_in(const std::string& text, const std::string& what) {
    size_t count = 0;
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
        ++count;
    return count;
}

tests::Application learner_application(const std::string& name, std::vector<int16_t> proof) {
    return {.project = project::read(std::string(GANGLION_SOURCE_DIR) + "/apps/" + name +
                                     "/ganglion.toml"),
            .program = {},
            .proof_samples = std::move(proof)};
}

/// Hours of a load that swings with the day, the same each time; `wild`: of noise.
std::vector<int16_t> loads(int32_t from, int32_t count, bool wild = false) {
    std::vector<int16_t> samples;
    uint32_t state = 7;
    for (int32_t hour = from; hour < from + count; ++hour) {
        state = state * 1664525 + 1013904223;
        const int32_t noise = static_cast<int32_t>(state >> 24U);
        const int32_t swing = std::abs(hour % 24 - 12) * 400;
        samples.push_back(static_cast<int16_t>(hour * 60 % (7 * 24 * 60)));
        samples.push_back(static_cast<int16_t>(8000 + swing + noise * (wild ? 25 : 1)));
    }
    return samples;
}

/// A meter that reads nothing for half a day.
std::vector<int16_t> lost_load(int32_t from) {
    auto samples = loads(from, 24);
    for (size_t hour = 12; hour < 24; ++hour) samples[2 * hour + 1] = 0;
    return samples;
}

TEST_F(AgentTest, goes_on_from_what_it_has_learned_after_a_power_cut_and_forgets_when_told) {
    NEEDS_FIRMWARE();
    const TestBundle bundle(learner_application("meter", loads(0, 64)));
    write_bundle(bundle);
    constexpr int32_t kHours = 1700;
    std::vector<int16_t> life = loads(0, kHours - 400);
    const std::vector<int16_t> wild = loads(kHours - 400, 400, true);
    life.insert(life.end(), wild.begin(), wild.end());
    const Outcome lived = bundle.run(life);
    EXPECT_TRUE(bundle.run(lost_load(kHours)).fired.empty()) << "a new device knows nothing yet";

    Server server(authority, broker.port());
    BoardConfig made = config("meter-1", bundle.public_key());
    made.speed = 3600 * 250;
    EmulatedBoard board(made);
    board.start();
    feed_all(board, life);
    ASSERT_TRUE(board.wait_finished(120s)) << board.console();
    ASSERT_TRUE(eventually(60s, [&] {
        const auto state = server.state();
        return state.report && state.report->bytes_sensed == life.size() * 2 &&
               state.report->outbox == 0;
    })) << board.console();
    EXPECT_NE(board.console().find("agent: keeps"), std::string::npos) << board.console();

    // The drift that it reports comes from the same raw samples, bit for bit.
    ScoreDrift drift;
    for (const Decision& decision : lived.decisions) drift.add(decision.score_permille);
    EXPECT_GT(drift.permille(), 0);
    EXPECT_EQ(server.state().report->drift_permille, drift.permille());
    EXPECT_EQ(server.state().report->inferences, lived.decisions.size());

    board.kill();  // as a power cut would
    board.start();
    feed_all(board, lost_load(kHours));
    ASSERT_TRUE(board.wait_finished(60s)) << board.console();
    EXPECT_EQ(count_in(board.console(), "agent: goes on from"), 1U) << board.console();
    EXPECT_GE(board.state().last_sequence, 2U) << "the loss is told: it knows what is usual";

    // It reports when it listens.
    ASSERT_TRUE(eventually(60s, [&] { return server.state().report->boot == board.state().boot; }));
    const auto forget = [&](uint32_t boot) {
        std::array<uint8_t, 8> payload;
        const size_t size = encode(ForgetMessage{boot}, payload);
        server.send("meter-1", "forget", {payload.begin(), payload.begin() + size});
    };
    forget(board.state().boot + 1);
    forget(board.state().boot);
    ASSERT_TRUE(eventually(30s, [&] {
        return board.console().find("has forgotten") != std::string::npos;
    })) << board.console();
    EXPECT_EQ(count_in(board.console(), "has forgotten"), 1U) << "not for another boot";
    board.kill();
    board.start();
    feed_all(board, lost_load(kHours));
    ASSERT_TRUE(board.wait_finished(60s)) << board.console();
    EXPECT_EQ(count_in(board.console(), "agent: goes on from"), 1U) << "from the factory state";
    EXPECT_EQ(board.state().last_sequence, 1U) << "started, and nothing else";
}

// The relay of a room: closed while the light is on, opened when it goes off, at most one inference
// after the reading has arrived.
TEST_F(AgentTest, switches_the_relay_with_the_decision_and_says_how_soon) {
    NEEDS_FIRMWARE();
    const auto room = [](std::initializer_list<int16_t> lights) {
        std::vector<int16_t> samples;
        int16_t minute = 0;
        for (const int16_t light : lights) samples.insert(samples.end(), {minute++, light, 500});
        return samples;
    };
    const auto samples = room({0, 100, 5000, 5000, 6000, 100, 0, 0, 7000, 100});
    std::vector<int16_t> proof;
    while (proof.size() < 64 * 3) proof.insert(proof.end(), samples.begin(), samples.end());
    const TestBundle bundle(learner_application("home", proof));
    write_bundle(bundle);
    Server server(authority, broker.port());
    BoardConfig made = config("room-1", bundle.public_key());
    made.speed = 60 * 100;
    EmulatedBoard board(made);
    board.start();
    feed_all(board, samples);
    ASSERT_TRUE(board.wait_finished(60s)) << board.console();
    const auto edges = board.edges(Line::relay);
    ASSERT_EQ(edges.size(), 4U);
    const std::array<uint64_t, 4> at = {2, 5, 8, 9};
    uint32_t slowest = 0;
    for (size_t i = 0; i < edges.size(); ++i) {
        EXPECT_EQ(edges[i].sample, at[i]);
        EXPECT_EQ(edges[i].level, i % 2 == 0);
        slowest = std::max(slowest, edges[i].instructions);
    }
    EXPECT_EQ(board.witnessed_levels(Line::relay),
              (std::vector<bool>{false, true, false, true, false}));
    EXPECT_EQ(board.witnessed_levels(Line::stop), (std::vector<bool>{false}));
    EXPECT_EQ(board.witnessed_levels(Line::light), (std::vector<bool>{false}));
    EXPECT_TRUE(board.edges(Line::stop).empty());
    std::cout << "relay: at most " << slowest << " instructions after the reading\n";
    // From the interrupt that took the reading to the edge, with the switch into the reflex.
    EXPECT_LE(slowest, board.state().instructions + 2000);
}

}  // namespace
}  // namespace ganglion::firmware
