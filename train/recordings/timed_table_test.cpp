#include "train/recordings/timed_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace ganglion::train {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(TimedTable, ReadsTheWaysInWhichTimesAreWritten) {
    const int64_t noon = parse_minutes("2011-11-28 12:00");
    EXPECT_EQ(parse_timed_table("time,load\n2011-11-28 12:00:59,1\n", "a").minutes.at(0), noon);
    EXPECT_EQ(parse_timed_table("date,load\r\n2011-11-28,1\r\n", "a").minutes.at(0), noon - 720);
    EXPECT_EQ(parse_timed_table("day,hour,v\n2011-11-28,12,1\n", "a").minutes.at(0), noon);
    EXPECT_EQ(parse_timed_table("year,month,day,hour\n2011,11,28,12\n", "a").minutes.at(0), noon);
    EXPECT_EQ(parse_timed_table("start_unix_s,x\n1322478000,1\n", "a", 60).minutes.at(0), noon);
}

TEST(TimedTable, KnowsTheDayOfTheWeek) {
    EXPECT_EQ(minute_of_week(parse_minutes("2011-11-28 00:07")), 7);  // a Monday
    EXPECT_EQ(minute_of_week(parse_minutes("2011-12-04 23:59")), 10079);
    EXPECT_EQ(minute_of_week(-1), 3 * 1440 - 1);
}

TEST(TimedTable, EmptyCellsAreNoNumbers) {
    const TimedTable table =
        parse_timed_table("time,load\n2011-11-28 12:00,\n2011-11-28 13:00,2.5\n", "a");
    const auto load = table.numbers("load");
    EXPECT_TRUE(std::isnan(load.at(0)));
    EXPECT_EQ(load.at(1), 2.5);
}

TEST(TimedTable, SaysWhereAndWhat) {
    const auto refused = [](const char* text, const char* what) {
        EXPECT_THAT([=] { parse_timed_table(text, "file.csv"); },
                    ThrowsMessage<std::runtime_error>(HasSubstr(what)))
            << text;
    };
    refused("load\n1\n", "file.csv:1: has no time");
    refused("time,load\n2011-11-28 12:00\n", "file.csv:2: has 1 cells");
    refused("time,load\nyesterday,1\n", "file.csv:2: 'yesterday' is no time");
    refused("time,load\n2011-02-29 12:00,1\n", "file.csv:2: is no date");
    refused("time,load\n2011-11-28 25:00,1\n", "is no time");
    refused("start_unix_s,x\nnow,1\n", "'now' is no number");
    refused("time,load\n", "has no rows");
    EXPECT_THAT([] { parse_timed_table("time,a\n2011-11-28,1\n", "file.csv").column("b"); },
                ThrowsMessage<std::runtime_error>(HasSubstr("has no column b; it has time, a")));
}

}  // namespace
}  // namespace ganglion::train
