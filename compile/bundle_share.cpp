#include "compile/bundle_share.hpp"

#include <cmath>

namespace ganglion::compile {
namespace {

constexpr double kStepsPerDoubling = 256;
constexpr uint32_t kDayS = 86'400;

uint32_t in_steps(double doublings) {
    return static_cast<uint32_t>(std::lround(doublings * kStepsPerDoubling));
}

}  // namespace

std::optional<ShareTerms> share_terms(const project::Project& project) {
    if (!project.share) return std::nullopt;
    const project::Project::Share& share = *project.share;
    ShareTerms terms;
    for (const double centre : share.centre)
        terms.centre[terms.count++] = static_cast<int16_t>(in_steps(centre));
    terms.radius = in_steps(share.radius);
    terms.sigma = in_steps(share.sigma);
    terms.wider = in_steps(share.wider);
    terms.period_s = share.period_days * kDayS;
    terms.contributions = share.contributions;
    return terms;
}

}  // namespace ganglion::compile
