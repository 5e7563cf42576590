#include <algorithm>
#include <stdexcept>

#include "bench/coordination/link.hpp"
#include "bench/coordination/simulate.hpp"

namespace ganglion::bench::grid {
namespace {

/// All that a home will do and could have shifted, known exactly.
void add_home(const Scene& scene, uint32_t home, std::span<const double> step_h,
              plan::Envelope& envelope) {
    const HomeKit& kit = scene.kit(home);
    const uint32_t begin = scene.first_step();
    const uint32_t end = begin + scene.options().days * kStepsPerDay;
    double heat = 0;
    for (uint32_t step = begin; step < end; ++step) {
        envelope.own_use[(step - begin) / kStepsPerHour] +=
            double(scene.own_use(home, step)) / kStepsPerHour;
        heat += scene.heat_use(home, step);
    }
    heat /= end - begin;
    const auto mean = static_cast<int32_t>(heat);
    add_store(envelope, step_h,
              {device::StoreKind::storage, kit.battery / 2, kit.battery, kit.battery_power,
               kit.battery_power, 0, 0});
    if (kit.heat_buffer != 0)
        add_store(envelope, step_h,
                  {device::StoreKind::buffer, kit.heat_buffer / 2, kit.heat_buffer, mean,
                   std::max(0, kit.heat * 3 - mean), 0, 0});
    for (const Stay& stay : kit.stays) {
        if (stay.until <= begin || stay.from >= end) continue;
        device::Store car{device::StoreKind::task, 0, stay.need, 0, kit.car_power, 0, 0};
        car.from_q = stay.from > begin ? (stay.from - begin) / kStepsPerQuarter : 0;
        car.until_q = (stay.until - begin + kStepsPerQuarter - 1) / kStepsPerQuarter;
        // A car that is still there at the end gets the share of its need that its stay has had.
        if (stay.until > end)
            car.most = static_cast<int32_t>(double(stay.need) * (end - stay.from) /
                                            (stay.until - stay.from));
        add_store(envelope, step_h, car);
    }
}

}  // namespace

double optimum(const Scene& scene, size_t blocks) {
    plan::RegionProblem problem;
    const size_t hours = size_t{scene.options().days} * 24;
    problem.step_h = plan::horizon_steps(hours, 1);
    problem.market = scene.market();
    problem.market.reserve = problem.market.pool_reserve = 0;  // it needs none
    for (size_t b = 0; b < blocks; ++b) {
        plan::Envelope envelope(hours);
        for (uint32_t home = 0; home < scene.homes(); ++home)
            if (scene.feeder_of(home) * blocks / scene.feeders() == b)
                add_home(scene, home, problem.step_h, envelope);
        for (uint32_t feeder = 0; feeder < scene.feeders(); ++feeder)
            if (feeder * blocks / scene.feeders() == b) envelope.most_taken += scene.limit(feeder);
        envelope.most_given = envelope.most_taken;
        problem.blocks.push_back(std::move(envelope));
    }
    const plan::RegionPlan plan = plan_region(problem, *plan::make_clp_solver());
    if (!plan.optimal) throw std::runtime_error("the optimum with foresight has no solution");
    return plan.cost;
}

}  // namespace ganglion::bench::grid
