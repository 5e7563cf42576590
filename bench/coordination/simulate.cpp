#include "bench/coordination/simulate.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "bench/coordination/feeder.hpp"
#include "bench/coordination/homes.hpp"
#include "bench/coordination/link.hpp"
#include "bench/coordination/meters.hpp"

namespace ganglion::bench::grid {
namespace {

constexpr double kMega = 1e6;
constexpr double kHoursPerStep = double(kStepS) / 3600;
constexpr uint32_t kLossSteps = kStepsPerHour;

class Run {
  public:
    Run(const Scene& scene, Policy policy, const std::optional<Loss>& loss)
        : scene_(scene),
          policy_(policy),
          loss_(loss),
          operator_(meters_.meter(std::max(1.0, scene.market().reserve / 200))) {
        for (uint32_t home = 0; home < scene.homes(); ++home) homes_.emplace_back(scene, home);
        loads_.resize(scene.feeders());
    }

    Outcome live();

  private:
    // A loss is looked at for one day.
    uint32_t days() const { return loss_ ? 1 : scene_.options().days; }
    bool counts(uint32_t step) const {
        return step >= scene_.first_step() && step < scene_.first_step() + days() * kStepsPerDay;
    }
    bool steered(uint32_t step) const {
        return policy_ == Policy::coordinated && step >= scene_.warm_step();
    }
    bool lost(uint32_t step, Loss::Of of) const {
        return loss_ && loss_->of == of && step >= loss_->from_step &&
               step < loss_->from_step + kLossSteps;
    }
    bool home_lost(uint32_t home, uint32_t step) const {
        return lost(step, Loss::Of::broker) ||
               (lost(step, Loss::Of::homes) && share_of(8, home, 1) < loss_->share);
    }
    void coordinate(uint32_t step);
    void tell(uint32_t step);
    double live_feeder(uint32_t feeder, uint32_t step);
    void schedule(uint32_t step);
    void account(uint32_t step, double demand);
    double dispatch_cost(double power) const;

    const Scene& scene_;
    Policy policy_;
    std::optional<Loss> loss_;
    Meters meters_;
    std::unique_ptr<Meters::Meter> operator_;
    std::vector<Home> homes_;
    std::vector<double> loads_;  ///< of feeders in this step
    std::unique_ptr<Link> link_;
    double scheduled_ = 0, hour_sum_ = 0;
    double quarter_demand_ = 0, quarter_schedule_ = 0;
    double square_ = 0, quarters_ = 0, step_square_ = 0;
    Outcome out_;
};

double Run::dispatch_cost(double power) const {
    double cost = 0;
    for (const plan::Generator& generator : scene_.market().generators) {
        const double part = std::min(power, generator.most);
        cost += part / kMega * generator.cost;
        power -= part;
    }
    return cost + power / kMega * scene_.market().generators.back().cost;
}

// Each hour: what generators give in it.
void Run::schedule(uint32_t step) {
    if (step % kStepsPerHour != 0) return;
    if (step != 0) operator_->take(step / kStepsPerHour - 1, hour_sum_ / kStepsPerHour);
    hour_sum_ = 0;
    if (steered(step)) return;  // the coordinator has
    std::array<int16_t, 24> expected;
    operator_->forecast(expected);
    scheduled_ = std::max(0.0, expected[0] * std::max(1.0, scene_.market().reserve / 200));
}

void Run::tell(uint32_t step) {
    const bool slot = step % kStepsPerHour == 0;
    for (uint32_t home = 0; home < scene_.homes(); ++home) {
        const bool moved = homes_[home].pass(step);
        if (link_ == nullptr || (!slot && !moved)) continue;
        if (home_lost(home, step)) continue;
        link_->tell(home, step, homes_[home], slot);
    }
}

void Run::coordinate(uint32_t step) {
    if (!steered(step)) return;
    if (step % kStepsPerCycle != 0 || lost(step, Loss::Of::coordinator)) return;
    const auto begin = std::chrono::steady_clock::now();
    const plan::Cycle cycle = link_->run(step);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    out_.worst_cycle_s = std::max(out_.worst_cycle_s, took.count());
    const double parts = double(days()) * kStepsPerDay / kStepsPerCycle;
    if (counts(step)) out_.left_out += double(cycle.left_out) / scene_.homes() / parts;
    if (!cycle.decisions.empty()) out_.reasons.push_back(cycle.decisions.back().text);
    if (step % kStepsPerHour == 0) scheduled_ = cycle.scheduled;
    for (uint32_t feeder = 0; feeder < scene_.feeders(); ++feeder) {
        if (!cycle.orders[feeder].changed) continue;
        link_->send(feeder, step, cycle.orders[feeder],
                    [&](uint32_t home) { return !home_lost(home, step); });
    }
}

double Run::live_feeder(uint32_t feeder, uint32_t step) {
    const uint32_t begin = feeder * scene_.options().homes_per_feeder;
    for (uint32_t home = begin; home < begin + scene_.options().homes_per_feeder; ++home) {
        std::optional<device::Levels> levels;
        if (link_ != nullptr) levels = link_->levels(home, step);
        homes_[home].choose(step, policy_, levels, levels ? link_->issued(home) : 0);
    }
    const double sum = carry(scene_, feeder, step, homes_, policy_ != Policy::none,
                             [&](uint32_t home, double power) {
                                 if (link_ != nullptr) link_->read(home, step, power);
                             });
    if (counts(step) && std::abs(sum) > scene_.limit(feeder)) ++out_.violations;
    return sum;
}

void Run::account(uint32_t step, double demand) {
    step_square_ += (demand - scheduled_) * (demand - scheduled_);
    quarter_demand_ += demand / kStepsPerQuarter;
    quarter_schedule_ += scheduled_ / kStepsPerQuarter;
    if ((step + 1) % kStepsPerQuarter != 0) return;
    const double off = quarter_demand_ - quarter_schedule_;
    out_.peak = std::max(out_.peak, quarter_demand_);
    out_.energy_cost += dispatch_cost(quarter_demand_) / 4;
    out_.imbalance_cost += std::abs(off) / kMega * scene_.market().imbalance_premium / 4;
    square_ += off * off;
    ++quarters_;
    Moment moment{step + 1 - kStepsPerQuarter, quarter_demand_, 0, quarter_schedule_, 0, 0};
    for (uint32_t home = 0; home < scene_.homes(); ++home) {
        moment.own_use += scene_.own_use(home, step);
        moment.storage += homes_[home].storage_power();
        moment.cars += homes_[home].car_power();
    }
    out_.moments.push_back(moment);
    quarter_demand_ = quarter_schedule_ = 0;
}

Outcome Run::live() {
    const auto content = [&] {
        double sum = 0;
        for (const Home& home : homes_) sum += home.content();
        return sum;
    };
    const uint32_t end = scene_.first_step() + days() * kStepsPerDay;
    double before = 0;
    for (uint32_t step = 0; step < end; ++step) {
        if (steered(step) && link_ == nullptr) link_ = std::make_unique<Link>(scene_);
        if (step == scene_.first_step()) {
            before = content();
            for (Home& home : homes_) home.forget();
            if (link_ != nullptr) link_->forget_counts();
        }
        schedule(step);
        tell(step);
        coordinate(step);
        double demand = 0;
        for (uint32_t feeder = 0; feeder < scene_.feeders(); ++feeder)
            demand += loads_[feeder] = live_feeder(feeder, step);
        hour_sum_ += demand;
        if (link_ != nullptr) link_->measure(step, loads_);
        if (counts(step)) account(step, demand);
    }
    out_.imbalance_rms = std::sqrt(square_ / std::max(quarters_, 1.0));
    out_.imbalance_step_rms = std::sqrt(step_square_ / std::max(quarters_ * kStepsPerQuarter, 1.0));
    // What stores hold less at the end must still be bought, at the mean price.
    double energy = 0;
    for (const Moment& moment : out_.moments) energy += std::max(moment.demand, 0.0) / 4;
    const double price = out_.energy_cost / std::max(energy, 1.0);
    out_.cost = out_.energy_cost + out_.imbalance_cost + (before - content()) * price;
    double late = 0;
    double needed = 0;
    for (const Home& home : homes_) {
        late += double(home.late());
        needed += double(home.needed());
    }
    out_.late_energy = late / std::max(needed, 1.0);
    if (link_ != nullptr) {
        const double home_hours = double(scene_.homes()) * days() * 24;
        out_.bytes_per_home_hour = double(link_->bytes()) / home_hours;
        out_.messages_per_home_hour = double(link_->messages()) / home_hours;
        out_.refused = link_->refused();
    }
    return std::move(out_);
}

}  // namespace

Outcome simulate(const Scene& scene, Policy policy, const std::optional<Loss>& loss) {
    return Run(scene, policy, loss).live();
}

}  // namespace ganglion::bench::grid
