#include "train/fit/fit_spotter.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "train/evaluate/agreement.hpp"
#include "train/fit/checkpoint.hpp"
#include "train/fit/hard_negatives.hpp"
#include "train/fit/spectrum_change.hpp"
#include "train/network/compute_device.hpp"
#include "train/network/deterministic.hpp"
#include "train/network/net.hpp"
#include "train/quantize/to_graph.hpp"

namespace ganglion::train {
namespace {

constexpr int32_t kOutputsPerSegment = 16;
/// The word counts as heard when its end lies this many frames before the end of the window.
constexpr int32_t kHeardFrom = 1;
constexpr int32_t kHeardUntil = 10;

enum Label : int8_t { other = 0, word = 1, ignored = -1 };

/// Which label a window whose last frame is `last` has.
Label label_of(const Track& track, int32_t last) {
    if (track.word_end < 0) return other;
    const int32_t after = last - track.word_end;
    if (after >= kHeardFrom && after <= kHeardUntil) return word;
    if (last <= track.word_begin + (track.word_end - track.word_begin) / 2 || after > 42)
        return other;
    return ignored;
}

class Batches {
  public:
    Batches(const project::Project& project, const WordFrames& frames, uint64_t seed)
        : frames_(frames),
          window_(static_cast<int32_t>(project.features.frames)),
          bands_(static_cast<int32_t>(project.frame_values())),
          batch_(static_cast<int64_t>(project.network.batch)),
          random_(seed) {
        for (const auto& track : frames.negatives) total_ += static_cast<uint64_t>(track.frames);
        uint64_t sum = 0;
        for (const auto& track : frames.negatives)
            ends_.push_back(sum += static_cast<uint64_t>(track.frames));
    }

    uint64_t random_state() const { return random_.state(); }
    void resume(uint64_t random_state) { random_ = Random(random_state); }

    int32_t segment_frames() const {
        return window_ + kSpotterStepFrames * (kOutputsPerSegment - 1);
    }

    /// x [batch, bands, segment], labels [batch, outputs]
    void next(torch::Tensor& x, torch::Tensor& labels, const std::vector<HardNegative>& hard) {
        const int32_t segment = segment_frames();
        x = torch::zeros({batch_, bands_, segment});
        labels = torch::zeros({batch_, kOutputsPerSegment}, torch::kInt64);
        float* values = x.data_ptr<float>();
        int64_t* targets = labels.data_ptr<int64_t>();
        const int64_t positives = batch_ * 3 / 8;
        for (int64_t b = 0; b < batch_; ++b) {
            const Track* track = nullptr;
            int32_t last = 0;  // last frame of the segment
            if (b < positives) {
                track = &frames_.positives[random_.below(frames_.positives.size())];
                const int32_t room = kSpotterStepFrames * (kOutputsPerSegment - 1);
                const auto shift = static_cast<int32_t>(random_.below(static_cast<uint64_t>(room)));
                last = track->word_end + kHeardFrom + shift;
            } else if (b < positives + (batch_ - positives) / 2 && !hard.empty()) {
                const HardNegative& spot = hard[random_.below(hard.size())];
                track = &frames_.negatives[spot.track];
                last = spot.last_frame +
                       static_cast<int32_t>(random_.below(kSpotterStepFrames * kOutputsPerSegment));
            } else {
                const auto at = std::upper_bound(ends_.begin(), ends_.end(), random_.below(total_));
                track = &frames_.negatives[static_cast<size_t>(at - ends_.begin())];
                last = static_cast<int32_t>(
                    random_.below(static_cast<uint64_t>(track->frames + segment / 2)));
            }
            fill(*track, last, values + b * bands_ * segment);
            for (int32_t j = 0; j < kOutputsPerSegment; ++j) {
                const int32_t end = last - kSpotterStepFrames * (kOutputsPerSegment - 1 - j);
                // Windows that reach beyond the recording see padding; the word in them is still
                // whole.
                targets[b * kOutputsPerSegment + j] = label_of(*track, end);
            }
        }
    }

  private:
    /// Copies frames [last - segment + 1, last], transposed and changed; outside the track: the
    /// floor (digital silence).
    void fill(const Track& track, int32_t last, float* target) {
        const int32_t segment = segment_frames();
        const int32_t first = last - segment + 1;
        const SpectrumChange change(bands_, random_);
        for (int32_t v = 0; v < bands_; ++v) {
            float* to = target + v * segment;
            for (int32_t t = 0; t < segment; ++t) {
                const int32_t frame = first + t;
                const bool outside = frame < 0 || frame >= track.frames;
                const int8_t* values = track.values.data() + (outside ? 0 : frame * bands_);
                to[t] = (outside ? -128.0F : change.at(values, v)) * kSpotterInputScale;
            }
        }
        mask_spectrum(target, bands_, segment, random_);
    }

    const WordFrames& frames_;
    int32_t window_;
    int32_t bands_;
    int64_t batch_;
    Random random_;
    uint64_t total_ = 0;
    std::vector<uint64_t> ends_;
};

/// The running average of a network's weights: less noisy than the last step's (Polyak and
/// Juditsky, "Acceleration of stochastic approximation by averaging", 1992).
class AveragedWeights {
  public:
    explicit AveragedWeights(const Net& net) {
        for (const auto& tensor : floats_of(net)) kept_.push_back(tensor.detach().clone());
    }

    void follow(const Net& net, int64_t step) {
        const torch::NoGradGuard guard;
        const double keep =
            std::min(0.997, (1.0 + static_cast<double>(step)) / (10.0 + static_cast<double>(step)));
        const auto now = floats_of(net);
        for (size_t i = 0; i < kept_.size(); ++i) {
            kept_[i].mul_(keep).add_(now[i].detach(), 1 - keep);
        }
    }

    const std::vector<torch::Tensor>& kept() const { return kept_; }
    void resume(std::vector<torch::Tensor> kept) { kept_ = std::move(kept); }

    void put_into(Net& net) const {
        const torch::NoGradGuard guard;
        auto now = floats_of(net);
        for (size_t i = 0; i < kept_.size(); ++i) now[i].copy_(kept_[i]);
    }

  private:
    static std::vector<torch::Tensor> floats_of(const Net& net) {
        auto tensors = net.parameters();
        for (const auto& buffer : net.buffers()) {
            if (buffer.is_floating_point()) tensors.push_back(buffer);
        }
        return tensors;
    }

    std::vector<torch::Tensor> kept_;
};

/// Everything that a fit's bits depend on.
std::string fit_key(const project::Project& project, const WordFrames& frames) {
    uint32_t crc = 0;
    for (const auto* tracks : {&frames.positives, &frames.negatives}) {
        for (const Track& track : *tracks) {
            crc = static_cast<uint32_t>(crc32_z(
                crc, reinterpret_cast<const Bytef*>(track.values.data()), track.values.size()));
        }
    }
    const auto& n = project.network;
    return fmt::format("spotter 1 {} {} {} {} {} {} {} {:08x}", fmt::join(n.channels, "x"),
                       project.features.frames, project.frame_values(), n.epochs, n.batch,
                       n.learning_rate, n.seed, crc);
}

torch::Tensor loss_of(const torch::Tensor& logits, const torch::Tensor& labels) {
    // Smoothed targets keep the scores away from the ends of the int8 scale, where they could not
    // be told apart.
    constexpr double smoothing = 0.03;
    const auto flat = logits.permute({0, 2, 1}).reshape({-1, logits.size(1)});
    const auto targets = labels.reshape({-1});
    const auto log_p = torch::log_softmax(flat, 1);
    const auto loss =
        torch::where(targets == word,
                     -(1 - smoothing) * log_p.select(1, word) - smoothing * log_p.select(1, other),
                     -(1 - smoothing) * log_p.select(1, other) - smoothing * log_p.select(1, word));
    const auto is_word = (targets == word).to(torch::kFloat32);
    const auto is_other = (targets == other).to(torch::kFloat32);
    const auto positive = (loss * is_word).sum() / is_word.sum().clamp_min(1);
    // Only the worst fifth of the negatives: the rest is long learned and would drown it.
    const auto negatives = loss * is_other;
    const auto kept = std::get<0>(negatives.topk(std::max<int64_t>(1, negatives.numel() / 5)));
    return positive + kept.mean();
}

}  // namespace

FittedClassifier fit_spotter(const project::Project& project, const WordFrames& frames,
                             const ProgressCallback& progress, const StopFlag& stop,
                             const std::filesystem::path& checkpoint) {
    if (frames.positives.empty() || frames.negatives.empty()) {
        throw std::runtime_error("a wake word needs recordings of the word and of other sounds");
    }
    if (project.frame_values() < 2) {
        throw std::runtime_error(fmt::format("{}: features.bands: a wake word needs more than one",
                                             project.path.string()));
    }
    be_deterministic(project.network.seed);
    const auto bands = static_cast<int32_t>(project.frame_values());
    const auto window = static_cast<int32_t>(project.features.frames);
    Net net(spotter_layers(project));
    net.to(compute_device());
    net.train();
    const double peak_rate = project.network.learning_rate;
    torch::optim::AdamW optimizer(net.parameters(),
                                  torch::optim::AdamWOptions(peak_rate).weight_decay(0.02));
    Batches batches(project, frames, project.network.seed);
    const int64_t steps_per_epoch = 100;
    const int64_t steps = static_cast<int64_t>(project.network.epochs) * steps_per_epoch;
    constexpr size_t parts = 3;
    std::array<std::vector<HardNegative>, parts> found;
    std::vector<HardNegative> hard;
    AveragedWeights averaged(net);
    const auto start = std::chrono::steady_clock::now();
    double running_loss = 0;
    FittedClassifier fitted;
    const std::string key = checkpoint.empty() ? std::string() : fit_key(project, frames);
    int64_t step = 0;
    const auto gather = [&] {
        hard.clear();
        for (const auto& spots : found) hard.insert(hard.end(), spots.begin(), spots.end());
    };
    if (FitState state; !key.empty() && load_checkpoint(checkpoint, key, net, optimizer, state)) {
        step = state.step;
        running_loss = state.loss;
        fitted.curve = state.curve;
        batches.resume(state.random);
        averaged.resume(state.averaged);
        for (size_t i = 0; i < parts; ++i) found.at(i) = hard_negatives_of(state.found.at(i));
        gather();
    }
    const int64_t first = step;
    const auto keep = [&] {
        if (key.empty()) return;
        FitState state{step,         batches.random_state(), running_loss,
                       fitted.curve, averaged.kept(),        {}};
        for (const auto& spots : found) state.found.push_back(to_tensor(spots));
        save_checkpoint(checkpoint, key, net, optimizer, state);
    };
    for (; step < steps && !stop; ++step) {
        if (step > 0 && step % steps_per_epoch == 0) {
            if (step > first) keep();
            const size_t part = static_cast<size_t>(step / steps_per_epoch) % parts;
            found[part] = find_hard_negatives(net, frames, bands, window, part, parts);
            gather();
        }
        // Rise over the first epoch, then half a cosine down to nothing.
        const double done = static_cast<double>(step) / static_cast<double>(steps);
        const double warm = std::min(1.0, static_cast<double>(step + 1) / steps_per_epoch);
        static_cast<torch::optim::AdamWOptions&>(optimizer.param_groups()[0].options())
            .lr(peak_rate * warm * 0.5 * (1 + std::cos(std::numbers::pi * done)));
        torch::Tensor x, labels;
        batches.next(x, labels, hard);
        optimizer.zero_grad();
        const auto loss = loss_of(net.forward(x.to(compute_device())), labels.to(compute_device()));
        loss.backward();
        optimizer.step();
        averaged.follow(net, step);
        running_loss =
            step == 0 ? loss.item<double>() : 0.98 * running_loss + 0.02 * loss.item<double>();
        if (step % steps_per_epoch == steps_per_epoch - 1)
            fitted.curve.push_back({running_loss, 0, 0});
        if (step % 10 == 9) {
            const double seconds =
                std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            const double fraction = static_cast<double>(step + 1) / static_cast<double>(steps);
            const double pace = seconds / static_cast<double>(step + 1 - first);
            progress({"fit", fraction, pace * static_cast<double>(steps - step - 1),
                      fmt::format("loss {:.3f}, {} hard negatives", running_loss, hard.size())});
        }
    }
    if (step < steps) {
        keep();
    } else if (!key.empty()) {
        std::filesystem::remove(checkpoint);
    }
    averaged.put_into(net);
    net.eval();
    FoldedNetwork& network = fitted.network;
    network.name = project.application.name;
    network.frames = window;
    network.values = bands;
    network.input_scale = kSpotterInputScale;
    network.softmax = true;
    network.layers = net.fold();
    calibrate(network, sample_windows(project, frames, 600).inputs);
    return fitted;
}

}  // namespace ganglion::train
