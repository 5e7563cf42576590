// A board shares what it learned, clipped and noised, once; another begins with what others shared.
// Real firmware in the emulator, the real project of the motor guard, made-up vibration.
#include <cmath>
#include <random>

#include "compile/bundle_share.hpp"
#include "device/together/member.hpp"
#include "firmware/emulator/testing/agent_fixture.hpp"
#include "paths.hpp"
#include "update/host_crypto.hpp"
#include "update/package.hpp"

namespace ganglion::firmware {
namespace {

constexpr size_t kHop = 256, kWindow = 512, kLearnFrames = 280;

std::vector<int16_t> vibration(uint64_t seed, size_t frames, double loud = 300) {
    std::mt19937_64 engine(seed);
    std::normal_distribution<double> noise;
    std::vector<int16_t> samples;
    double load = 0;
    for (size_t i = 0; i < kWindow + kHop * frames; ++i) {
        if (i % kHop == 0) load = 0.95 * load + 0.1 * noise(engine);
        samples.push_back(static_cast<int16_t>(loud * std::exp(load) * noise(engine)));
    }
    return samples;
}

std::vector<uint8_t> bytes_of(const update::PublicKey& key) {
    return {key.begin(), key.end()};
}

TEST_F(AgentTest, shares_once_what_it_has_learned_and_begins_with_what_others_have) {
    NEEDS_FIRMWARE();
    const auto project = project::read(GANGLION_SOURCE_DIR "/apps/machine/ganglion.toml");
    const ShareTerms terms = *compile::share_terms(project);
    const TestBundle bundle({.project = project, .program = {}, .proof_samples = vibration(1, 32)});
    write_bundle(bundle);
    const std::string key = compile::generate_signing_key();
    const auto coordinator = bytes_of(update::public_point_of(key));
    Server server(authority, broker.port());

    BoardConfig made = config("motor-1", bundle.public_key());
    made.identity.coordinator = coordinator;
    EmulatedBoard old_hand(made);
    old_hand.start();
    feed_all(old_hand, vibration(2, kLearnFrames + 8));
    ASSERT_TRUE(old_hand.wait_finished(120s)) << old_hand.console();
    ASSERT_TRUE(eventually(60s, [&] { return !server.state().others["share"].empty(); }))
        << old_hand.console();
    const auto payload = server.state().others["share"].front();
    EXPECT_LE(payload.size(), 48U) << "of " << 2 * kHop * kLearnFrames << " bytes sensed";
    together::Contribution said;
    ASSERT_TRUE(decode(payload, said));
    EXPECT_EQ(said.of, "machine 2.0.0");
    EXPECT_EQ(said.sequence, 1U);
    EXPECT_EQ(said.count, terms.count);
    EXPECT_EQ(server.state().openings.size(), 0U) << "and no sample";
    // What left it is counted for ever: not a second time after a power cut.
    old_hand.kill();
    old_hand.start();
    feed_all(old_hand, vibration(2, kLearnFrames + 8));
    ASSERT_TRUE(old_hand.wait_finished(120s)) << old_hand.console();
    ASSERT_TRUE(eventually(60s, [&] {
        const auto report = server.state().report;
        return report && report->boot == old_hand.state().boot;
    }));
    EXPECT_EQ(server.state().others["share"].size(), 1U);
    old_hand.stop();

    made = config("motor-2", bundle.public_key());
    made.identity.coordinator = coordinator;
    EmulatedBoard fresh(made);
    const size_t asked = server.state().others["begin"].size();
    fresh.start();
    ASSERT_TRUE(eventually(60s, [&] { return server.state().others["begin"].size() > asked; }))
        << fresh.console();
    together::PriorRequest request;
    const auto question = server.state().others["begin"].back();
    ASSERT_TRUE(decode(question, request));
    EXPECT_EQ(request.of, "machine 2.0.0");
    EXPECT_EQ(request.sequence, 0U);
    together::PriorMessage prior;
    prior.of = "machine 2.0.0";
    prior.sequence = 7;
    prior.contributors = 20;
    prior.count = terms.count;
    std::copy_n(terms.centre.begin(), terms.count, prior.values.begin());
    const auto send = [&](const together::PriorMessage& what, const std::string& signer) {
        std::array<uint8_t, together::kMaxPriorBytes> room;
        const size_t size = encode(what, room);
        server.send("motor-2", "prior",
                    update::seal(together::kPriorPurpose, std::span(room).first(size), signer));
    };
    const auto says = [&](const std::string& text) {
        return eventually(60s, [&] { return fresh.console().find(text) != std::string::npos; });
    };
    send(prior, compile::generate_signing_key());
    EXPECT_TRUE(says("prior: signed by a key that this device does not trust")) << fresh.console();
    prior.of = "machine 1.0.0";
    send(prior, key);
    EXPECT_TRUE(says("prior: for devices of another class")) << fresh.console();
    prior.of = "machine 2.0.0";
    send(prior, key);
    ASSERT_TRUE(says("begins with what 20 others have learned")) << fresh.console();
    // A quarter of the time, then a fault: without the prior it would still learn.
    auto life = vibration(3, kLearnFrames / 4 + 4);
    const auto fault = vibration(4, 12, 6000);
    life.insert(life.end(), fault.begin(), fault.end());
    EXPECT_TRUE(bundle.run(life).fired.empty()) << "without the prior it would still learn";
    feed_all(fresh, life);
    ASSERT_TRUE(fresh.wait_finished(120s)) << fresh.console();
    EXPECT_FALSE(fresh.edges(Line::stop).empty()) << fresh.console();
}

}  // namespace
}  // namespace ganglion::firmware
