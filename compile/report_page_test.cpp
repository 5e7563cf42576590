#include "compile/report_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "compile/compile.hpp"
#include "compile/testing/random_graph.hpp"

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

/// Page and JSON have all that is promised of them: per layer MACs, RAM, flash and instructions
/// (estimated, and counted where they were), the map of RAM over time, the worst layer, the passes.
TEST(ReportPage, HasAllThatIsPromised) {
    ModelReport report = report_of(RandomGraph(2).network());
    report.instructions.assign(report.report.layers.size(), 1000);
    report.instructions[1] = 123456;
    report.firmware = FirmwareReport{{{"kernels", 5000}}, 9876, 32, 300, 288};
    const std::string page = to_html(report);
    for (const char* part :
         {"<th>MACs", "<th>estimated", "<th>instructions", "<th>flash", "<th>RAM", "RAM over time",
          "<svg", "The worst is layer <b>1</b>", "What each pass saves", "9,876", "123,456"}) {
        EXPECT_THAT(page, testing::HasSubstr(part));
    }
    const nlohmann::json json = to_json(report);
    EXPECT_EQ(json["worst_layer"], 1);
    for (const nlohmann::json& layer : json["layers"]) {
        for (const char* key :
             {"macs", "constant_bytes", "output_bytes", "instructions", "estimated_instructions"})
            EXPECT_TRUE(layer.contains(key)) << key;
    }
    for (const char* key : {"arena_bytes", "arena_lower_bound", "buffers", "without", "firmware"})
        EXPECT_TRUE(json.contains(key)) << key;
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
    bool is_faster = false;
    for (const Saving& saving : report.savings) {
        saves |= saving.arena_bytes > report.report.arena_bytes;
        is_faster |= saving.estimated_instructions > report.report.estimated_instructions;
    }
    EXPECT_TRUE(saves);
    EXPECT_TRUE(is_faster);
    EXPECT_GT(json["without"][0]["estimated_instructions"], 0);
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
