#include "compile/report_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "compile/compile.hpp"
#include "compile/random_graph.hpp"

namespace ganglion::compile {
namespace {

ModelReport report_of(const model::Graph& graph) {
    const Target target = target_by_name("cortex-m4");
    return {"a<b>.tflite", compile(graph, target).report, savings_of(graph, target, {}), {}, {}};
}

TEST(ReportPage, NamesOperatorsAndTensorsOfEveryLayer) {
    const model::Graph graph = RandomGraph(2).network();
    const ModelReport report = report_of(graph);
    const std::string page = to_html(report);
    for (const LayerReport& layer : report.report.layers) {
        if (layer.source.empty()) continue;  // the compiler's own
        EXPECT_THAT(page, testing::HasSubstr(layer.source));
        EXPECT_THAT(page, testing::HasSubstr(layer.tensor));
    }
    EXPECT_THAT(page, testing::HasSubstr("a&lt;b&gt;.tflite"));
    EXPECT_EQ(page.find("http"), std::string::npos) << "the page needs something else";
}

TEST(ReportPage, MapsBuffersInsideTheArena) {
    for (uint32_t seed = 1; seed <= 40; ++seed) {
        const Report report = report_of(RandomGraph(seed).network()).report;
        ASSERT_FALSE(report.buffers.empty());
        for (const PlacedBuffer& buffer : report.buffers) {
            EXPECT_LE(uint64_t{buffer.offset} + buffer.bytes, report.arena_bytes);
            EXPECT_LE(buffer.first, buffer.last);
            EXPECT_LT(buffer.last, report.layers.size());
        }
    }
}

TEST(ReportPage, TellsWhatEachPassSaves) {
    const ModelReport report = report_of(RandomGraph(4).network());
    ASSERT_EQ(report.savings.size(), 7U);
    const nlohmann::json json = to_json(report);
    EXPECT_EQ(json["without"].size(), 7U);
    EXPECT_EQ(json["layers"].size(), report.report.layers.size());
    bool saves = false;
    for (const Saving& saving : report.savings)
        saves |= saving.arena_bytes > report.report.arena_bytes;
    EXPECT_TRUE(saves);
}

TEST(ReportPage, EstimatesInstructionsOfEveryLayerWithoutAnEmulator) {
    const ModelReport report = report_of(RandomGraph(2).network());
    ASSERT_GT(report.report.estimated_instructions, report.report.macs);
    const nlohmann::json json = to_json(report);
    EXPECT_EQ(json["estimated_instructions"], report.report.estimated_instructions);
    uint64_t sum = 0;
    for (const nlohmann::json& layer : json["layers"])
        sum += layer["estimated_instructions"].get<uint64_t>();
    EXPECT_GE(sum, report.report.estimated_instructions * 95 / 100);
    EXPECT_THAT(to_html(report), testing::HasSubstr("<th>estimated"));
    EXPECT_THAT(to_text(report.report), testing::HasSubstr("instructions linked in"));
    const Target unknown = target_by_name("x86-64");
    const Report other = compile(RandomGraph(2).network(), unknown).report;
    EXPECT_EQ(other.estimated_instructions, 0U);
    EXPECT_FALSE(to_json(other).contains("estimated_instructions"));
}

}  // namespace
}  // namespace ganglion::compile
