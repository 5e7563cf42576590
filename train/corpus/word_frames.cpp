#include "train/corpus/word_frames.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "compile/bundle_features.hpp"
#include "train/corpus/decoys.hpp"
#include "train/corpus/disturb.hpp"
#include "train/corpus/parallel.hpp"

namespace ganglion::train {
namespace {

constexpr size_t kRateHz = 16000;
constexpr size_t kScramble = 6;  // seconds

/// The word alone, set into fresh surroundings: silence or other speech before and after.
Utterance transplant(const Utterance& from, const SpeechCorpus& corpus, Random& random) {
    constexpr size_t margin = kRateHz / 20;
    const size_t begin = from.word.begin > margin ? from.word.begin - margin : 0;
    const size_t end = std::min(from.word.end + margin, from.sound.size());
    const Sound word(from.sound.begin() + static_cast<ptrdiff_t>(begin),
                     from.sound.begin() + static_cast<ptrdiff_t>(end));
    const double level = level_of(word);
    const auto seconds = [&](double low, double high) {
        return static_cast<size_t>(random.uniform(low, high) * kRateHz);
    };
    Utterance to;
    to.group = from.group;
    to.synthetic = from.synthetic;
    to.sound.assign(seconds(0.4, 1.0), 0.0F);
    const auto speak_around = [&] {
        const auto piece = snippet(pick(corpus.speech, random), seconds(0.3, 1.2),
                                   level * std::pow(10.0, random.uniform(-8, 4) / 20), random);
        to.sound.insert(to.sound.end(), piece.begin(), piece.end());
    };
    if (!corpus.speech.empty() && random.chance(0.4)) {
        speak_around();
        to.sound.resize(to.sound.size() + seconds(0.0, 0.5), 0.0F);
    }
    if (to.sound.size() < kRateHz)
        to.sound.insert(to.sound.begin(), kRateHz - to.sound.size(), 0.0F);
    to.word.begin = to.sound.size() + (from.word.begin - begin);
    to.word.end = to.sound.size() + (from.word.end - begin);
    to.sound.insert(to.sound.end(), word.begin(), word.end());
    if (!corpus.speech.empty() && random.chance(0.5)) {
        to.sound.resize(to.sound.size() + seconds(0.0, 0.3), 0.0F);
        speak_around();
    }
    to.sound.resize(to.sound.size() + seconds(0.4, 0.9), 0.0F);
    return to;
}

Track track_of(const project::Project& project, const Sound& sound) {
    Track track;
    track.values = compile::feature_frames(project, to_samples(sound));
    track.frames = static_cast<int32_t>(track.values.size() / project.frame_values());
    return track;
}

Track positive_track(const project::Project& project, const Utterance& original,
                     const SpeechCorpus& corpus, const AugmentPlan& plan, Random& random) {
    Utterance u;
    if (random.chance(original.synthetic ? 0.95 : 0.5)) {
        u = transplant(original, corpus, random);
    } else {
        u = original;
        const size_t lead = static_cast<size_t>(random.uniform(0.9, 1.3) * kRateHz);
        u.sound.insert(u.sound.begin(), lead, 0.0F);
        u.sound.resize(u.sound.size() + kRateHz / 2, 0.0F);
        u.word.begin += lead;
        u.word.end += lead;
    }
    double speed = random.uniform(0.86, 1.16);
    u.sound = change_speed(u.sound, speed);
    if (random.chance(0.5)) {
        const double tempo = random.uniform(plan.slowest_tempo, 1.2);
        u.sound = change_tempo(u.sound, tempo);
        speed *= tempo;
    }
    u.word.begin = static_cast<size_t>(static_cast<double>(u.word.begin) / speed);
    u.word.end =
        std::min(u.sound.size(), static_cast<size_t>(static_cast<double>(u.word.end) / speed));
    set_peak(u.sound, log_uniform(random, 1200, 32000));
    add_surroundings(u.sound,
                     level_of(std::span(u.sound).subspan(u.word.begin, u.word.end - u.word.begin)),
                     corpus, random);
    Track track = track_of(project, u.sound);
    const auto hop = static_cast<ptrdiff_t>(project.features.hop);
    const auto window = static_cast<ptrdiff_t>(project.features.window);
    track.word_begin = static_cast<int32_t>(
        std::max<ptrdiff_t>(0, (static_cast<ptrdiff_t>(u.word.begin) - window) / hop + 1));
    track.word_end = static_cast<int32_t>(
        std::max<ptrdiff_t>(0, (static_cast<ptrdiff_t>(u.word.end) - window) / hop));
    return track;
}

Track negative_track(const project::Project& project, const Sound& original, size_t copy,
                     const SpeechCorpus& corpus, const AugmentPlan& plan, Random& random) {
    // Half a second of quiet before and after: words also begin out of silence.
    Sound sound(kRateHz / 2, 0.0F);
    sound.insert(sound.end(), original.begin(), original.end());
    sound.resize(sound.size() + kRateHz / 2, 0.0F);
    if (copy > 0) {
        sound = change_speed(sound, random.uniform(0.86, 1.16));
        if (random.chance(0.3))
            sound = change_tempo(sound, random.uniform(plan.slowest_tempo, 1.2));
        disturb(sound, corpus, random);
    }
    return track_of(project, sound);
}

}  // namespace

WordFrames make_word_frames(const project::Project& project, const SpeechCorpus& corpus,
                            const AugmentPlan& plan,
                            const std::function<void(size_t, size_t)>& step) {
    std::vector<const Utterance*> positives;
    for (const auto& utterance : corpus.positives) {
        positives.insert(positives.end(),
                         utterance.synthetic ? plan.synthetic_copies : plan.recorded_copies,
                         &utterance);
    }
    std::vector<std::pair<const Sound*, size_t>> negatives;
    for (size_t copy = 0; copy < plan.speech_copies; ++copy) {
        for (const auto& sound : corpus.speech) negatives.emplace_back(&sound, copy);
    }
    for (size_t copy = 0; copy < plan.noise_copies; ++copy) {
        for (const auto& sound : corpus.noise) negatives.emplace_back(&sound, copy);
    }
    std::vector<const Utterance*> halves;
    for (const auto& utterance : corpus.positives) {
        // Spoken ones are many and alike: two of each stand in where nobody recorded the word.
        const size_t spoken = corpus.recorded_positives == 0 ? 2 : 0;
        halves.insert(halves.end(), utterance.synthetic ? spoken : plan.half_words, &utterance);
    }
    size_t speech = 0;  // samples: little speech is not scrambled into much
    for (const auto& sound : corpus.speech) speech += sound.size();
    const size_t scrambles = std::min(plan.scrambled_minutes * 60, speech / kRateHz) / kScramble;
    WordFrames frames;
    frames.positives.resize(positives.size());
    frames.negatives.resize(negatives.size() + halves.size() + scrambles);
    const Random root(plan.seed);
    const size_t all = positives.size() + frames.negatives.size();
    std::atomic<size_t> done = 0;
    in_parallel(
        all,
        [&](size_t i) {
            Random random = root.fork(i);
            if (i < positives.size()) {
                frames.positives[i] = positive_track(project, *positives[i], corpus, plan, random);
                ++done;
                return;
            }
            const size_t n = i - positives.size();
            Track& track = frames.negatives[n];
            if (n < negatives.size()) {
                const auto [sound, copy] = negatives[n];
                track = negative_track(project, *sound, copy, corpus, plan, random);
            } else if (n < negatives.size() + halves.size()) {
                const auto sound = half_word(*halves[n - negatives.size()], corpus, random);
                track = negative_track(project, sound, 1, corpus, plan, random);
            } else {
                const auto sound = scrambled_speech(corpus, kScramble, random);
                track = negative_track(project, sound, 1, corpus, plan, random);
            }
            ++done;
        },
        [&] { step(done, all); });
    return frames;
}

}  // namespace ganglion::train
