#include "train/fit/fit_classifier.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <numeric>
#include <stdexcept>

#include "train/classic/forest.hpp"
#include "train/classic/linear.hpp"
#include "train/classic/prototypes.hpp"
#include "train/network/deterministic.hpp"
#include "train/network/net.hpp"
#include "train/network/quantized_net.hpp"
#include "train/quantize/to_graph.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

constexpr size_t kChunk = 1024;
constexpr size_t kCalibrationWindows = 1000;

void check(const ClassifierSettings& settings, const LabelledWindows& windows, const char* split) {
    const auto reject = [&](const std::string& what) {
        throw std::runtime_error(fmt::format("{}: {}", settings.name, what));
    };
    if (windows.size() == 0) reject(fmt::format("split '{}' has no window to learn from", split));
    if (windows.inputs.size() != windows.size() * windows.window_values())
        reject(fmt::format("the windows of split '{}' are not whole", split));
    for (const uint16_t label : windows.labels) {
        if (label >= settings.classes)
            reject(fmt::format("label {} where there are {} classes", label, settings.classes));
    }
}

class Trainer {
  public:
    Trainer(const ClassifierSettings& settings, const LabelledWindows& train,
            const LabelledWindows& validation, const ProgressCallback& progress,
            const StopFlag& stop)
        : settings_(settings),
          train_(train),
          validation_(validation),
          progress_(progress),
          stop_(stop),
          random_(settings.seed),
          order_(train.size()) {
        std::iota(order_.begin(), order_.end(), size_t{0});
        std::vector<float> weights;
        for (const double weight : class_weights(train.labels, settings.classes, settings.balance))
            weights.push_back(static_cast<float>(weight));
        weights_ = torch::tensor(weights);
    }

    FittedClassifier fit() {
        be_deterministic(settings_.seed);
        auto shapes = classifier_layers(settings_, train_.frames, train_.values);
        convolutional_ = shapes.front().kind != LayerKind::dense;
        Net net(shapes);
        FittedClassifier fitted;
        fitted.network.name = settings_.name;
        fitted.network.frames = static_cast<int32_t>(train_.frames);
        fitted.network.values = static_cast<int32_t>(train_.values);
        fitted.network.input_scale = kClassifierInputScale;
        fitted.network.softmax = true;
        const uint32_t fine = std::max<uint32_t>(1, settings_.epochs / 5);
        all_epochs_ = settings_.epochs + fine;
        start_ = std::chrono::steady_clock::now();

        std::vector<FoldedLayer> best;
        run(net, settings_.epochs, settings_.learning_rate, fitted.curve,
            [&] { best = net.fold(); });
        fitted.network.layers = best.empty() ? net.fold() : best;
        calibrate(fitted.network, spread_sample(train_, kCalibrationWindows));
        if (stop_) return fitted;

        QuantizedNet quantized(fitted.network);
        FoldedNetwork tuned = fitted.network;
        run(quantized, fine, settings_.learning_rate / 10, fitted.curve,
            [&] { tuned = quantized.network(); });
        fitted.network = tuned;
        return fitted;
    }

  private:
    template <typename Model>
    void run(Model& net, uint32_t epochs, double peak, std::vector<Epoch>& curve,
             const std::function<void()>& keep) {
        torch::optim::AdamW optimizer(net.parameters(),
                                      torch::optim::AdamWOptions(peak).weight_decay(0.01));
        const size_t batch = std::min<size_t>(settings_.batch, train_.size());
        const size_t per_epoch = std::max<size_t>(1, train_.size() / batch);
        double best_score = -1e30;
        for (uint32_t epoch = 0; epoch < epochs && !stop_; ++epoch) {
            for (size_t i = order_.size(); i-- > 1;)
                std::swap(order_[i], order_[random_.below(i + 1)]);
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
            curve.push_back(now);
            // Loss decides between epochs that are equally right.
            const double score = now.validation_accuracy - 1e-4 * now.validation_loss;
            if (score > best_score) {
                best_score = score;
                keep();
            }
            tell(curve);
        }
    }

    template <typename Model>
    torch::Tensor batch_loss(Model& net, size_t first, size_t count) {
        auto x = torch::empty(shape_of(count));
        auto targets = torch::empty({static_cast<int64_t>(count)}, torch::kInt64);
        for (size_t b = 0; b < count; ++b) {
            const size_t i = order_[first + b];
            fill(train_.window(i), x.template data_ptr<float>() + b * train_.window_values(),
                 settings_.noise);
            targets.template data_ptr<int64_t>()[b] = train_.labels[i];
        }
        return loss_of(net.forward(x), targets);
    }

    torch::Tensor loss_of(const torch::Tensor& logits, const torch::Tensor& targets) const {
        constexpr double smoothing = 0.05;
        const auto flat = logits.reshape({logits.size(0), logits.size(1)});
        return torch::nn::functional::cross_entropy(
            flat, targets,
            torch::nn::functional::CrossEntropyFuncOptions().weight(weights_).label_smoothing(
                smoothing));
    }

    template <typename Model>
    void judge(Model& net, Epoch& epoch) {
        const torch::NoGradGuard guard;
        net.eval();
        Confusion confusion(settings_.classes);
        const auto& of = validation_.size() > 0 ? validation_ : train_;
        for (size_t first = 0; first < of.size(); first += kChunk) {
            const size_t count = std::min(kChunk, of.size() - first);
            auto x = torch::empty(shape_of(count));
            auto targets = torch::empty({static_cast<int64_t>(count)}, torch::kInt64);
            for (size_t b = 0; b < count; ++b) {
                fill(of.window(first + b), x.template data_ptr<float>() + b * of.window_values(),
                     0);
                targets.template data_ptr<int64_t>()[b] = of.labels[first + b];
            }
            const auto logits = net.forward(x).reshape(
                {static_cast<int64_t>(count), static_cast<int64_t>(settings_.classes)});
            epoch.validation_loss += loss_of(logits, targets).template item<double>() *
                                     static_cast<double>(count) / static_cast<double>(of.size());
            const auto given = logits.argmax(1).contiguous();
            for (size_t b = 0; b < count; ++b) {
                confusion.add(of.labels[first + b],
                              static_cast<size_t>(given.template data_ptr<int64_t>()[b]));
            }
        }
        epoch.validation_accuracy = confusion.balanced_accuracy();
    }

    /// Convolutions want time last.
    void fill(std::span<const int8_t> window, float* target, double noise) {
        const size_t frames = convolutional_ ? train_.frames : 1;
        const size_t values = window.size() / frames;
        for (size_t f = 0; f < frames; ++f) {
            for (size_t v = 0; v < values; ++v) {
                double value = window[f * values + v];
                if (noise > 0) value += noise * random_.normal();
                target[v * frames + f] =
                    static_cast<float>(std::clamp(value, -128.0, 127.0)) * kClassifierInputScale;
            }
        }
    }

    std::vector<int64_t> shape_of(size_t count) const {
        const auto n = static_cast<int64_t>(count);
        if (!convolutional_) return {n, static_cast<int64_t>(train_.window_values())};
        return {n, train_.values, train_.frames};
    }

    void tell(const std::vector<Epoch>& curve) const {
        const double seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
        const double fraction =
            static_cast<double>(curve.size()) / static_cast<double>(all_epochs_);
        progress_({"fit", fraction, seconds / fraction * (1 - fraction),
                   fmt::format("loss {:.3f}, validation {:.1f} %", curve.back().train_loss,
                               100 * curve.back().validation_accuracy)});
    }

    const ClassifierSettings& settings_;
    const LabelledWindows& train_;
    const LabelledWindows& validation_;
    const ProgressCallback& progress_;
    const StopFlag& stop_;
    Random random_;
    std::vector<size_t> order_;
    torch::Tensor weights_;
    bool convolutional_ = false;
    uint32_t all_epochs_ = 1;
    std::chrono::steady_clock::time_point start_;
};

}  // namespace

FittedClassifier fit_classifier(const ClassifierSettings& settings, const LabelledWindows& train,
                                const LabelledWindows& validation, const ProgressCallback& progress,
                                const StopFlag& stop) {
    check(settings, train, "train");
    if (validation.size() > 0) check(settings, validation, "val");
    if (settings.kind == "forest") return {fit_forest(settings, train), {}};
    if (settings.kind == "linear_svm") return {fit_linear_svm(settings, train), {}};
    if (settings.kind == "prototypes") return {fit_prototypes(settings, train), {}};
    if (settings.epochs == 0 || settings.batch == 0 || settings.learning_rate <= 0) {
        throw std::runtime_error(fmt::format(
            "{}: network: training needs epochs, batch and learning_rate above zero; write them",
            settings.name));
    }
    return Trainer(settings, train, validation, progress, stop).fit();
}

}  // namespace ganglion::train
