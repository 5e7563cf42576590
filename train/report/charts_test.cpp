#include "train/report/charts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "train/report/page.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Charts, TextCannotLeaveItsPlace) {
    EXPECT_EQ(escaped("<b a=\"1\">&"), "&lt;b a=&quot;1&quot;&gt;&amp;");
    TrainingPage page;
    page.title = "</title><script>alert(1)</script>";
    page.warnings = {"<img src=x>"};
    page.groups = {{"<svg>", 1, 2, "\"note\""}};
    const auto html = to_html(page);
    EXPECT_THAT(html, Not(HasSubstr("<script>")));
    EXPECT_THAT(html, Not(HasSubstr("<img")));
    EXPECT_THAT(html, HasSubstr("&lt;svg&gt;"));
}

TEST(Charts, LinesEndWhereTheAxesDo) {
    const auto svg = line_chart({{"a", {0, 10}, {0, 5}}}, {"x", 0, 10}, {"y", 0, 5});
    EXPECT_THAT(svg, HasSubstr("points=\"48.0,226.0 628.0,8.0 \""));
}

TEST(Charts, SoundIsAWaveFile) {
    const std::vector<int16_t> samples{1, -2};
    // RIFF, 40 bytes follow; 16 kHz; the two samples little-endian.
    EXPECT_EQ(audio_source(samples, 16000),
              "data:audio/wav;base64,"
              "UklGRigAAABXQVZFZm10IBAAAAABAAEAgD4AAAB9AAACABAAZGF0YQQAAAABAP7/");
    EXPECT_THAT(audio_source(std::vector<int16_t>{7}, 8000), testing::EndsWith("AAAHAA=="));
}

TEST(Charts, TheMapSpreadsAlongTheGreatestVariance) {
    Random random(1);
    LabelledWindows windows;
    windows.values = 3;
    for (int i = 0; i < 200; ++i) {
        const double far = 60 * random.normal(), near = 10 * random.normal();
        for (const double v : {far, near, -far})
            windows.inputs.push_back(static_cast<int8_t>(std::clamp(v, -128.0, 127.0)));
        windows.labels.push_back(far > 0 ? 1 : 0);
        windows.groups.push_back(0);
    }
    const auto points = principal_map(windows, 200);
    ASSERT_EQ(points.size(), 200U);
    double x = 0, y = 0, split = 0;
    for (const auto& p : points) {
        x += p.x * p.x;
        y += p.y * p.y;
        split += (p.x > 0) == (p.label == 1) ? 1 : -1;
    }
    EXPECT_GT(x, 20 * y);
    EXPECT_NEAR(std::abs(split), 200, 10);
    EXPECT_EQ(principal_map(windows, 50).size(), 50U);
}

TEST(Page, LossOfQuantizationIsStated) {
    TrainingPage page;
    page.labels = {"a", "b"};
    page.confusion.emplace(2);
    page.exact_confusion.emplace(2);
    for (int i = 0; i < 100; ++i) {
        page.exact_confusion->add(0, 0);
        page.confusion->add(0, i < 99 ? 0 : 1);
    }
    EXPECT_THAT(to_html(page), HasSubstr("1.00 points lost"));
}

TEST(Page, EnergyGrowsWithInstructions) {
    const auto one = estimate_energy(1'000'000);
    const auto two = estimate_energy(2'000'000);
    ASSERT_FALSE(one.empty());
    for (size_t i = 0; i < one.size(); ++i)
        EXPECT_DOUBLE_EQ(two[i].microwatts, 2 * one[i].microwatts);
    EXPECT_DOUBLE_EQ(one[0].microwatts, 330 * 1.3);
}

}  // namespace
}  // namespace ganglion::train
