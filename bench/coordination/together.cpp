#include "bench/coordination/together.hpp"

#include <random>
#include <stdexcept>

#include "compile/bundle_share.hpp"

namespace ganglion::bench::together {
namespace {

constexpr double kDelta = 0.02;  ///< of the faults: no more than this is missed beyond the other's

}  // namespace

bool Quality::as_good_as(const Quality& other) const {
    const auto share = [](uint64_t part, double all) { return all > 0 ? double(part) / all : 0; };
    return share(missed, double(faults)) <= share(other.missed, double(other.faults)) + kDelta &&
           share(false_alarms, healthy) <= share(other.false_alarms, other.healthy) + 1e-9;
}

std::optional<double> Shown::time_of(const std::vector<Quality>& rows) const {
    std::optional<double> time;
    for (size_t i = rows.size(); i-- > 0 && rows[i].as_good_as(alone.back());)
        time = rows[i].learned;
    return time;
}

std::optional<plan::Prior> prior_of(const device::ShareTerms& terms,
                                    const std::vector<std::vector<int16_t>>& learned,
                                    uint32_t poisoned, double& bytes) {
    std::mt19937_64 engine(11);  // a board has a true generator; here the figures must repeat
    const device::RandomWords random{
        [](void* from) { return (*static_cast<std::mt19937_64*>(from))(); }, &engine};
    std::vector<std::vector<uint8_t>> messages;
    std::vector<device::Contribution> contributions;
    for (size_t i = 0; i < learned.size(); ++i) {
        if (learned[i].size() != terms.count)
            throw std::runtime_error("a contributor has not learned yet");
        device::Contribution contribution = contribute(terms, learned[i], random);
        // All in one direction, as far as a clipped contribution goes.
        if (i < poisoned)
            for (uint32_t k = 0; k < terms.count; ++k)
                contribution.values[k] = terms.centre[k] + int32_t(terms.radius + 3 * terms.sigma);
        contribution.of = "bench";
        contribution.sequence = 1;
        std::vector<uint8_t> message(device::kMaxContributionBytes);
        message.resize(encode(contribution, message));
        messages.push_back(std::move(message));
        bytes = double(messages.back().size());
    }
    for (const auto& message : messages) {
        device::Contribution heard;
        if (!decode(message, heard)) throw std::runtime_error("a contribution cannot be read");
        contributions.push_back(heard);
    }
    return plan::aggregate(terms, contributions);
}

device::ShareTerms terms_of(const project::Project& project) {
    const auto terms = compile::share_terms(project);
    if (!terms) throw std::runtime_error(project.path.string() + ": has no [share]");
    return *terms;
}

}  // namespace ganglion::bench::together
