#include "train/corpus/speech_corpus.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "train/corpus/parallel.hpp"
#include "train/corpus/word_extent.hpp"
#include "train/recordings/audio.hpp"
#include "train/recordings/manifest.hpp"
#include "train/synthesis/near_words.hpp"

namespace ganglion::train {
namespace {

constexpr uint32_t kRateHz = 16000;

/// Words and pieces of sentences for engines that cannot be given single sounds, many of them near
/// to common wake words.
constexpr std::array kWords{"alex",       "alexander",   "alexis",    "a lexus",      "lexus",
                            "election",   "electric",    "elixir",    "relax",        "relaxing",
                            "lexicon",    "alaska",      "a lesson",  "left",         "off",
                            "a left",     "next",        "texas",     "election day", "selection",
                            "collection", "complex",     "reflex",    "the legs are", "let us",
                            "likes a",    "legs up",     "a lecture", "electra",      "annex",
                            "ethics",     "select a",    "alright",   "all else",     "excel",
                            "perplexing", "lessons",     "a lot",     "a letter",     "elected",
                            "taxes are",  "alec",        "axle",      "lack of",      "elastic",
                            "exact",      "election is", "index a",   "a leg",        "elegance"};

constexpr std::array kSentences{"what time is it in new york",
                                "turn the lights off in the kitchen",
                                "please close the door behind you",
                                "the weather is fine today",
                                "he left the office early",
                                "we will leave at seven o'clock",
                                "play some music by the beatles",
                                "set a timer for ten minutes",
                                "the next train leaves in an hour",
                                "i would like a cup of coffee",
                                "she sells sea shells by the shore",
                                "the quick brown fox jumps over the lazy dog",
                                "can you tell me the way to the station",
                                "there are twelve months in a year",
                                "stop the music and be quiet",
                                "how much does this cost",
                                "my brother bought a lexus last year",
                                "the election results are in",
                                "relax and let us think about it",
                                "an electric car needs less energy",
                                "this is a complex example",
                                "i will send you an email later",
                                "the texts are on the next page",
                                "you should ask a lawyer",
                                "his taxes are too high",
                                "let's go for a walk",
                                "one two three four five six",
                                "seven eight nine ten eleven",
                                "good morning everyone",
                                "thank you very much"};

/// Everyday sentences of other languages, in the order of nothing: any voice may read any of them.
constexpr std::array kForeignSentences{"hola buenos dias como estas hoy",
                                       "la casa blanca esta cerca del mar",
                                       "me gusta leer por la noche antes de dormir",
                                       "necesito comprar leche y azucar",
                                       "bonjour comment allez vous ce matin",
                                       "il fait tres beau dans le jardin",
                                       "nous allons manger a huit heures",
                                       "guten morgen wie geht es dir",
                                       "das wetter ist heute sehr schlecht",
                                       "wir fahren morgen nach hause",
                                       "buongiorno che ore sono adesso",
                                       "andiamo al mercato domani mattina",
                                       "bom dia tudo bem com voce",
                                       "eu quero uma xicara de cafe",
                                       "goedemorgen hoe gaat het met jou",
                                       "dzien dobry jak sie masz",
                                       "merhaba bugun hava cok guzel",
                                       "jag vill ha en kopp te tack"};
constexpr size_t kNearWords = 1200;

struct Task {
    std::string text;
    Voice voice;
    bool positive;
};

/// What is said where a label is the name of the word: "smart_mirror" is two words.
std::string spoken_form(std::string label) {
    std::replace(label.begin(), label.end(), '_', ' ');
    return label;
}

std::vector<Task> synthesis_tasks(const std::string& label) {
    const std::string word = spoken_form(label);
    std::vector<Task> tasks;
    Random random(17);
    const auto vary = [&](Voice& voice) {
        voice.tempo = random.uniform(0.8, 1.25);
        voice.pitch = static_cast<int>(30 + random.below(45));
    };
    std::vector<std::string> near;
    if (is_available(SpeechEngine::espeak_ng)) near = near_words(phonemes_of(word), kNearWords, 29);
    for (Voice voice : training_voices()) {
        const bool formant = voice.engine == SpeechEngine::espeak_ng;
        const bool slow_start = voice.engine == SpeechEngine::festival;
        // The few natural-sounding voices are worth more takes than one of hundreds of formant
        // variants.
        const int takes = formant ? 1 : slow_start ? 8 : 16;
        for (int take = 0; take < takes; ++take) {
            vary(voice);
            tasks.push_back({word, voice, true});
        }
        const int others = formant ? 5 : slow_start ? 10 : 60;
        for (int take = 0; take < others; ++take) {
            vary(voice);
            if (formant && !near.empty() && take < 3) {
                tasks.push_back({near[random.below(near.size())], voice, false});
                continue;
            }
            const bool alike = random.chance(0.6);
            tasks.push_back({alike ? kWords[random.below(kWords.size())]
                                   : kSentences[random.below(kSentences.size())],
                             voice, false});
        }
    }
    for (Voice voice : foreign_voices()) {
        for (int take = 0; take < 2; ++take) {
            vary(voice);
            tasks.push_back(
                {kForeignSentences[random.below(kForeignSentences.size())], voice, false});
        }
    }
    return tasks;
}

bool is_speech(const Recording& recording) {
    static const std::set<std::string> roles{"wake",    "other_word", "speech", "digit",
                                             "command", "unknown",    "word"};
    const auto role = recording.others.find("role");
    return recording.label == "speech" ||
           (role != recording.others.end() && roles.contains(role->second));
}

}  // namespace

SpeechCorpus collect_speech(const std::filesystem::path& data, const std::string& split,
                            const std::string& word, const SpeechSources& sources,
                            const std::function<void(size_t, size_t)>& step) {
    auto recordings =
        of_split(without_phrases_of(word, find_recordings(data, {".wav", ".flac"})), split);
    if (!sources.recorded_word)
        std::erase_if(recordings, [&](const Recording& r) { return r.label == word; });
    const auto tasks = sources.synthetic ? synthesis_tasks(word) : std::vector<Task>();
    const size_t all = recordings.size() + tasks.size();
    std::vector<std::vector<int16_t>> sounds(all);
    std::atomic<size_t> done = 0;
    in_parallel(
        all,
        [&](size_t i) {
            sounds[i] = i < recordings.size() ? read_audio(recordings[i].path, kRateHz).samples
                                              : speak_trimmed(tasks[i - recordings.size()].text,
                                                              tasks[i - recordings.size()].voice);
            ++done;
        },
        [&] { step(done, all); });

    SpeechCorpus corpus;
    for (size_t i = 0; i < all; ++i) {
        const auto& samples = sounds[i];
        if (samples.empty()) continue;
        const bool recorded = i < recordings.size();
        const bool positive =
            recorded ? recordings[i].label == word : tasks[i - recordings.size()].positive;
        if (positive) {
            corpus.positives.push_back({to_sound(samples), word_extent(samples, kRateHz),
                                        recorded ? recordings[i].group : "synthetic", !recorded});
            ++(recorded ? corpus.recorded_positives : corpus.synthetic_positives);
            continue;
        }
        corpus.negative_seconds += static_cast<double>(samples.size()) / kRateHz;
        const bool speech = !recorded || is_speech(recordings[i]);
        if (speech && recorded) ++corpus.recorded_speech;
        (speech ? corpus.speech : corpus.noise).push_back(to_sound(samples));
    }
    return corpus;
}

}  // namespace ganglion::train
