#include "fleet/rollout/rollout_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/rollout/rollout_reader.hpp"
#include "fleet/store/store.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryDirectory;
using ::testing::ThrowsMessage;

struct RolloutStoreTest : ::testing::Test {
    TemporaryDirectory directory;
    const std::filesystem::path file = directory.path() / "rollouts.db";

    /// Two devices and a rollout in which one of them waits; then a file of version 1, whose tables
    /// were the same but for what `more` takes away.
    void make_version_1(const std::string& more) const {
        RolloutStore store(file);
        for (const char* id : {"a", "b"}) {
            KnownDevice device = store.add_device(id);
            device.application = "wake_word";
            device.total.inferences = 70;
            store.write(device);
        }
        RolloutRow row;
        row.spec.release = std::string(64, '0');
        row.spec.stages = {{1, 0}};
        const int64_t id = store.add_rollout(row);
        store.write(id, Target{.device = 1, .reason = "waits"});
        store.write_arm(id, 0, ArmRow{1, true, {}});
        const std::string old =
            "DROP TRIGGER device_counted; DROP TRIGGER device_counted_again; DROP TABLE "
            "applications; DROP INDEX targets_of_state; DROP INDEX devices_on_circle; CREATE INDEX "
            "devices_by_place ON devices (place); PRAGMA user_version = 1;" +
            more;
        store.database().run(old.c_str());
    }
    int64_t devices_that_run(const char* application) const {
        return RolloutReader(file).device_count(application, "", {});
    }
};

TEST_F(RolloutStoreTest, takes_over_a_file_of_version_1) {
    make_version_1("");
    RolloutStore store(file);
    EXPECT_EQ(devices_that_run("wake_word"), 2);
    store.add_device("c");
    EXPECT_EQ(devices_that_run(""), 3);
    EXPECT_EQ(store.device("a")->total.inferences, 70U);
    ASSERT_EQ(store.rollouts().size(), 1U);
    EXPECT_EQ(store.target(1, 1)->reason, "waits");
    EXPECT_EQ(store.arms(1, 0).size(), 1U);
    EXPECT_EQ(RolloutReader(file).named_targets(1, TargetState::queued, {}, "", 10).size(), 1U);
}

TEST_F(RolloutStoreTest, the_first_files_of_version_1_begin_to_count_anew) {
    make_version_1(
        "DROP TABLE attributes; UPDATE devices SET total = zeroblob(80); UPDATE arms SET before = "
        "zeroblob(80);");
    RolloutStore store(file);
    EXPECT_EQ(devices_that_run("wake_word"), 2);
    EXPECT_EQ(store.device("a")->total.inferences, 0U);
    EXPECT_TRUE(store.arms(1, 0).empty());
    store.write(1, Attributes{{"site", "north"}});
    EXPECT_EQ(RolloutReader(file).device_count("", "", {{"site", "north"}}), 1);
}

TEST_F(RolloutStoreTest, refuses_a_file_of_a_later_version) {
    RolloutStore(file).database().run("PRAGMA user_version = 99");
    EXPECT_THAT([&] { RolloutStore{file}; }, ThrowsMessage<StoreError>(HasSubstr("later version")));
}

}  // namespace
}  // namespace ganglion::fleet
