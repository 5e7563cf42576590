#include "fleet/coordinate/region_plan.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "fleet/coordinate/disaggregate.hpp"

namespace ganglion::fleet::coordinate {
namespace {

RegionProblem usual(size_t steps) {
    RegionProblem problem;
    problem.step_h = horizon_steps(steps, 1);
    problem.market.pool_reserve = 0;
    problem.market.generators = {{"base", 10'000, 20, 10'000}, {"peak", 20'000, 100, 20'000}};
    Envelope block(steps);
    for (size_t t = 0; t < steps; ++t) block.own_use[t] = t < steps / 2 ? 6000 : 14'000;
    block.most_taken = block.most_given = 30'000;
    problem.blocks = {block};
    return problem;
}

TEST(RegionPlan, a_storage_moves_cheap_power_to_dear_hours) {
    RegionProblem problem = usual(8);
    problem.blocks[0].storage = {.content = 0, .most = 8000, .give = 4000, .take = 4000};
    const auto solver = make_clp_solver();
    const RegionPlan plan = plan_region(problem, *solver);
    ASSERT_TRUE(plan.optimal);
    double charged = 0;
    double given = 0;
    for (size_t t = 0; t < 8; ++t) (t < 4 ? charged : given) += plan.blocks[0].storage[t];
    EXPECT_NEAR(charged, 8000 / 0.95, 1);
    EXPECT_NEAR(given, -8000 * 0.95, 1);
    EXPECT_GT(plan.price[7], plan.price[0]);
    for (size_t t = 0; t < 8; ++t) EXPECT_NEAR(plan.imbalance[t], 0, 1e-6);
}

TEST(RegionPlan, tasks_are_done_in_time_in_the_cheapest_hours) {
    RegionProblem problem = usual(8);
    device::Summary car;
    car.stores[0] = {device::StoreKind::task, 0, 9000, 0, 5000, 0, 24};
    car.store_count = 1;
    add_device(problem.blocks[0], problem.step_h, car, true);
    const auto solver = make_clp_solver();
    const RegionPlan plan = plan_region(problem, *solver);
    double cheap = 0;
    for (size_t t = 0; t < 4; ++t) cheap += plan.blocks[0].task[t];
    EXPECT_NEAR(cheap, 9000, 1);
}

TEST(RegionPlan, a_feeder_limit_binds_and_what_cannot_be_kept_is_said) {
    RegionProblem problem = usual(8);
    problem.blocks[0].most_taken = 12'000;
    const auto solver = make_clp_solver();
    EXPECT_NEAR(plan_region(problem, *solver).overload, 4 * 2000, 1);
    problem.blocks[0].storage = {.content = 0, .most = 20'000, .give = 4000, .take = 4000};
    EXPECT_NEAR(plan_region(problem, *solver).overload, 0, 1e-3);
}

TEST(RegionPlan, what_is_scheduled_stays_and_stores_meet_the_difference) {
    RegionProblem problem = usual(4);
    problem.scheduled = {{7500.0, 0.0}};
    problem.blocks[0].storage = {.content = 4000, .most = 8000, .give = 4000, .take = 4000};
    const auto solver = make_clp_solver();
    const RegionPlan plan = plan_region(problem, *solver);
    EXPECT_NEAR(plan.blocks[0].storage[0], 1500, 1);
    EXPECT_NEAR(plan.imbalance[0], 0, 1e-6);
}

TEST(RegionPlan, the_same_problem_gives_the_same_bits) {
    const RegionProblem problem = usual(24);
    const auto one = plan_region(problem, *make_clp_solver());
    const auto two = plan_region(problem, *make_clp_solver());
    EXPECT_EQ(one.cost, two.cost);
    EXPECT_EQ(one.demand, two.demand);
}

TEST(RegionPlan, a_level_divides_a_sum_among_unlike_stores) {
    const device::Store small{device::StoreKind::storage, 1000, 2000, 500, 500, 0, 0};
    const device::Store large{device::StoreKind::storage, 2000, 20'000, 5000, 5000, 0, 0};
    const std::vector<const device::Store*> both{&small, &large};
    for (const double power : {-4000.0, -900.0, 0.0, 700.0, 3000.0, 5400.0}) {
        const int32_t level = level_for(both, power, 900);
        EXPECT_NEAR(power_at(both, level, 900), power, 25) << power;
    }
    EXPECT_NEAR(power_at(both, level_for(both, 1e9, 900), 900), 5500, 1) << "all they can";
}

}  // namespace
}  // namespace ganglion::fleet::coordinate
