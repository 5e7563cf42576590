#include "train/search/space.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

constexpr std::array kWidths{16U, 24U, 32U, 48U, 64U, 80U, 96U};
constexpr size_t kMostTries = 200;  // for each wanted candidate

uint32_t scaled(uint32_t value, double factor) {
    return std::max<uint32_t>(1, static_cast<uint32_t>(std::lround(value * factor)));
}

template <typename Values>
auto one_of(const Values& values, Random& random) {
    return values[random.below(values.size())];
}

Candidate draw(const Candidate& own, bool of_bands, Random& random) {
    Candidate candidate;
    const size_t depth = 2 + random.below(6);
    const uint32_t width = one_of(kWidths, random);
    candidate.channels.assign(depth, width);
    if (random.chance(0.5)) candidate.channels.front() = std::max(16U, width / 2);
    if (random.chance(0.3)) candidate.channels.back() = std::min(96U, width * 3 / 2);
    candidate.bands =
        of_bands ? scaled(own.bands, one_of(std::array{0.5, 0.6, 0.8, 1.0}, random)) : own.bands;
    candidate.frames = scaled(own.frames, one_of(std::array{0.75, 1.0, 1.25}, random));
    candidate.stride = own.stride * one_of(std::array{1U, 2U}, random);
    return candidate;
}

}  // namespace

std::string Candidate::name() const {
    return fmt::format("{}b-{}f-{}s-{}", bands, frames, stride, fmt::join(channels, "x"));
}

project::Project with_candidate(const project::Project& base, const Candidate& candidate) {
    project::Project project = base;
    project.network.channels = candidate.channels;
    project.features.bands = candidate.bands;
    project.features.frames = candidate.frames;
    project.features.stride = candidate.stride;
    project.budget.ram_bytes.reset();
    project.budget.flash_bytes.reset();
    return project;
}

std::vector<Candidate> draw_candidates(const project::Project& base, size_t count, uint64_t seed) {
    const auto& f = base.features;
    const Candidate own{base.network.channels, f.bands, f.frames, f.stride};
    const bool of_bands = f.kind == project::Features::log_mel;
    std::vector<Candidate> candidates{own};
    std::set<std::string> names{own.name()};
    Random random(seed);
    for (size_t tries = 0; candidates.size() < count && tries < count * kMostTries; ++tries) {
        auto candidate = draw(own, of_bands, random);
        if (names.insert(candidate.name()).second) candidates.push_back(std::move(candidate));
    }
    return candidates;
}

}  // namespace ganglion::train
