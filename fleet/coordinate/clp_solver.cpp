#include <ClpSimplex.hpp>
#include <CoinPackedMatrix.hpp>
#include <algorithm>

#include "fleet/coordinate/linear_program.hpp"

namespace ganglion::fleet::coordinate {
namespace {

class ClpSolver : public LinearSolver {
  public:
    LinearSolution solve(const LinearProgram& program) override {
        ClpSimplex model;
        model.setLogLevel(0);
        const CoinPackedMatrix matrix(true, program.row.data(), program.column.data(),
                                      program.value.data(),
                                      static_cast<CoinBigIndex>(program.value.size()));
        CoinPackedMatrix whole(matrix);
        whole.setDimensions(static_cast<int>(program.rows()), static_cast<int>(program.columns()));
        model.loadProblem(whole, program.lower.data(), program.upper.data(), program.cost.data(),
                          program.row_lower.data(), program.row_upper.data());
        const size_t entries = program.rows() + program.columns();
        if (basis_.size() == entries && rows_ == program.rows()) model.copyinStatus(basis_.data());
        model.dual();
        if (model.status() != 0) model.primal();
        LinearSolution solution;
        solution.optimal = model.status() == 0;
        solution.cost = model.objectiveValue();
        solution.values.assign(model.primalColumnSolution(),
                               model.primalColumnSolution() + program.columns());
        solution.prices.assign(model.dualRowSolution(), model.dualRowSolution() + program.rows());
        basis_.clear();
        rows_ = program.rows();
        if (solution.optimal) basis_.assign(model.statusArray(), model.statusArray() + entries);
        return solution;
    }

  private:
    std::vector<unsigned char> basis_;
    size_t rows_ = 0;
};

}  // namespace

int LinearProgram::add_column(double least, double most, double unit_cost) {
    lower.push_back(least);
    upper.push_back(most);
    cost.push_back(unit_cost);
    return static_cast<int>(cost.size()) - 1;
}

int LinearProgram::add_row(double least, double most) {
    row_lower.push_back(least);
    row_upper.push_back(most);
    return static_cast<int>(row_lower.size()) - 1;
}

void LinearProgram::add(int in_row, int of_column, double coefficient) {
    row.push_back(in_row);
    column.push_back(of_column);
    value.push_back(coefficient);
}

std::unique_ptr<LinearSolver> make_clp_solver() {
    return std::make_unique<ClpSolver>();
}

}  // namespace ganglion::fleet::coordinate
