#include "train/fit/word_corpus.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "project/spoken.hpp"
#include "train/corpus/speech_corpus.hpp"
#include "train/fit/feature_cache.hpp"
#include "train/fit/steps.hpp"
#include "train/report/settings.hpp"

namespace ganglion::train {
namespace {

/// Everything the frames depend on, as far as it can be known without reading the sounds.
std::string cache_key(const project::Project& project, const TrainOptions& options,
                      const AugmentPlan& plan, const std::string& word) {
    const auto& f = project.features;
    return fmt::format(
        "ganglion frames 5 {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}",
        options.data.string(), word, options.synthetic_speech, options.recorded_word, f.window,
        f.hop, f.fft_size, f.bands, f.low_hz, f.high_hz, f.offset, f.steps, f.normalise_seconds,
        plan.recorded_copies, plan.synthetic_copies, plan.speech_copies, plan.noise_copies,
        plan.half_words, plan.scrambled_minutes, plan.slowest_tempo, plan.seed);
}

}  // namespace

WordCorpus collect_word_corpus(const project::Project& project, const TrainOptions& options,
                               const ProgressCallback& progress, const StopFlag& stop) {
    if (options.data.empty()) {
        throw std::runtime_error(
            "a wake word is trained on recordings; give the folder that holds them");
    }
    const std::string& word = project.decision.labels.at(project.decision.label);
    AugmentPlan plan;
    plan.seed = project.network.seed;
    plan.slowest_tempo = project::read_spoken(project.path).slowest_tempo;
    // Where text-to-speech stands for all speakers, more is made of it.
    if (!options.recorded_word) plan.synthetic_copies *= 3;
    const auto key = cache_key(project, options, plan, word);
    const auto cache = options.work_dir / (project.application.name + ".frames");
    const auto note = options.work_dir / (project.application.name + ".frames.txt");
    WordCorpus result;
    if (!options.work_dir.empty() && load_frames(cache, key, result.frames)) {
        std::ifstream in(note);
        result.trained_on.assign(std::istreambuf_iterator<char>(in),
                                 std::istreambuf_iterator<char>());
        return result;
    }
    const auto corpus = collect_speech(options.data, "train", word,
                                       {options.recorded_word, options.synthetic_speech},
                                       steps_of("speech", progress, &stop));
    if (corpus.positives.empty()) {
        throw std::runtime_error(fmt::format(
            "{}: no recording in split 'train' has the label '{}', and no text-to-speech says it",
            options.data.string(), word));
    }
    std::string copies = "No recording of the word was used: ";
    std::string halves;
    if (corpus.recorded_positives > 0) {
        copies = fmt::format("Each recorded word was used in {} disturbed copies,\n",
                             plan.recorded_copies);
        halves = fmt::format(", halves of each recorded word in {}", plan.half_words);
    }
    result.trained_on = fmt::format(
        "{} recordings of \"{}\" and {} by text-to-speech (espeak-ng, flite, festival), {:.0f} "
        "minutes without it (recorded speech\nand noise of the split `train`, and spoken sentences "
        "and sound-alikes). {}each synthetic one in {}, other speech in {}, noise in {}{}, and {} "
        "minutes are scrambled speech. Some of the recordings are research sets without a stated "
        "licence:\nsee the README of the data; none of them is in this repository.",
        corpus.recorded_positives, word, corpus.synthetic_positives, corpus.negative_seconds / 60,
        copies, plan.synthetic_copies, plan.speech_copies, plan.noise_copies, halves,
        plan.scrambled_minutes);
    result.frames = make_word_frames(project, corpus, plan, steps_of("features", progress, &stop));
    if (!options.work_dir.empty()) {
        save_frames(cache, key, result.frames);
        write_file(note, result.trained_on);
    }
    return result;
}

}  // namespace ganglion::train
