#include "project/share.hpp"

namespace ganglion::project {
namespace {

constexpr double kStep = 1.0 / 256;  ///< what numbers are shared in
constexpr uint32_t kMostDays = 3650;

}  // namespace

Project::Share read_share(TomlSection section, const Project& project) {
    if (project.learner.kind == LearnerChoice::none)
        section.refuse("centre", "there is no learner", "write [learner], or leave [share] out");
    Project::Share share;
    share.centre = section.numbers("centre", 0, 24);
    if (share.centre.empty() || share.centre.size() > 8)
        section.refuse("centre", "must have one to eight numbers",
                       "write one for each that the learner shares");
    share.radius = section.number_required("radius", kStep, 64);
    share.sigma = section.number_required("sigma", kStep, 16);
    share.wider = section.number("wider", 0, 0, 16);
    share.period_days = section.integer_required("period_days", 1, kMostDays);
    share.contributions = section.integer_required("contributions", 1, 1000);
    section.finish();
    return share;
}

}  // namespace ganglion::project
