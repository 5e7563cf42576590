#include "train/fit/compression.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "train/quantize/compress.hpp"

namespace ganglion::train {
namespace {

/// What has less room is fitted for half as long again.
uint32_t coarse_epochs(const ClassifierSettings& settings) {
    return std::max<uint32_t>(1, settings.epochs / 2);
}

}  // namespace

uint32_t fine_epochs(const ClassifierSettings& settings) {
    return std::max<uint32_t>(1, settings.epochs / 5);
}

uint32_t compression_epochs(const ClassifierSettings& settings) {
    const auto& c = settings.compression;
    if (!c.any()) return 0;
    const uint32_t fine = fine_epochs(settings);
    const uint32_t both = coarse_epochs(settings) + fine + 1;
    uint32_t epochs = 1;
    if (!c.teacher.empty()) epochs += 2 * settings.epochs + fine + 1;
    if (c.prune > 0) epochs += both;
    if (c.weight_bits == 4) epochs += both;
    if (c.clusters > 0) epochs += both;
    return epochs;
}

std::vector<CompressionStage> compress(ClassTrainer& trainer, const ClassifierSettings& settings,
                                       FoldedNetwork exact, const FoldedNetwork& fitted,
                                       const StopFlag& stop) {
    const auto& wanted = settings.compression;
    const double peak = settings.learning_rate;
    std::shared_ptr<Net> teacher;
    std::vector<CompressionStage> stages;
    const auto add = [&](const std::string& name, const FoldedNetwork& network) {
        stages.push_back({name, network, trainer.tune(network, 1, peak / 10, teacher)});
    };
    const auto tuned = [&](FoldedNetwork network) {
        trainer.calibrate_anew(network);
        network = trainer.tune(network, coarse_epochs(settings), peak / 3, teacher);
        trainer.calibrate_anew(network);
        return trainer.tune(network, fine_epochs(settings), peak / 10, teacher);
    };
    add("without compression", fitted);
    FoldedNetwork now = fitted;
    if (!wanted.teacher.empty() && !stop) {
        auto larger = settings;
        larger.channels = wanted.teacher;
        const auto frames = static_cast<uint32_t>(exact.frames);
        const auto values = static_cast<uint32_t>(exact.values);
        teacher = trainer.fit_teacher(classifier_layers(larger, frames, values));
        exact = trainer.fit(classifier_layers(settings, frames, values), teacher);
        now = trainer.tune(exact, fine_epochs(settings), peak / 10, teacher);
        add(fmt::format("learned from a teacher of [{}]", fmt::join(wanted.teacher, ", ")), now);
    }
    if (wanted.prune > 0 && !stop) {
        now = tuned(pruned(exact, wanted.prune));
        add(fmt::format("{:.0f} % of channels pruned", 100 * wanted.prune), now);
    }
    if (wanted.weight_bits == 4 && !stop) {
        now = tuned(with_int4_weights(now));
        add("weights of 4 bits", now);
    }
    if (wanted.clusters > 0 && !stop) {
        now = tuned(clustered(now, wanted.clusters));
        add(fmt::format("{} different weights a layer", wanted.clusters), now);
    }
    return stages;
}

}  // namespace ganglion::train
