#include "train/fit/class_trainer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <optional>

#include "train/fit/spectrum_change.hpp"
#include "train/network/compute_device.hpp"
#include "train/network/deterministic.hpp"
#include "train/network/quantized_net.hpp"
#include "train/quantize/compress.hpp"
#include "train/quantize/to_graph.hpp"

namespace ganglion::train {
namespace {

constexpr size_t kChunk = 1024;
constexpr size_t kCalibrationWindows = 1000;
constexpr double kTemperature = 2;      // softens the teacher's outputs
constexpr double kTeachersShare = 0.5;  // of the loss
constexpr size_t kMoments = 16;         // of a piece of a track

/// [windows, classes] or [pieces, classes, moments] as one row a moment.
torch::Tensor by_moment(const torch::Tensor& logits) {
    const int64_t classes = logits.size(1);
    if (logits.dim() == 2) return logits;
    return logits.permute({0, 2, 1}).reshape({-1, classes});
}

/// How often each class is learned from.
std::vector<double> weights_of(const ClassifierSettings& settings, const LabelledWindows& windows,
                               std::span<const LabelledTrack> tracks) {
    if (tracks.empty()) return class_weights(windows.labels, settings.classes, settings.balance);
    std::vector<uint16_t> labels;
    for (const LabelledTrack& track : tracks) {
        for (const int16_t label : track.labels)
            if (label != kNoLabel) labels.push_back(static_cast<uint16_t>(label));
    }
    return class_weights(labels, settings.classes, settings.balance);
}

}  // namespace

ClassTrainer::ClassTrainer(const ClassifierSettings& settings, const LabelledWindows& train,
                           std::span<const LabelledTrack> tracks, const LabelledWindows& validation,
                           const ProgressCallback& progress, const StopFlag& stop, uint32_t epochs)
    : settings_(settings),
      train_(train),
      tracks_(tracks),
      validation_(validation),
      progress_(progress),
      stop_(stop),
      all_epochs_(epochs),
      random_(settings.seed),
      order_(tracks.empty() ? train.size() : tracks.size()),
      start_(std::chrono::steady_clock::now()) {
    std::vector<float> weights;
    for (const double weight : weights_of(settings, train, tracks))
        weights.push_back(static_cast<float>(weight));
    weights_ = torch::tensor(weights).to(compute_device());
}

void ClassTrainer::begin(const std::vector<FoldedLayer>& shapes,
                         const std::shared_ptr<Net>& teacher) {
    be_deterministic(settings_.seed);
    random_ = Random(settings_.seed);
    std::iota(order_.begin(), order_.end(), size_t{0});
    convolutional_ = shapes.front().kind != LayerKind::dense;
    step_frames_ = 1;
    for (const FoldedLayer& layer : shapes) step_frames_ *= static_cast<size_t>(layer.stride);
    teacher_ = teacher;
}

FoldedNetwork ClassTrainer::fit(const std::vector<FoldedLayer>& shapes,
                                const std::shared_ptr<Net>& teacher) {
    begin(shapes, teacher);
    Net net(shapes);
    net.to(compute_device());
    FoldedNetwork network;
    network.name = settings_.name;
    network.frames = static_cast<int32_t>(train_.frames);
    network.values = static_cast<int32_t>(train_.values);
    network.input_scale = kClassifierInputScale;
    network.softmax = true;
    run(net, settings_.epochs, settings_.learning_rate, [&] { network.layers = net.fold(); });
    if (network.layers.empty()) network.layers = net.fold();
    calibrate(network, spread_sample(train_, kCalibrationWindows));
    return network;
}

std::shared_ptr<Net> ClassTrainer::fit_teacher(const std::vector<FoldedLayer>& shapes) {
    begin(shapes, nullptr);
    auto net = std::make_shared<Net>(shapes);
    net->to(compute_device());
    run(*net, settings_.epochs, settings_.learning_rate, [] {});
    net->eval();
    return net;
}

FoldedNetwork ClassTrainer::tune(const FoldedNetwork& network, uint32_t epochs, double peak,
                                 const std::shared_ptr<Net>& teacher) {
    teacher_ = teacher;
    QuantizedNet quantized(network);
    quantized.to(compute_device());
    FoldedNetwork tuned = network;
    run(quantized, epochs, peak, [&] { tuned = quantized.network(); });
    return tuned;
}

void ClassTrainer::calibrate_anew(FoldedNetwork& network) const {
    auto rounded = with_rounded_weights(network);
    calibrate(rounded, spread_sample(train_, kCalibrationWindows));
    for (size_t i = 0; i < network.layers.size(); ++i) {
        network.layers[i].least = rounded.layers[i].least;
        network.layers[i].greatest = rounded.layers[i].greatest;
        network.layers[i].least_before = rounded.layers[i].least_before;
        network.layers[i].greatest_before = rounded.layers[i].greatest_before;
    }
}

template <typename Model>
void ClassTrainer::run(Model& net, uint32_t epochs, double peak,
                       const std::function<void()>& keep) {
    torch::optim::AdamW optimizer(net.parameters(),
                                  torch::optim::AdamWOptions(peak).weight_decay(0.01));
    const size_t batch = std::min<size_t>(settings_.batch, order_.size());
    const size_t per_epoch = std::max<size_t>(1, order_.size() / batch);
    double best_score = -1e30;
    for (uint32_t epoch = 0; epoch < epochs && !stop_; ++epoch) {
        for (size_t i = order_.size(); i-- > 1;) std::swap(order_[i], order_[random_.below(i + 1)]);
        net.train();
        Epoch now;
        for (size_t step = 0; step < per_epoch && !stop_; ++step) {
            const double done = static_cast<double>(epoch * per_epoch + step) /
                                static_cast<double>(epochs * per_epoch);
            static_cast<torch::optim::AdamWOptions&>(optimizer.param_groups()[0].options())
                .lr(peak * 0.5 * (1 + std::cos(std::numbers::pi * done)));
            optimizer.zero_grad();
            const auto loss = batch_loss(net, step * batch, batch);
            loss.backward();
            optimizer.step();
            now.train_loss += loss.template item<double>() / static_cast<double>(per_epoch);
        }
        judge(net, now);
        curve_.push_back(now);
        // Loss decides between epochs that are equally right.
        const double score = now.validation_accuracy - 1e-4 * now.validation_loss;
        if (score > best_score || !tracks_.empty()) {
            best_score = score;
            keep();
        }
        tell();
    }
}

template <typename Model>
torch::Tensor ClassTrainer::batch_loss(Model& net, size_t first, size_t count) {
    auto [x, targets] = tracks_.empty() ? windows_at(first, count) : pieces_at(first, count);
    x = x.to(compute_device());
    const auto logits = net.forward(x);
    auto loss = loss_of(logits, targets.to(compute_device()));
    if (!teacher_) return loss;
    return (1 - kTeachersShare) * loss + kTeachersShare * distance_to_teacher(logits, x);
}

std::pair<torch::Tensor, torch::Tensor> ClassTrainer::windows_at(size_t first, size_t count) {
    auto x = torch::empty(shape_of(count));
    auto targets = torch::empty({static_cast<int64_t>(count), 1}, torch::kInt64);
    for (size_t b = 0; b < count; ++b) {
        const size_t i = order_[first + b];
        fill(train_.window(i), train_.frames, x.data_ptr<float>() + b * train_.window_values(),
             true);
        targets.data_ptr<int64_t>()[b] = train_.labels[i];
    }
    return {x, targets};
}

std::pair<torch::Tensor, torch::Tensor> ClassTrainer::pieces_at(size_t first, size_t count) {
    const size_t values = train_.values;
    const size_t frames = train_.frames + step_frames_ * (kMoments - 1);
    const auto n = static_cast<int64_t>(count);
    auto x = torch::empty({n, train_.values, static_cast<int64_t>(frames)});
    auto targets = torch::full({n, static_cast<int64_t>(kMoments)}, kNoLabel, torch::kInt64);
    std::vector<int8_t> piece;
    for (size_t b = 0; b < count; ++b) {
        const LabelledTrack& track = tracks_[order_[first + b]];
        const size_t all = track.labels.size();
        const size_t begin = all > frames ? random_.below(all - frames + 1) : 0;
        const size_t end = std::min(all, begin + frames);
        piece.assign(track.values.begin() + static_cast<ptrdiff_t>(begin * values),
                     track.values.begin() + static_cast<ptrdiff_t>(end * values));
        piece.resize(frames * values, 0);  // behind the end of a short one; not learned from
        fill(piece, frames, x.data_ptr<float>() + b * frames * values, true);
        for (size_t m = 0; m < kMoments; ++m) {
            const size_t last = begin + train_.frames - 1 + step_frames_ * m;
            if (last < all) targets.data_ptr<int64_t>()[b * kMoments + m] = track.labels[last];
        }
    }
    return {x, targets};
}

torch::Tensor ClassTrainer::loss_of(const torch::Tensor& logits,
                                    const torch::Tensor& targets) const {
    constexpr double smoothing = 0.05;
    return torch::nn::functional::cross_entropy(by_moment(logits), targets.reshape({-1}),
                                                torch::nn::functional::CrossEntropyFuncOptions()
                                                    .weight(weights_)
                                                    .ignore_index(kNoLabel)
                                                    .label_smoothing(smoothing));
}

torch::Tensor ClassTrainer::distance_to_teacher(const torch::Tensor& logits,
                                                const torch::Tensor& x) const {
    torch::Tensor wanted;
    {
        const torch::NoGradGuard guard;
        wanted = torch::softmax(by_moment(teacher_->forward(x)) / kTemperature, 1);
    }
    const auto given = torch::log_softmax(by_moment(logits) / kTemperature, 1);
    // Times the square, so that its gradients are as large as the other half's.
    return -kTemperature * kTemperature * (wanted * given).sum(1).mean();
}

template <typename Model>
void ClassTrainer::judge(Model& net, Epoch& epoch) {
    const torch::NoGradGuard guard;
    net.eval();
    Confusion confusion(settings_.classes);
    const auto& of = validation_.size() > 0 ? validation_ : train_;
    for (size_t first = 0; first < of.size(); first += kChunk) {
        const size_t count = std::min(kChunk, of.size() - first);
        auto x = torch::empty(shape_of(count));
        auto targets = torch::empty({static_cast<int64_t>(count)}, torch::kInt64);
        for (size_t b = 0; b < count; ++b) {
            fill(of.window(first + b), of.frames,
                 x.template data_ptr<float>() + b * of.window_values(), false);
            targets.template data_ptr<int64_t>()[b] = of.labels[first + b];
        }
        const auto logits =
            net.forward(x.to(compute_device()))
                .reshape({static_cast<int64_t>(count), static_cast<int64_t>(settings_.classes)});
        epoch.validation_loss +=
            loss_of(logits, targets.to(compute_device())).template item<double>() *
            static_cast<double>(count) / static_cast<double>(of.size());
        const auto given = logits.argmax(1).to(torch::kCPU).contiguous();
        for (size_t b = 0; b < count; ++b) {
            confusion.add(of.labels[first + b],
                          static_cast<size_t>(given.template data_ptr<int64_t>()[b]));
        }
    }
    epoch.validation_accuracy = confusion.balanced_accuracy();
}

/// Convolutions want time last. What is learned from is changed a little each time.
void ClassTrainer::fill(std::span<const int8_t> window, size_t count, float* target,
                        bool training) {
    const size_t frames = convolutional_ ? count : 1;
    const size_t values = window.size() / frames;
    const bool spectral = training && settings_.spectral && convolutional_;
    std::optional<SpectrumChange> change;
    if (spectral) change.emplace(static_cast<int32_t>(values), random_);
    for (size_t f = 0; f < frames; ++f) {
        const int8_t* frame = window.data() + f * values;
        for (size_t v = 0; v < values; ++v) {
            double value =
                change ? static_cast<double>(change->at(frame, static_cast<int32_t>(v))) : frame[v];
            if (training && settings_.noise > 0) value += settings_.noise * random_.normal();
            target[v * frames + f] =
                static_cast<float>(std::clamp(value, -128.0, 127.0)) * kClassifierInputScale;
        }
    }
    if (spectral)
        mask_spectrum(target, static_cast<int32_t>(values), static_cast<int32_t>(frames), random_);
}

std::vector<int64_t> ClassTrainer::shape_of(size_t count) const {
    const auto n = static_cast<int64_t>(count);
    if (!convolutional_) return {n, static_cast<int64_t>(train_.window_values())};
    return {n, train_.values, train_.frames};
}

void ClassTrainer::tell() const {
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const double fraction =
        std::min(1.0, static_cast<double>(curve_.size()) / static_cast<double>(all_epochs_));
    progress_({"fit", fraction, seconds / fraction * (1 - fraction),
               fmt::format("loss {:.3f}, validation {:.1f} %", curve_.back().train_loss,
                           100 * curve_.back().validation_accuracy)});
}

}  // namespace ganglion::train
