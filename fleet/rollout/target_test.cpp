#include "fleet/rollout/target.hpp"

#include <gtest/gtest.h>

namespace ganglion::fleet {
namespace {

using update::Ended;
using update::Phase;
using update::UpdateStatus;

struct TargetTest : ::testing::Test {
    Release release;
    UpdateStatus status;
    UpdateStatus::Part& part = status.parts[0];

    TargetTest() {
        release.sequence = 5;
        release.back_sequence = 6;
    }
    TargetState forward() const { return forward_progress(release, status)->state; }
    TargetState undo() const { return undo_progress(release, status)->state; }
};

TEST_F(TargetTest, follows_a_device_to_the_end) {
    EXPECT_FALSE(forward_progress(release, status));
    status.transfer = {update::Component::bundle, 5, 2, 9};
    EXPECT_EQ(forward(), TargetState::downloading);
    EXPECT_EQ(forward_progress(release, status)->reason, "piece 2 of 9");
    status.deferred = "the machine is stopped";
    EXPECT_EQ(forward(), TargetState::blocked);
    status = {};
    part.floor = 5;
    part.phase = Phase::trial;
    EXPECT_EQ(forward(), TargetState::trial);
    part.phase = Phase::confirmed;
    part.confirmed = 5;
    EXPECT_EQ(forward(), TargetState::done);
    part.floor = part.confirmed = 8;
    EXPECT_EQ(forward(), TargetState::skipped);
}

TEST_F(TargetTest, tells_why_it_failed) {
    part.floor = 5;
    part.ended = Ended::proof_failed;
    EXPECT_EQ(forward(), TargetState::failed);
    part.ended = Ended::unhealthy;
    EXPECT_EQ(forward(), TargetState::unhealthy);
    status = {};
    status.refusal = {5, "bad signature"};
    EXPECT_EQ(forward(), TargetState::failed);
    EXPECT_EQ(forward_progress(release, status)->reason, "refused: bad signature");
    status.refusal->why = "dependency not met";
    EXPECT_EQ(forward(), TargetState::blocked);
    status.refusal->why = "full";
    EXPECT_FALSE(forward_progress(release, status));
    status.parts[1].phase = Phase::trial;
    EXPECT_EQ(forward(), TargetState::blocked);
    status.refusal->sequence = 4;  // of another
    EXPECT_FALSE(forward_progress(release, status));
}

TEST_F(TargetTest, follows_a_device_back) {
    part.floor = part.confirmed = 5;
    EXPECT_FALSE(undo_progress(release, status));
    part.floor = 6;
    part.phase = Phase::trial;
    EXPECT_EQ(undo(), TargetState::undoing);
    part.phase = Phase::confirmed;
    EXPECT_EQ(undo(), TargetState::undo_failed);
    part.confirmed = 6;
    EXPECT_EQ(undo(), TargetState::undone);
    part.floor = 5;
    part.confirmed = 1;
    part.phase = Phase::trial;
    EXPECT_FALSE(undo_progress(release, status));
    part.phase = Phase::confirmed;
    EXPECT_EQ(undo(), TargetState::undone);
}

TEST_F(TargetTest, names_what_is_missing) {
    release.dependencies = {{update::Component::firmware, {1, 2, 0}}};
    status.parts[1].version = {1, 1, 9};
    EXPECT_EQ(unmet_dependency(release, status), "needs firmware 1.2.0, has 1.1.9");
    status.parts[1].version = {1, 2, 0};
    EXPECT_EQ(unmet_dependency(release, status), "");
}

TEST_F(TargetTest, every_state_has_a_name_of_its_own) {
    for (size_t i = 0; i < kTargetStates; ++i) {
        const auto state = static_cast<TargetState>(i);
        EXPECT_EQ(target_state_of(to_string(state)), state);
    }
    EXPECT_FALSE(target_state_of("lost"));
}

}  // namespace
}  // namespace ganglion::fleet
