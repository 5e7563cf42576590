#include "train/fit/fit_spotter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "train/evaluate/agreement.hpp"
#include "train/network/deterministic.hpp"
#include "train/network/net.hpp"
#include "train/quantize/to_graph.hpp"

namespace ganglion::train {
namespace {

constexpr int32_t kOutputsPerSegment = 16;
constexpr int32_t kStepFrames = 2;  // the first convolution's stride
/// The word counts as heard when its end lies this many frames before the end of the window.
constexpr int32_t kHeardFrom = 1;
constexpr int32_t kHeardUntil = 10;
constexpr float kInputScale = 1.0F / 32;

enum Label : int8_t { other = 0, word = 1, ignored = -1 };

struct Spot {
    size_t track;
    int32_t last_frame;
    float probability;
};

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

    int32_t segment_frames() const { return window_ + kStepFrames * (kOutputsPerSegment - 1); }

    /// x [batch, bands, segment], labels [batch, outputs]
    void next(torch::Tensor& x, torch::Tensor& labels, const std::vector<Spot>& hard) {
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
                const int32_t room = kStepFrames * (kOutputsPerSegment - 1);
                const auto shift = static_cast<int32_t>(random_.below(static_cast<uint64_t>(room)));
                last = track->word_end + kHeardFrom + shift;
            } else if (b < positives + (batch_ - positives) / 2 && !hard.empty()) {
                const Spot& spot = hard[random_.below(hard.size())];
                track = &frames_.negatives[spot.track];
                last = spot.last_frame +
                       static_cast<int32_t>(random_.below(kStepFrames * kOutputsPerSegment));
            } else {
                const auto at = std::upper_bound(ends_.begin(), ends_.end(), random_.below(total_));
                track = &frames_.negatives[static_cast<size_t>(at - ends_.begin())];
                last = static_cast<int32_t>(
                    random_.below(static_cast<uint64_t>(track->frames + segment / 2)));
            }
            fill(*track, last, values + b * bands_ * segment);
            for (int32_t j = 0; j < kOutputsPerSegment; ++j) {
                const int32_t end = last - kStepFrames * (kOutputsPerSegment - 1 - j);
                // Windows that reach beyond the recording see padding; the word in them is still
                // whole.
                targets[b * kOutputsPerSegment + j] = label_of(*track, end);
            }
        }
    }

  private:
    /// Copies frames [last - segment + 1, last], transposed; outside the track: the floor (digital
    /// silence). Masks some bands and moments (Park et al., "SpecAugment", 2019).
    void fill(const Track& track, int32_t last, float* target) {
        const int32_t segment = segment_frames();
        const int32_t first = last - segment + 1;
        const float shift = static_cast<float>(random_.uniform(-6, 6));
        for (int32_t t = 0; t < segment; ++t) {
            const int32_t frame = first + t;
            const bool inside = frame >= 0 && frame < track.frames;
            for (int32_t v = 0; v < bands_; ++v) {
                const float value =
                    inside
                        ? static_cast<float>(track.values[static_cast<size_t>(frame * bands_ + v)])
                        : -128.0F;
                target[v * segment + t] =
                    std::clamp(value + (inside ? shift : 0.0F), -128.0F, 127.0F) * kInputScale;
            }
        }
        if (random_.chance(0.5)) {
            const auto width = static_cast<int32_t>(1 + random_.below(5));
            const auto at =
                static_cast<int32_t>(random_.below(static_cast<uint64_t>(bands_ - width)));
            std::fill(target + at * segment, target + (at + width) * segment, 0.0F);
        }
        if (random_.chance(0.3)) {
            const auto width = static_cast<int32_t>(1 + random_.below(4));
            const auto at =
                static_cast<int32_t>(random_.below(static_cast<uint64_t>(segment - width)));
            for (int32_t v = 0; v < bands_; ++v) {
                std::fill(target + v * segment + at, target + v * segment + at + width, 0.0F);
            }
        }
    }

    const WordFrames& frames_;
    int32_t window_;
    int32_t bands_;
    int64_t batch_;
    Random random_;
    uint64_t total_ = 0;
    std::vector<uint64_t> ends_;
};

/// Several tracks one after the other, so that the network slides over thousands of frames in one
/// call.
struct Chain {
    std::vector<int8_t> values;
    std::vector<std::pair<size_t, int32_t>> tracks;  ///< index, first frame in the chain
    int32_t frames = 0;
};

/// The highest spots of one chain: at most one per half second, so that one bad recording does not
/// fill the list.
void scan(Net& net, const WordFrames& frames, const Chain& chain, int32_t bands, int32_t window,
          std::vector<Spot>& spots) {
    const auto raw = torch::from_blob(const_cast<int8_t*>(chain.values.data()),
                                      {chain.frames, bands}, torch::kInt8);
    const auto x = (raw.to(torch::kFloat32) * kInputScale).t().contiguous().unsqueeze(0);
    const auto p = torch::softmax(net.forward(x), 1).select(1, word).contiguous();
    const float* values = p.data_ptr<float>();
    for (const auto& [track, first] : chain.tracks) {
        // Only windows that lie in one track; p[k] belongs to the window that starts at frame 2 k.
        const int32_t from = (first + kStepFrames - 1) / kStepFrames;
        const int32_t to = (first + frames.negatives[track].frames - window) / kStepFrames;
        for (int32_t half_second = from; half_second <= to; half_second += 12) {
            const float* end = values + std::min(half_second + 12, to + 1);
            const float* best = std::max_element(values + half_second, end);
            if (*best <= 0.03F) continue;
            const auto k = static_cast<int32_t>(best - values);
            spots.push_back({track, kStepFrames * k + window - 1 - first, *best});
        }
    }
}

/// Where the network takes other sounds for the word, worst first. Searches every `parts`-th
/// negative from `part` on.
std::vector<Spot> find_hard(Net& net, const WordFrames& frames, int32_t bands, int32_t window,
                            size_t part, size_t parts) {
    const torch::NoGradGuard guard;
    net.eval();
    std::vector<Spot> spots;
    Chain chain;
    for (size_t i = part; i < frames.negatives.size(); i += parts) {
        const Track& track = frames.negatives[i];
        if (track.frames >= window) {
            chain.tracks.emplace_back(i, chain.frames);
            chain.values.insert(chain.values.end(), track.values.begin(), track.values.end());
            chain.frames += track.frames;
        }
        if (chain.frames > 6000 || (i + parts >= frames.negatives.size() && chain.frames > 0)) {
            scan(net, frames, chain, bands, window, spots);
            chain = {};
        }
    }
    std::stable_sort(spots.begin(), spots.end(),
                     [](const Spot& a, const Spot& b) { return a.probability > b.probability; });
    spots.resize(std::min<size_t>(spots.size(), 600));
    net.train();
    return spots;
}

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
                             const ProgressCallback& progress, const StopFlag& stop) {
    if (frames.positives.empty() || frames.negatives.empty()) {
        throw std::runtime_error("a wake word needs recordings of the word and of other sounds");
    }
    be_deterministic(project.network.seed);
    const auto bands = static_cast<int32_t>(project.frame_values());
    const auto window = static_cast<int32_t>(project.features.frames);
    Net net(spotter_layers(project));
    net.train();
    const double peak_rate = project.network.learning_rate;
    torch::optim::AdamW optimizer(net.parameters(),
                                  torch::optim::AdamWOptions(peak_rate).weight_decay(0.02));
    Batches batches(project, frames, project.network.seed);
    const int64_t steps_per_epoch = 100;
    const int64_t steps = static_cast<int64_t>(project.network.epochs) * steps_per_epoch;
    constexpr size_t parts = 3;
    std::array<std::vector<Spot>, parts> found;
    std::vector<Spot> hard;
    AveragedWeights averaged(net);
    const auto start = std::chrono::steady_clock::now();
    double running_loss = 0;
    FittedClassifier fitted;
    for (int64_t step = 0; step < steps && !stop; ++step) {
        if (step > 0 && step % steps_per_epoch == 0) {
            const size_t part = static_cast<size_t>(step / steps_per_epoch) % parts;
            found[part] = find_hard(net, frames, bands, window, part, parts);
            hard.clear();
            for (const auto& spots : found) hard.insert(hard.end(), spots.begin(), spots.end());
        }
        // Rise over the first epoch, then half a cosine down to nothing.
        const double done = static_cast<double>(step) / static_cast<double>(steps);
        const double warm = std::min(1.0, static_cast<double>(step + 1) / steps_per_epoch);
        static_cast<torch::optim::AdamWOptions&>(optimizer.param_groups()[0].options())
            .lr(peak_rate * warm * 0.5 * (1 + std::cos(std::numbers::pi * done)));
        torch::Tensor x, labels;
        batches.next(x, labels, hard);
        optimizer.zero_grad();
        const auto loss = loss_of(net.forward(x), labels);
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
            progress({"fit", fraction, seconds / fraction * (1 - fraction),
                      fmt::format("loss {:.3f}, {} hard negatives", running_loss, hard.size())});
        }
    }
    averaged.put_into(net);
    net.eval();
    FoldedNetwork& network = fitted.network;
    network.name = project.application.name;
    network.frames = window;
    network.values = bands;
    network.input_scale = kInputScale;
    network.softmax = true;
    network.layers = net.fold();
    calibrate(network, sample_windows(project, frames, 600).inputs);
    return fitted;
}

}  // namespace ganglion::train
