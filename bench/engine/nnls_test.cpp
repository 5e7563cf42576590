#include "bench/engine/nnls.hpp"

#include <gtest/gtest.h>

#include <random>

namespace ganglion::bench {
namespace {

std::vector<std::vector<double>> random_rows(size_t rows, size_t columns) {
    std::mt19937 random(1);
    std::vector<std::vector<double>> result(rows, std::vector<double>(columns));
    for (auto& row : result) {
        for (double& value : row) value = static_cast<double>(random() % 1000) / 10;
    }
    return result;
}

std::vector<double> products(const std::vector<std::vector<double>>& rows,
                             const std::vector<double>& coefficients) {
    std::vector<double> values;
    for (const auto& row : rows) {
        values.push_back(0);
        for (size_t i = 0; i < row.size(); ++i) values.back() += row[i] * coefficients[i];
    }
    return values;
}

TEST(Nnls, FindsCoefficientsThatAreThere) {
    const auto rows = random_rows(200, 6);
    const std::vector<double> expected{3, 0, 17.5, 0, 0.25, 1};
    const std::vector<double> found = nnls(rows, products(rows, expected));
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-9);
}

TEST(Nnls, GivesNoneBelowZero) {
    const auto rows = random_rows(100, 4);
    const std::vector<double> found = nnls(rows, products(rows, {2, -1, 3, 0}));
    for (double value : found) EXPECT_GE(value, 0);
    EXPECT_EQ(found[1], 0);
}

TEST(Nnls, TakesColumnsThatDependOnEachOther) {
    auto rows = random_rows(100, 3);
    for (auto& row : rows) {
        row.push_back(2 * row[0]);
        row.push_back(0);
    }
    const std::vector<double> values = products(rows, {1, 2, 3, 0, 0});
    const std::vector<double> found = nnls(rows, values);
    const std::vector<double> again = products(rows, found);
    for (size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(again[i], values[i], 1e-6);
    EXPECT_EQ(found[4], 0);
}

}  // namespace
}  // namespace ganglion::bench
