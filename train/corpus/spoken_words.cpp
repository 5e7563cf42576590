#include "train/corpus/spoken_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "train/corpus/parallel.hpp"
#include "train/fit/label_thresholds.hpp"
#include "train/synthesis/near_words.hpp"
#include "train/synthesis/random.hpp"
#include "train/synthesis/speech.hpp"

namespace ganglion::train {
namespace {

constexpr size_t kFormantShare = 3;  // one of so many voices says a word
constexpr size_t kNearEach = 60;     // words near to each other label

/// By each voice: festival takes a second to start, flite has five voices.
size_t takes_by(SpeechEngine engine) {
    switch (engine) {
        case SpeechEngine::espeak_ng:
            return 1;
        case SpeechEngine::flite:
            return 8;
        case SpeechEngine::festival:
            return 2;
    }
    return 0;
}

/// Short everyday words, for what is none of the labels.
constexpr std::array kCommonWords{
    "bed",   "bird", "cat",  "dog",   "happy", "house", "tree",   "wow",    "sheila", "marvin",
    "learn", "one",  "two",  "three", "four",  "five",  "six",    "seven",  "eight",  "nine",
    "zero",  "but",  "the",  "that",  "what",  "there", "when",   "who",    "time",   "water",
    "light", "door", "head", "hand",  "good",  "name",  "mother", "sister", "street", "paper",
    "cold",  "warm", "book", "glass", "plate", "sleep", "walk",   "table",  "window", "music"};

struct Take {
    std::string text;
    Voice voice;
    uint16_t label = 0;
};

std::string spoken_form(std::string label) {
    std::replace(label.begin(), label.end(), '_', ' ');
    return label;
}

/// What is said for a label: itself, or words that are none of the labels.
std::vector<std::string> texts_of(const project::Project& project, const std::string& label) {
    if (!never_fires(label)) return {spoken_form(label)};
    const auto& labels = project.decision.labels;
    std::vector<std::string> texts;
    for (const char* word : kCommonWords)
        if (std::ranges::find(labels, word) == labels.end()) texts.emplace_back(word);
    if (!is_available(SpeechEngine::espeak_ng)) return texts;
    for (const std::string& other : labels) {
        if (never_fires(other)) continue;
        const auto near = near_words(phonemes_of(spoken_form(other)), kNearEach, 29);
        texts.insert(texts.end(), near.begin(), near.end());
    }
    return texts;
}

std::vector<Take> takes_of(const project::Project& project,
                           const std::vector<std::string>& spoken) {
    std::vector<Take> takes;
    Random random(project.network.seed);
    const auto& labels = project.decision.labels;
    const auto voices = training_voices();
    for (const std::string& label : spoken) {
        const auto index = static_cast<uint16_t>(std::ranges::find(labels, label) - labels.begin());
        const auto texts = texts_of(project, label);
        // Words that are nothing are many; what is one of the labels is one word.
        const size_t times = texts.size() > 1 ? 3 : 1;
        for (size_t v = 0; v < voices.size(); ++v) {
            Voice voice = voices[v];
            const bool formant = voice.engine == SpeechEngine::espeak_ng;
            if (formant && (v + index) % kFormantShare != 0) continue;
            for (size_t take = 0; take < times * takes_by(voice.engine); ++take) {
                voice.tempo = random.uniform(0.75, 1.25);
                voice.pitch = static_cast<int>(25 + random.below(55));
                const auto& text = texts[random.below(texts.size())];
                // Sounds by name are espeak-ng's alone.
                if (!formant && text.starts_with("[[")) continue;
                takes.push_back({text, voice, index});
            }
        }
    }
    return takes;
}

}  // namespace

std::vector<LabelledRecording> spoken_words(const project::Project& project,
                                            const std::vector<std::string>& labels,
                                            const std::function<void(size_t, size_t)>& step) {
    const auto takes = takes_of(project, labels);
    std::vector<LabelledRecording> recordings(takes.size());
    std::atomic<size_t> done = 0;
    in_parallel(
        takes.size(),
        [&](size_t i) {
            auto& to = recordings[i];
            to.samples = speak_trimmed(takes[i].text, takes[i].voice);
            to.name = fmt::format("{} {}", to_string(takes[i].voice), takes[i].text);
            to.group = "spoken " + to_string(takes[i].voice);
            to.split = "train";
            to.spoken = true;
            to.stretches = {{0, to.samples.size(), takes[i].label}};
            ++done;
        },
        [&] { step(done, takes.size()); });
    std::erase_if(recordings, [](const LabelledRecording& r) { return r.samples.empty(); });
    return recordings;
}

}  // namespace ganglion::train
