#include <algorithm>
#include <stdexcept>

#include "bench/coordination/together.hpp"
#include "paths.hpp"
#include "train/evaluate/learner_run.hpp"
#include "train/evaluate/soil_judgement.hpp"

namespace ganglion::bench::together {
namespace {

constexpr uint32_t kContributors = 20, kPoisoned = 3;
constexpr size_t kDay = 24;
constexpr size_t kJudgedDays = 10, kBegins = 3;

/// A plot that begins anew on one of its days.
train::SoilSeries stretch(const train::SoilSeries& series, size_t begin, size_t learn,
                          size_t judged) {
    train::SoilSeries part;
    part.name = series.name;
    const auto end = long(std::min(series.values.size(), begin + learn + judged));
    part.minutes.assign(series.minutes.begin() + long(begin), series.minutes.begin() + end);
    part.values.assign(series.values.begin() + long(begin), series.values.begin() + end);
    part.judged_from = learn;
    return part;
}

void add(Quality& quality, const train::SoilJudgement& judgement) {
    quality.false_alarms += judgement.failed_alarms;
    quality.healthy += judgement.weeks;
    quality.decisions.push_back(judgement.failed_alarms != 0);
    for (const auto& fault : judgement.faults) {
        quality.faults += fault.all;
        quality.missed += fault.all - fault.found;
    }
}

}  // namespace

Shown share_plots(const std::filesystem::path& data, const std::string& split) {
    const project::Project full = project::read(GANGLION_SOURCE_DIR "/apps/field/ganglion.toml");
    auto plots = train::read_soils(full, data / "field", split);
    std::erase_if(plots, [](const auto& series) { return series.daily; });
    if (plots.size() < 3) throw std::runtime_error("there are no plots at " + data.string());
    const auto with_days = [&](uint32_t days) {
        project::Project project = full;
        project.learner.parameters["learn_days"] = {double(days)};
        return project;
    };
    Shown shown;
    shown.name = "plots";
    shown.unit = "days";
    shown.contributors = kContributors;
    const device::ShareTerms terms = terms_of(full);
    shown.cost = plan::cost_of(terms);
    shown.sensed_bytes = 4.0 * 2 * kDay * 14;

    // Each plot in turn is new: the others have shared, each as several devices at other times.
    const train::LearnerRun whole(full);
    const auto others_of = [&](size_t plot) {
        std::vector<std::vector<int16_t>> learned;
        for (uint32_t i = 0; i < kContributors; ++i) {
            size_t other = i % (plots.size() - 1);
            if (other >= plot) ++other;
            const train::SoilSeries& series = plots[other];
            const size_t room = series.values.size() - 14 * kDay;
            const size_t begin = room * (i / (plots.size() - 1)) / 3;
            const auto device = whole.device();
            for (size_t k = begin; k < begin + 14 * kDay; ++k) {
                const std::array<int16_t, 4> sample = {series.minutes[k], series.values[k],
                                                       INT16_MIN, INT16_MIN};
                device->push(sample);
            }
            learned.push_back(device->share());
        }
        return learned;
    };
    const auto judge = [&](train::LearnerRun& run, const project::Project& project, size_t learn,
                           uint32_t poisoned, bool primed) {
        Quality quality;
        quality.learned = double(learn) / kDay;
        for (size_t plot = 0; plot < plots.size(); ++plot) {
            if (primed) {
                const auto prior =
                    prior_of(terms, others_of(plot), poisoned, shown.contribution_bytes);
                if (!prior) throw std::runtime_error("there is no prior of plots");
                run.begin_from(prior->numbers());
            }
            const size_t last = plots[plot].values.size() - (kJudgedDays + 7) * kDay;
            for (size_t i = 0; i < kBegins; ++i) {
                // The judged days are the same, however long it has learned before.
                const size_t judged_at = 7 * kDay + last * i / kBegins;
                add(quality,
                    judge_soil(run, project,
                               stretch(plots[plot], judged_at - learn, learn, kJudgedDays * kDay)));
            }
        }
        return quality;
    };
    for (const uint32_t days : {1U, 2U, 3U, 5U, 7U}) {
        const project::Project project = with_days(days);
        train::LearnerRun run(project);
        shown.alone.push_back(judge(run, project, days * kDay, 0, false));
    }
    const auto primed = [&](uint32_t quarter_days, uint32_t poisoned) {
        const project::Project project = with_days(quarter_days);
        train::LearnerRun run(project);
        return judge(run, project, quarter_days * kDay / 4, poisoned, true);
    };
    for (const uint32_t quarter_days : {1U, 2U, 3U, 5U, 7U})
        shown.primed.push_back(primed(quarter_days, 0));
    const Quality& right = shown.primed.back();
    const Quality wrong = primed(7, kPoisoned);
    shown.decisions = right.faults + right.decisions.size();
    shown.changed =
        right.missed > wrong.missed ? right.missed - wrong.missed : wrong.missed - right.missed;
    for (size_t i = 0; i < right.decisions.size(); ++i)
        shown.changed += right.decisions[i] != wrong.decisions[i] ? 1 : 0;
    return shown;
}

}  // namespace ganglion::bench::together
