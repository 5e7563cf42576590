#include "model/graph.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace ganglion::model {
namespace {

/// input [1,4] -> FULLY_CONNECTED -> output [1,2]
Graph small_graph() {
    Graph graph;
    graph.tensors = {
        {.name = "input", .shape = {1, 4}, .quantization = {{0.5F}, {0}}},
        {.name = "weights",
         .shape = {2, 4},
         .quantization = {{0.25F}, {0}},
         .data = {1, 2, 3, 4, 5, 6, 7, 8}},
        {.name = "output", .shape = {1, 2}, .quantization = {{1.0F}, {-3}}},
    };
    graph.operators = {{OperatorCode::fully_connected, {0, 1, -1}, {2}, FullyConnectedOptions{}}};
    graph.inputs = {0};
    graph.outputs = {2};
    return graph;
}

void expect_error(const Graph& graph, const std::string& part) {
    try {
        validate(graph);
        FAIL() << "accepted; expected an error with '" << part << "'";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
}

TEST(Graph, AcceptsASmallGraph) {
    EXPECT_NO_THROW(validate(small_graph()));
}

TEST(Graph, RefusesTensorIndexOutOfRange) {
    Graph graph = small_graph();
    graph.operators[0].inputs[0] = 3;
    expect_error(graph, "refers to tensor 3 of 3");
    graph = small_graph();
    graph.outputs = {-7};
    expect_error(graph, "refers to tensor -7");
}

TEST(Graph, RefusesBadShapes) {
    Graph graph = small_graph();
    graph.tensors[0].shape = {1, -1};
    expect_error(graph, "not positive");
    graph.tensors[0].shape = {65536, 65536, 65536, 65536};
    expect_error(graph, "larger than 2 GiB");
    graph.tensors[0].shape = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    expect_error(graph, "more than 8 dimensions");
    graph.tensors[0].shape = {1, 1 << 27};
    expect_error(graph, "more than 67 million values");
}

TEST(Graph, RefusesConstantsOfTheWrongLength) {
    Graph graph = small_graph();
    graph.tensors[1].data.pop_back();
    expect_error(graph, "holds 7 bytes");
}

TEST(Graph, RefusesBadQuantization) {
    Graph graph = small_graph();
    graph.tensors[1].quantization.scales = {0.0F};
    expect_error(graph, "not finite and positive");
    graph.tensors[1].quantization = {{1.0F, 1.0F, 1.0F}, {0, 0, 0}};
    expect_error(graph, "number of scales");
    graph.tensors[1].quantization = {{1.0F, 1.0F}, {0}};
    expect_error(graph, "zero points");
}

TEST(Graph, RefusesReadsBeforeWritesAndDoubleWrites) {
    Graph graph = small_graph();
    graph.operators[0].inputs[0] = 2;
    expect_error(graph, "before anything has written it");
    graph = small_graph();
    graph.operators.push_back(graph.operators[0]);
    expect_error(graph, "already has a value");
    graph = small_graph();
    graph.operators.clear();
    expect_error(graph, "never written");
}

TEST(Graph, NamesOperatorsAsTheFormatDoes) {
    EXPECT_EQ(to_string(OperatorCode::conv_2d), "CONV_2D");
    EXPECT_EQ(to_string(OperatorCode::var_handle), "VAR_HANDLE");
    EXPECT_EQ(to_string(static_cast<OperatorCode>(999)), "OPERATOR 999");
}

}  // namespace
}  // namespace ganglion::model
