#include <gtest/gtest.h>

#include "fleet/audit/audit_log.hpp"
#include "fleet/client/api_client.hpp"
#include "fleet/testing/learning_motors.hpp"
#include "fleet/testing/temporary_directory.hpp"
#include "fleet/testing/wait.hpp"
#include "fleet/together/terms_json.hpp"

// Motors that learn together through a real server.

namespace ganglion::fleet {
namespace {

using nlohmann::json;
using namespace testing;
namespace device = together::device;

constexpr uint32_t kContributors = 20, kPoisoned = 3;
constexpr uint32_t kLearnFrames = 280;

class TogetherServer : public ::testing::Test {
  protected:
    TogetherServer() { start(); }

    void start() {
        server_ = std::make_unique<Server>(ServerConfig{.state_dir = directory_.path() / "state",
                                                        .mqtt_port = 0,
                                                        .http_port = 0,
                                                        .dashboard_dir = {},
                                                        .log = [](std::string_view) {}});
        server_->start();
        api_ = {"127.0.0.1", server_->http_port()};
        key_ = get_json(api_, "/api/coordination/key").at("pem");
    }
    void allow() {
        call_api(api_, "put", "/api/priors/machine/2.0.0",
                 together::to_json(machine_bundle().terms()));
    }
    std::unique_ptr<Motor> motor(const std::string& id, const std::string& group = "") {
        if (!group.empty()) server_->store().set_attributes(id, {{"class", group}});
        return std::make_unique<Motor>(*server_, id, key_);
    }
    json prior_of(const std::string& group) const {
        const json state = get_json(api_, "/api/priors");
        for (const json& one : state.at("priors"))
            if (one.at("class") == group) return one;
        return {};
    }
    std::vector<std::string> refusals(const std::string& device) const {
        std::vector<std::string> all;
        const json state = get_json(api_, "/api/priors");
        for (const json& one : state.at("refused"))
            if (one.at("device") == device) all.push_back(one.at("why"));
        return all;
    }

    TemporaryDirectory directory_;
    std::unique_ptr<Server> server_;
    ApiAddress api_;
    std::string key_;
};

/// What twenty motors learned alone, once for all tests.
const std::vector<std::vector<int16_t>>& learned_alone() {
    static const auto all = [] {
        std::vector<std::vector<int16_t>> learned;
        for (uint32_t i = 0; i < kContributors; ++i) {
            Brain brain;
            brain.sense(vibration(i, 1, samples_of(kLearnFrames + 2), 0));
            learned.push_back(brain.shared());
        }
        return learned;
    }();
    return all;
}

/// Healthy and faulty stretches as one new motor that has learned for a quarter of the time tells
/// them.
std::vector<bool> decisions_of(Motor& motor, uint64_t machine) {
    std::vector<bool> decisions;
    for (uint64_t part = 0; part < 12; ++part) {
        Brain brain;
        EXPECT_EQ(motor.begin(brain), device::PriorRefusal::none);
        brain.sense(vibration(machine, 100, samples_of(kLearnFrames / 4 + 2), 0));
        EXPECT_FALSE(brain.shared().empty()) << "it has learned";
        const double fault = part < 6 ? 0 : 1000 * double(part - 4);
        decisions.push_back(brain.sense(vibration(machine, 101 + part, samples_of(40), fault)));
    }
    return decisions;
}

TEST_F(TogetherServer,
       a_new_motor_begins_with_what_twenty_learned_and_three_poisoned_change_nothing) {
    allow();
    std::vector<std::unique_ptr<Motor>> clean, poisoned;
    for (uint32_t i = 0; i < kContributors; ++i) {
        clean.push_back(motor("clean-" + std::to_string(i), "clean"));
        poisoned.push_back(motor("poisoned-" + std::to_string(i), "poisoned"));
    }
    const auto new_clean = motor("new-clean", "clean");
    const auto new_poisoned = motor("new-poisoned", "poisoned");
    ASSERT_TRUE(eventually(
        [&] {
            return std::ranges::all_of(clean, [](const auto& one) { return one->connected(); }) &&
                   std::ranges::all_of(poisoned,
                                       [](const auto& one) { return one->connected(); }) &&
                   new_clean->connected() && new_poisoned->connected();
        },
        std::chrono::seconds(60)));
    // They ask before there is anything to begin with, and are told when there is.
    new_clean->ask();
    new_poisoned->ask();
    const auto& learned = learned_alone();
    size_t bytes = 0;
    const auto share = [&](Motor& motor, uint32_t i, bool lies) {
        auto message = motor.contribution(learned[i]);
        if (lies) {
            device::Contribution said;
            ASSERT_TRUE(decode(message, said));
            const device::ShareTerms& terms = machine_bundle().terms();
            for (uint32_t k = 0; k < said.count; ++k)
                said.values[k] = terms.centre[k] + int32_t(terms.radius + 3 * terms.sigma);
            std::vector<uint8_t> lie(device::kMaxContributionBytes);
            lie.resize(encode(said, lie));
            message = lie;
        }
        bytes = message.size();
        motor.say("share", message);
        motor.report(2 * samples_of(kLearnFrames + 2), message.size());
    };
    for (uint32_t i = 0; i < together::kLeastContributors - 1; ++i) share(*clean[i], i, false);
    ASSERT_TRUE(eventually([&] {
        const json prior = prior_of("clean");
        return !prior.is_null() && prior.at("contributors") == together::kLeastContributors - 1;
    }));
    EXPECT_TRUE(prior_of("clean").at("prior").is_null()) << "seven are too few";
    EXPECT_TRUE(new_clean->heard().empty());
    for (uint32_t i = together::kLeastContributors - 1; i < kContributors; ++i)
        share(*clean[i], i, false);
    for (uint32_t i = 0; i < kContributors; ++i) share(*poisoned[i], i, i < kPoisoned);
    const auto all_in = [&](const char* group) {
        const json prior = prior_of(group);
        return !prior.is_null() && !prior.at("prior").is_null() &&
               prior.at("prior").at("contributors") == kContributors;
    };
    ASSERT_TRUE(eventually([&] { return all_in("clean") && all_in("poisoned"); },
                           std::chrono::seconds(30)));
    ASSERT_TRUE(
        eventually([&] { return !new_clean->heard().empty() && !new_poisoned->heard().empty(); }));
    // The newest, which all twenty made.
    for (Motor* fresh : {new_clean.get(), new_poisoned.get()}) {
        fresh->ask();
        EXPECT_TRUE(eventually([&] {
            const auto heard = fresh->heard();
            device::PriorMessage prior;
            update::Envelope envelope;
            return envelope.open(heard) == Status::ok && decode(envelope.payload, prior) &&
                   prior.contributors == kContributors;
        })) << fresh->id();
    }

    // In a quarter of the time: what is well stays quiet, what is broken is told.
    const auto right = decisions_of(*new_clean, 50);
    EXPECT_EQ(std::count(right.begin(), right.begin() + 6, true), 0);
    EXPECT_EQ(std::count(right.begin() + 6, right.end(), true), 6);
    for (uint64_t machine = 50; machine < 54; ++machine)
        EXPECT_EQ(decisions_of(*new_clean, machine), decisions_of(*new_poisoned, machine));

    // Of each contributor the ledger shows a few bytes of noised parameters and no sample.
    const json days = get_json(api_, "/api/privacy");
    size_t contributors = 0;
    for (const json& day : days) {
        if (day.at("contributions") == 0) continue;
        ++contributors;
        EXPECT_EQ(day.at("bytes_shared"), bytes);
        EXPECT_LE(bytes, 48U);
        EXPECT_EQ(day.at("bytes_gate"), 0);
        EXPECT_DOUBLE_EQ(day.at("rho"), 2);
        EXPECT_GT(day.at("bytes_sensed").get<size_t>(), 3000 * bytes);
    }
    EXPECT_EQ(contributors, 2 * kContributors);
    bool logged = false;
    for (const auto& entry : read_audit_log(directory_.path() / "state" / "audit.jsonl", 1000))
        logged |= entry.at("action") == "together.prior" &&
                  entry.at("object") == "machine 2.0.0 clean" &&
                  entry.at("detail").at("contributors") == kContributors;
    EXPECT_TRUE(logged);
}

TEST_F(TogetherServer, what_does_not_count_is_refused_by_name_and_its_cost_accounted) {
    const auto liar = motor("liar");
    const auto stranger = motor("stranger");
    ASSERT_TRUE(eventually([&] { return liar->connected() && stranger->connected(); }));
    const auto& learned = learned_alone().front();
    const auto expect_refused = [&](Motor& motor, const std::vector<uint8_t>& message,
                                    const std::string& why) {
        motor.say("share", message);
        EXPECT_TRUE(eventually([&] {
            const auto all = refusals(motor.id());
            return !all.empty() && all.front() == why;
        })) << why;
    };
    expect_refused(*stranger, stranger->contribution(learned),
                   "of a class whose terms are not known here");
    allow();
    EXPECT_THROW(call_api(api_, "put", "/api/priors/machine/2.0.0",
                          {{"centre", {1}},
                           {"radius", 1},
                           {"sigma", 1},
                           {"period_s", 1},
                           {"contributions", 1},
                           {"wider", 0}}),
                 std::runtime_error)
        << "terms are fixed";
    EXPECT_THROW(call_api(api_, "put", "/api/priors/machine/2.0.1", {{"centre", json::array()}}),
                 std::runtime_error);

    const auto good = liar->contribution(learned);
    const auto saying = [&](uint32_t sequence, int32_t value, uint32_t count) {
        device::Contribution said;
        EXPECT_TRUE(decode(good, said));
        said.sequence = sequence;
        said.values[0] = value;
        said.count = count;
        std::vector<uint8_t> bytes(device::kMaxContributionBytes);
        bytes.resize(encode(said, bytes));
        return bytes;
    };
    liar->say("share", good);
    ASSERT_TRUE(eventually([&] { return prior_of("").at("contributors") == 1; }));
    expect_refused(*liar, std::vector<uint8_t>(200, 0xa1), "malformed");
    expect_refused(*liar, good, "not newer than its last");
    expect_refused(*liar, saying(3, 4000, 7), "more than its terms allow a device in its life");
    expect_refused(*liar, saying(2, 4000, 7), "too soon after its last");
    EXPECT_EQ(prior_of("").at("contributors"), 1) << "its first goes on to count";
    const auto wild = motor("wild");
    const auto short_one = motor("short");
    ASSERT_TRUE(eventually([&] { return wild->connected() && short_one->connected(); }));
    expect_refused(*wild, saying(1, 1'000'000, 7), "farther from the centre than its terms allow");
    expect_refused(*short_one, saying(1, 4000, 3), "not as many numbers as its terms say");
    EXPECT_EQ(prior_of("").at("contributors"), 1);

    double rho = 0;
    for (const json& day : get_json(api_, "/api/privacy"))
        if (day.at("device") == "liar") rho = day.at("rho_so_far");
    EXPECT_DOUBLE_EQ(rho, 6) << "also what was refused has left it";
}

TEST_F(TogetherServer, goes_on_after_a_restart_and_a_motor_keeps_what_it_began_with) {
    allow();
    const auto contribute = [&](uint32_t from, uint32_t until) {
        std::vector<std::unique_ptr<Motor>> motors;
        for (uint32_t i = from; i < until; ++i) motors.push_back(motor("m-" + std::to_string(i)));
        EXPECT_TRUE(eventually([&] {
            return std::ranges::all_of(motors, [](const auto& one) { return one->connected(); });
        }));
        for (uint32_t i = from; i < until; ++i)
            motors[i - from]->say("share", motors[i - from]->contribution(learned_alone()[i]));
        EXPECT_TRUE(eventually([&] { return prior_of("").at("contributors") == until; }));
    };
    contribute(0, 5);
    server_.reset();
    start();
    EXPECT_EQ(prior_of("").at("contributors"), 5);
    contribute(5, 9);
    ASSERT_TRUE(eventually([&] { return !prior_of("").at("prior").is_null(); }));
    const json prior = prior_of("").at("prior");
    server_.reset();
    start();
    EXPECT_EQ(prior_of("").at("prior"), prior);

    const auto fresh = motor("fresh");
    ASSERT_TRUE(eventually([&] { return fresh->connected(); }));
    fresh->ask();
    ASSERT_TRUE(eventually([&] { return !fresh->heard().empty(); }));
    Brain brain;
    ASSERT_EQ(fresh->begin(brain), device::PriorRefusal::none);
    brain.sense(vibration(60, 1, samples_of(20), 0));
    EXPECT_EQ(fresh->begin(brain), device::PriorRefusal::too_late) << "it has begun with one";
    // The power is cut: it goes on from what was kept, still ahead of one without a prior.
    Brain restarted;
    const auto kept = brain.pipeline().learned(0);
    ASSERT_TRUE(restarted.pipeline().resume_learned(0, kept));
    restarted.sense(vibration(60, 2, samples_of(kLearnFrames / 4 - 18), 0));
    EXPECT_FALSE(restarted.shared().empty()) << "it has learned";
    // And forgets all of it when told, to begin as new ones do.
    restarted.pipeline().forget(0);
    restarted.sense(vibration(60, 3, samples_of(kLearnFrames / 4 + 2), 0));
    EXPECT_TRUE(restarted.shared().empty()) << "from the factory, without the prior";
    restarted.pipeline().forget(0);
    EXPECT_EQ(fresh->begin(restarted), device::PriorRefusal::none);
    // Why it did not begin is told with the next question.
    EXPECT_EQ(fresh->begin(brain), device::PriorRefusal::too_late);
    fresh->ask();
    EXPECT_TRUE(eventually([&] {
        const auto all = refusals("fresh");
        return !all.empty() && all.front() == "did not begin with a prior: it has begun to learn";
    }));
}

}  // namespace
}  // namespace ganglion::fleet
