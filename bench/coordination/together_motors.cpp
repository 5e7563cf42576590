#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "bench/coordination/scene.hpp"
#include "bench/coordination/together.hpp"
#include "paths.hpp"
#include "train/corpus/motor_corpus.hpp"
#include "train/evaluate/learner_run.hpp"

namespace ganglion::bench::together {
namespace {

constexpr uint32_t kContributors = 20, kNew = 10;
constexpr uint32_t kPoisoned = 3;
constexpr double kBegun = 0.1;  ///< of a fault's vibration, while it can hardly be felt

using Samples = std::vector<int16_t>;

/// Recordings are of a steady load; real loads wander. By so much (of the logarithm), so long.
constexpr double kWanders = 0.25, kWandersS = 2, kLookS = 0.02;

/// One machine: its own sensitivity and mounting, noise, and a load that wanders. `seed` names it.
class Machine {
  public:
    explicit Machine(uint64_t seed)
        : seed_(seed), gain_(std::exp(0.3 * grid::normal_of(41, seed, 1))) {}
    void take(train::LearnerRun::Device& device, std::span<const int16_t> samples,
              std::vector<bool>* fired) {
        for (const int16_t sample : samples) {
            if (at_ % kLookSamples == 0) {
                const double keeps = std::exp(-kLookS / kWandersS);
                load_ = keeps * load_ + kWanders * std::sqrt(1 - keeps * keeps) *
                                            grid::normal_of(seed_ + 200, at_, 3);
            }
            const double noise = 4 * grid::normal_of(seed_ + 100, at_++, 2);
            const auto value = static_cast<int16_t>(std::clamp<double>(
                std::lround(gain_ * std::exp(load_) * sample + noise), -32'768, 32'767));
            for (const Decision& decision : device.push(std::span(&value, 1)))
                if (fired != nullptr) fired->push_back(decision.fired);
        }
    }

  private:
    static constexpr uint64_t kLookSamples = 240;  // kLookS at 12 kHz
    uint64_t seed_, at_ = 0;
    double gain_, load_ = 0;
};

struct Recordings {
    std::vector<train::Vibration> learned, healthy, faulty;
};

std::vector<train::Vibration> only(std::vector<train::Vibration> all, bool normal) {
    std::erase_if(all, [&](const auto& one) { return (one.label == "normal") != normal; });
    return all;
}

// A fault that has only begun: the motor as it was, and a share of the faulty one's vibration.
Samples begun(const train::Vibration& fault, const train::Vibration& normal, double share) {
    Samples samples(std::min(fault.samples.size(), normal.samples.size()));
    for (size_t i = 0; i < samples.size(); ++i)
        samples[i] =
            static_cast<int16_t>(std::lround(normal.samples[i] + share * fault.samples[i]));
    return samples;
}

bool any(const std::vector<bool>& fired) {
    return std::ranges::find(fired, true) != fired.end();
}

/// New machines learn for so many samples; then they run on well, or one of the faults begins.
Quality judge(const train::LearnerRun& run, const Recordings& recordings, size_t learn_samples,
              double rate, double share) {
    Quality quality;
    quality.learned = double(learn_samples) / rate;
    for (uint32_t number = 0; number < kNew; ++number) {
        for (const train::Vibration& normal : recordings.learned) {
            const auto device = run.device();
            Machine machine(1000 + number);
            const size_t begin = (normal.samples.size() - learn_samples) * number / kNew;
            machine.take(*device, std::span(normal.samples).subspan(begin, learn_samples), nullptr);
            const std::vector<uint8_t> learned = device->learned();
            for (const train::Vibration& healthy : recordings.healthy) {
                if (healthy.placement != normal.placement) continue;
                std::vector<bool> fired;
                machine.take(*device, healthy.samples, &fired);
                quality.false_alarms += any(fired) ? 1 : 0;
                quality.healthy += 1;
                quality.decisions.push_back(any(fired));
            }
            for (const train::Vibration& fault : recordings.faulty) {
                if (fault.placement != normal.placement) continue;
                const auto faulty = run.device();
                if (!faulty->resume(learned)) throw std::runtime_error("a motor forgot");
                std::vector<bool> fired;
                Machine(1000 + number).take(*faulty, begun(fault, normal, share), &fired);
                ++quality.faults;
                quality.missed += any(fired) ? 0 : 1;
                quality.decisions.push_back(any(fired));
            }
        }
    }
    return quality;
}

std::vector<std::vector<int16_t>> contributors(const train::LearnerRun& run,
                                               const Recordings& recordings, size_t samples) {
    std::vector<std::vector<int16_t>> learned;
    for (uint32_t number = 0; number < kContributors; ++number) {
        const auto& normal = recordings.learned[number % recordings.learned.size()];
        const auto device = run.device();
        const size_t begin = (normal.samples.size() - samples) * number / kContributors;
        Machine(number).take(*device, std::span(normal.samples).subspan(begin, samples), nullptr);
        learned.push_back(device->share());
    }
    return learned;
}

}  // namespace

Shown share_motors(const std::filesystem::path& data, const std::string& split) {
    const project::Project full = project::read(GANGLION_SOURCE_DIR "/apps/machine/ganglion.toml");
    const Recordings recordings{
        only(train::read_vibrations(full, data / "vibration", "train"), true),
        only(train::read_vibrations(full, data / "vibration", "test"), true),
        only(train::read_vibrations(full, data / "vibration", split), false)};
    if (recordings.learned.empty() || recordings.healthy.empty() || recordings.faulty.empty())
        throw std::runtime_error("there are no motors at " + data.string());
    const auto with_frames = [&](uint32_t frames) {
        project::Project project = full;
        project.learner.parameters["learn_frames"] = {double(frames)};
        return project;
    };
    const double rate = full.sensor.rate_hz;
    const auto samples_of = [&](uint32_t frames) {
        return size_t{full.features.window} + size_t{full.features.hop} * frames;
    };
    const auto full_frames =
        static_cast<uint32_t>(project::number_of(full.learner.parameters, "learn_frames"));
    Shown shown;
    shown.name = "motors";
    shown.unit = "s";
    shown.contributors = kContributors;
    const device::ShareTerms terms = terms_of(full);
    shown.cost = plan::cost_of(terms);
    shown.sensed_bytes = 2.0 * double(samples_of(full_frames));
    for (const uint32_t frames : {8U, 16U, 32U, 70U, 140U, full_frames})
        shown.alone.push_back(judge(train::LearnerRun(with_frames(frames)), recordings,
                                    samples_of(frames), rate, kBegun));
    const auto learned =
        contributors(train::LearnerRun(full), recordings, samples_of(full_frames + 2));
    const auto primed_by = [&](const plan::Prior& prior, uint32_t frames, double share) {
        train::LearnerRun run(with_frames(4 * frames));
        run.begin_from(prior.numbers());
        return judge(run, recordings, samples_of(frames), rate, share);
    };
    const auto prior = prior_of(terms, learned, 0, shown.contribution_bytes);
    const auto poisoned = prior_of(terms, learned, kPoisoned, shown.contribution_bytes);
    if (!prior || !poisoned) throw std::runtime_error("there is no prior of motors");
    for (const uint32_t frames : {2U, 4U, 8U, 16U, 32U, 70U})
        shown.primed.push_back(primed_by(*prior, frames, kBegun));
    const Quality right = primed_by(*prior, 70, 1);
    const Quality wrong = primed_by(*poisoned, 70, 1);
    shown.decisions = right.decisions.size();
    for (size_t i = 0; i < right.decisions.size(); ++i)
        shown.changed += right.decisions[i] != wrong.decisions[i] ? 1 : 0;
    return shown;
}

}  // namespace ganglion::bench::together
