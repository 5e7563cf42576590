#include "train/fit/fit_classifier.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <set>
#include <stdexcept>

#include "train/classic/forest.hpp"
#include "train/classic/kernels.hpp"
#include "train/classic/linear.hpp"
#include "train/classic/prototypes.hpp"
#include "train/fit/class_trainer.hpp"
#include "train/fit/compression.hpp"

namespace ganglion::train {
namespace {

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

/// Empty where the kind is a network.
std::optional<FoldedNetwork> classical(const ClassifierSettings& settings,
                                       const LabelledWindows& train) {
    if (settings.kind == "forest") return fit_forest(settings, train);
    if (settings.kind == "linear_svm") return fit_linear_svm(settings, train);
    if (settings.kind == "prototypes") return fit_prototypes(settings, train);
    if (settings.kind == "kernel_svm") return fit_kernel_svm(settings, train);
    if (settings.kind == "mixture") return fit_mixture(settings, train);
    return std::nullopt;
}

}  // namespace

FittedClassifier fit_classifier(const ClassifierSettings& settings, const LabelledWindows& train,
                                const LabelledWindows& validation, const ProgressCallback& progress,
                                const StopFlag& stop, std::span<const LabelledTrack> tracks) {
    check(settings, train, "train");
    if (validation.size() > 0) check(settings, validation, "val");
    static const std::set<std::string> over_time{"ds_cnn", "temporal", "residual",
                                                 "inverted_residual"};
    if (!tracks.empty() && !over_time.contains(settings.kind)) {
        throw std::runtime_error(
            fmt::format("{}: training.moments: is for networks over time; write network.kind as "
                        "one of {}, or leave it out",
                        settings.name, fmt::join(over_time, ", ")));
    }
    if (auto model = classical(settings, train)) {
        if (settings.compression.any()) {
            throw std::runtime_error(fmt::format(
                "{}: compression: is for networks; a {} has none of it: remove the section",
                settings.name, settings.kind));
        }
        return {std::move(*model), {}, {}};
    }
    if (settings.compression.any() && (settings.kind == "lstm" || settings.kind == "gru")) {
        throw std::runtime_error(fmt::format(
            "{}: compression: not for networks with a state; remove the section", settings.name));
    }
    if (settings.epochs == 0 || settings.batch == 0 || settings.learning_rate <= 0) {
        throw std::runtime_error(fmt::format(
            "{}: network: training needs epochs, batch and learning_rate above zero; write them",
            settings.name));
    }
    const uint32_t fine = fine_epochs(settings);
    ClassTrainer trainer(settings, train, tracks, validation, progress, stop,
                         settings.epochs + fine + compression_epochs(settings));
    const auto exact =
        trainer.fit(classifier_layers(settings, train.frames, train.values), nullptr);
    FittedClassifier fitted{exact, {}, {}};
    if (!stop) fitted.network = trainer.tune(exact, fine, settings.learning_rate / 10, nullptr);
    if (settings.compression.any() && !stop) {
        fitted.stages = compress(trainer, settings, exact, fitted.network, stop);
        fitted.network = fitted.stages.back().network;
    }
    fitted.curve = trainer.curve();
    return fitted;
}

}  // namespace ganglion::train
