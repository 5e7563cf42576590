#include "fleet/coordinate/region_plan.hpp"

#include <algorithm>

namespace ganglion::fleet::coordinate {
namespace {

constexpr double kMega = 1e6;
constexpr double kOverloadCost = 10'000;  ///< a MWh: far above all else
constexpr double kLateCost = 5'000;       ///< a MWh that a task lacks
constexpr double kWear = 2;               ///< a MWh through a store: no idle shifting

/// Columns of one block: the first of its kind, one a step.
struct BlockColumns {
    std::vector<int> charge, discharge, storage, task, task_done, more, less, buffer;
};

class Builder {
  public:
    explicit Builder(const RegionProblem& problem) : problem_(problem) {
        for (size_t t = 0; t < steps(); ++t) balance_.push_back(program.add_row(0, 0));
        add_generators();
        for (const Envelope& block : problem.blocks) add_block(block);
        add_peak();
        for (size_t t = 0; t < steps(); ++t)
            program.row_lower[size_t(balance_[t])] = program.row_upper[size_t(balance_[t])] =
                own_use(t);
    }

    RegionPlan read(const LinearSolution& solution) const;

    LinearProgram program;

  private:
    size_t steps() const { return problem_.step_h.size(); }
    double hours(size_t t) const { return problem_.step_h[t]; }
    double own_use(size_t t) const {
        double sum = 0;
        for (const Envelope& block : problem_.blocks) sum += block.own_use[t];
        return sum;
    }
    void add_generators();
    void add_block(const Envelope& block);
    void add_pool(const Pool& pool, double kept, std::vector<int>& in, std::vector<int>& out,
                  std::vector<int>& content);
    void add_tasks(const Envelope& block, BlockColumns& columns);
    void add_limit(const Envelope& block, const BlockColumns& columns);
    void add_peak();

    const RegionProblem& problem_;
    std::vector<int> balance_;  // rows: output - what stores take = own use
    std::vector<std::vector<int>> output_;
    std::vector<int> lacking_, spare_, overload_;
    std::vector<BlockColumns> blocks_;
};

void Builder::add_generators() {
    const Market& market = problem_.market;
    for (size_t t = 0; t < steps(); ++t) {
        std::vector<int> columns;
        double capacity = 0;
        for (const Generator& generator : market.generators) capacity += generator.most;
        const int reserve =
            program.add_row(-LinearProgram::kNone, std::max(0.0, capacity - market.reserve));
        for (size_t g = 0; g < market.generators.size(); ++g) {
            const Generator& generator = market.generators[g];
            const int column =
                program.add_column(0, generator.most, generator.cost * hours(t) / kMega);
            if (t == 0 && problem_.scheduled)
                program.lower[size_t(column)] = program.upper[size_t(column)] =
                    std::clamp((*problem_.scheduled)[g], 0.0, generator.most);
            columns.push_back(column);
            program.add(balance_[t], column, 1);
            if (!(t == 0 && problem_.scheduled)) program.add(reserve, column, 1);
            const double ramp = generator.ramp * (t == 0 ? 1 : (hours(t) + hours(t - 1)) / 2);
            if (t != 0) {
                const int row = program.add_row(-ramp, ramp);
                program.add(row, column, 1);
                program.add(row, output_[t - 1][g], -1);
            } else if (!problem_.scheduled && g < problem_.output.size()) {
                program.lower[size_t(column)] =
                    std::clamp(problem_.output[g] - ramp, 0.0, generator.most);
                program.upper[size_t(column)] =
                    std::clamp(problem_.output[g] + ramp, 0.0, generator.most);
            }
        }
        output_.push_back(std::move(columns));
        double dearest = 0;
        for (const Generator& generator : market.generators)
            dearest = std::max(dearest, generator.cost);
        const double premium = market.imbalance_premium;
        lacking_.push_back(
            program.add_column(0, LinearProgram::kNone, (dearest + premium) * hours(t) / kMega));
        spare_.push_back(program.add_column(0, LinearProgram::kNone, premium * hours(t) / kMega));
        program.add(balance_[t], lacking_[t], 1);
        program.add(balance_[t], spare_[t], -1);
    }
}

void Builder::add_pool(const Pool& pool, double kept, std::vector<int>& in, std::vector<int>& out,
                       std::vector<int>& content) {
    for (size_t t = 0; t < steps(); ++t) {
        const double wear = kWear * hours(t) / kMega;
        in.push_back(program.add_column(0, pool.take, wear));
        out.push_back(program.add_column(0, pool.give, wear));
        const double least = t + 1 == steps() ? std::min(pool.content, pool.most) : 0;
        content.push_back(program.add_column(least, std::max(pool.most, least), 0));
        program.add(balance_[t], in[t], -1);
        program.add(balance_[t], out[t], 1);
        const double before = t == 0 ? pool.content : 0;
        const int row = program.add_row(before, before);
        program.add(row, content[t], 1);
        if (t != 0) program.add(row, content[t - 1], -1);
        program.add(row, in[t], -kept * hours(t));
        program.add(row, out[t], hours(t) / kept);
        const double free = problem_.market.pool_reserve * pool.most;
        const double worth = problem_.market.pool_reserve_worth * hours(t) / kMega;
        const int short_of = program.add_column(0, free, worth);
        const int beyond = program.add_column(0, free, worth);
        const int reserve = program.add_row(free, LinearProgram::kNone);
        program.add(reserve, content[t], 1);
        program.add(reserve, short_of, 1);
        const int room = program.add_row(-LinearProgram::kNone, pool.most - free);
        program.add(room, content[t], 1);
        program.add(room, beyond, -1);
    }
}

void Builder::add_tasks(const Envelope& block, BlockColumns& columns) {
    for (size_t t = 0; t < steps(); ++t) {
        columns.task.push_back(program.add_column(0, block.task_power[t], 0));
        columns.task_done.push_back(program.add_column(0, block.task_most[t], 0));
        const int late = program.add_column(0, LinearProgram::kNone, kLateCost / kMega);
        program.add(balance_[t], columns.task[t], -1);
        const int row = program.add_row(0, 0);
        program.add(row, columns.task_done[t], 1);
        if (t != 0) program.add(row, columns.task_done[t - 1], -1);
        program.add(row, columns.task[t], -hours(t));
        const int due = program.add_row(block.task_least[t], LinearProgram::kNone);
        program.add(due, columns.task_done[t], 1);
        program.add(due, late, 1);
    }
}

void Builder::add_limit(const Envelope& block, const BlockColumns& columns) {
    for (size_t t = 0; t < steps(); ++t) {
        const int over =
            program.add_column(0, LinearProgram::kNone, kOverloadCost * hours(t) / kMega);
        overload_.push_back(over);
        if (block.most_taken == 0 && block.most_given == 0) continue;
        for (const double side : {1.0, -1.0}) {
            const double limit = side > 0 ? block.most_taken : block.most_given;
            const int row = program.add_row(-LinearProgram::kNone, limit - side * block.own_use[t]);
            program.add(row, columns.charge[t], side);
            program.add(row, columns.discharge[t], -side);
            program.add(row, columns.task[t], side);
            program.add(row, columns.more[t], side);
            program.add(row, columns.less[t], -side);
            program.add(row, over, -1);
        }
    }
}

void Builder::add_block(const Envelope& block) {
    BlockColumns columns;
    constexpr double kept = device::kStorageKeeps / 1000.0;
    add_pool(block.storage, kept, columns.charge, columns.discharge, columns.storage);
    add_tasks(block, columns);
    add_pool(block.buffer, 1, columns.more, columns.less, columns.buffer);
    add_limit(block, columns);
    blocks_.push_back(std::move(columns));
}

void Builder::add_peak() {
    if (problem_.market.peak_cost == 0) return;
    const int peak = program.add_column(problem_.peak_so_far, LinearProgram::kNone,
                                        problem_.market.peak_cost / kMega);
    for (size_t t = 0; t < steps(); ++t) {
        const int row = program.add_row(0, LinearProgram::kNone);
        program.add(row, peak, 1);
        for (const int column : output_[t]) program.add(row, column, -1);
        program.add(row, lacking_[t], -1);
        program.add(row, spare_[t], 1);
    }
}

RegionPlan Builder::read(const LinearSolution& solution) const {
    RegionPlan plan;
    plan.optimal = solution.optimal;
    plan.cost = solution.cost;
    const auto value = [&](int column) { return solution.values[size_t(column)]; };
    for (const BlockColumns& columns : blocks_) {
        BlockPlan block;
        for (size_t t = 0; t < steps(); ++t) {
            block.storage.push_back(value(columns.charge[t]) - value(columns.discharge[t]));
            block.task.push_back(value(columns.task[t]));
            block.buffer.push_back(value(columns.more[t]) - value(columns.less[t]));
            block.storage_content.push_back(value(columns.storage[t]));
            block.buffer_content.push_back(value(columns.buffer[t]));
        }
        plan.blocks.push_back(std::move(block));
    }
    for (size_t t = 0; t < steps(); ++t) {
        std::vector<double> outputs;
        double sum = 0;
        for (const int column : output_[t]) {
            outputs.push_back(value(column));
            sum += outputs.back();
        }
        plan.output.push_back(std::move(outputs));
        plan.imbalance.push_back(value(lacking_[t]) - value(spare_[t]));
        plan.demand.push_back(sum + plan.imbalance[t]);
        plan.price.push_back(solution.prices[size_t(balance_[t])] * kMega / hours(t));
    }
    for (size_t i = 0; i < overload_.size(); ++i)
        plan.overload += value(overload_[i]) * hours(i % steps());
    return plan;
}

}  // namespace

RegionPlan plan_region(const RegionProblem& problem, LinearSolver& solver) {
    Builder builder(problem);
    return builder.read(solver.solve(builder.program));
}

}  // namespace ganglion::fleet::coordinate
