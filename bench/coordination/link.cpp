#include "bench/coordination/link.hpp"

#include <stdexcept>

#include "compile/bundle_signature.hpp"
#include "update/package.hpp"

namespace ganglion::bench::grid {
namespace {

constexpr device::LocalLimits kLimits{
    .most_taken = 25'000, .most_given = 15'000, .most_valid_s = 14'400};

}  // namespace

std::vector<plan::FeederPlace> places_of(const Scene& scene) {
    std::vector<plan::FeederPlace> places;
    for (uint32_t feeder = 0; feeder < scene.feeders(); ++feeder)
        places.push_back({"feeder-" + std::to_string(feeder), scene.limit(feeder),
                          scene.limit(feeder), scene.options().homes_per_feeder});
    return places;
}

plan::CoordinatorOptions options_for(const Scene& scene) {
    plan::CoordinatorOptions options;
    options.market = scene.market();
    options.cycle_s = kStepsPerCycle * kStepS;
    return options;
}

Link::Link(const Scene& scene)
    : scene_(scene),
      coordinator_(options_for(scene), places_of(scene)),
      key_(compile::generate_signing_key()),
      held_(scene.homes()),
      sums_(scene.feeders()),
      used_(scene.homes()) {
    for (uint32_t feeder = 0; feeder < scene.feeders(); ++feeder)
        names_.push_back("feeder-" + std::to_string(feeder));
    for (uint32_t feeder = 0; feeder < scene.feeders(); ++feeder)
        followers_.emplace_back(
            device::FollowerIdentity{"meter", names_[feeder], update::public_point_of(key_)},
            kLimits, crypto_);
}

void Link::tell(uint32_t home, uint32_t step, const Home& state, bool slot) {
    device::Summary summary = scene_.meter_summary(home, step, used_[home], slot);
    if (slot) used_[home] = {};
    state.tell(step, summary);
    summary.follows = held_[home].issued_s;
    std::array<uint8_t, device::kMaxSummaryBytes> bytes;
    const size_t size = encode(summary, bytes);
    if (size == 0 || !decode(std::span(bytes).first(size), held_[home].state))
        throw std::runtime_error("a home's summary cannot be said");
    bytes_ += size;
    ++messages_;
    const uint32_t feeder = scene_.feeder_of(home);
    coordinator_.hear(feeder, home % scene_.options().homes_per_feeder, held_[home].state);
}

void Link::measure(uint32_t step, const std::vector<double>& loads) {
    for (size_t feeder = 0; feeder < loads.size(); ++feeder) {
        sums_[feeder] += loads[feeder] / kStepsPerCycle;
        if ((step + 1) % kStepsPerCycle != 0) continue;
        coordinator_.measure(feeder, sums_[feeder]);
        sums_[feeder] = 0;
    }
}

void Link::send(uint32_t feeder, uint32_t step, const plan::FeederOrder& order,
                const std::function<bool(uint32_t home)>& reaches) {
    device::SetPoint set_point;
    set_point.target = names_[feeder];
    set_point.sequence = order.sequence;
    set_point.issued_s = scene_.clock_s(step);
    set_point.valid_s = coordinator_.options().valid_s;
    set_point.step_s = 3600;
    set_point.steps = static_cast<uint32_t>(order.levels.size());
    std::copy(order.levels.begin(), order.levels.end(), set_point.levels.begin());
    std::array<uint8_t, device::kMaxSetPointBytes> payload;
    const size_t size = encode(set_point, payload);
    const auto envelope =
        update::seal(device::kSetPointPurpose, std::span(payload).first(size), key_);
    const auto refusal = followers_[feeder].offer(envelope, scene_.clock_s(step), {});
    if (refusal != device::Refusal::none)
        throw std::runtime_error(std::string("a set-point was refused: ") + to_string(refusal));
    const uint32_t begin = feeder * scene_.options().homes_per_feeder;
    for (uint32_t home = begin; home < begin + scene_.options().homes_per_feeder; ++home) {
        bytes_ += envelope.size();
        ++messages_;
        if (!reaches(home)) continue;
        Held& held = held_[home];
        const int64_t power = expected_power(held.state, set_point.levels[0], 900);
        if (power > kLimits.most_taken || power < -int64_t{kLimits.most_given}) {
            ++refused_;
            continue;
        }
        held.levels = set_point.levels;
        held.steps = set_point.steps;
        held.issued_s = set_point.issued_s;
    }
}

std::optional<device::Levels> Link::levels(uint32_t home, uint32_t step) const {
    const Held& held = held_[home];
    const uint32_t since = scene_.clock_s(step) - held.issued_s;
    if (held.steps == 0 || since >= coordinator_.options().valid_s) return std::nullopt;
    return held.levels[std::min(since / 3600, held.steps - 1)];
}

}  // namespace ganglion::bench::grid
