#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace ganglion::fleet::coordinate {

/// Minimise cost · x with lower ≤ x ≤ upper and row_lower ≤ A x ≤ row_upper.
struct LinearProgram {
    static constexpr double kNone = 1e30;  ///< no bound

    std::vector<double> lower, upper, cost;  ///< a column each
    std::vector<double> row_lower, row_upper;
    std::vector<int> row, column;  ///< of each element of A, any order
    std::vector<double> value;

    int add_column(double least, double most, double unit_cost);
    int add_row(double least, double most);
    void add(int in_row, int of_column, double coefficient);
    size_t columns() const { return cost.size(); }
    size_t rows() const { return row_lower.size(); }
};

struct LinearSolution {
    bool optimal = false;
    double cost = 0;
    std::vector<double> values;  ///< a column each
    std::vector<double> prices;  ///< a row each: what one more unit of its bound costs
};

/// A solver of linear programs. Deterministic: the same programs in the same order give the same
/// solutions. A program of the same shape as the one before starts from its basis.
class LinearSolver {
  public:
    virtual ~LinearSolver() = default;
    virtual LinearSolution solve(const LinearProgram& program) = 0;
};

/// COIN-OR CLP: dual simplex, one thread.
std::unique_ptr<LinearSolver> make_clp_solver();

}  // namespace ganglion::fleet::coordinate
