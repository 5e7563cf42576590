#include "cli/application_table.hpp"

#include <gtest/gtest.h>

#include "cli/application.hpp"
#include "cli/files.hpp"

namespace ganglion::cli {
namespace {

// What docs/applications.md says is what was measured last.
TEST(ApplicationTable, DocumentShowsWhatWasRecorded) {
    const std::string document = read_text(source_root() / "docs" / "applications.md");
    EXPECT_NE(document.find(applications_table()), std::string::npos)
        << "put the output of `ganglion apps --markdown` into docs/applications.md";
}

// By hand: a processor that never runs takes 3 V x 3.16 uA, one that always runs 3 V x 3.3 mA.
TEST(ApplicationTable, PowerIsADutyCyclesMean) {
    EXPECT_DOUBLE_EQ(Chip::watts(0), 9.48e-6);
    EXPECT_DOUBLE_EQ(Chip::watts(1), 9.9e-3);
    EXPECT_DOUBLE_EQ(Chip::duty(64e6 / 1.5), 1);
}

TEST(ApplicationTable, BytesAreThoseOfTheSensorAndOfTheMessages) {
    const auto field = find_application("field");
    EXPECT_DOUBLE_EQ(bytes_sensed_a_day(field), 24 * 4 * 2);
    const auto speaker = find_application("wake_word");
    EXPECT_DOUBLE_EQ(bytes_sensed_a_day(speaker), 86400.0 * 16000 * 2);
    EXPECT_GT(bytes_sent_a_day(speaker), 24.0 * 2 * 16000 * 2) << "the two seconds behind a word";
    EXPECT_LT(bytes_sent_a_day(find_application("machine")), 24 * 80);
}

}  // namespace
}  // namespace ganglion::cli
