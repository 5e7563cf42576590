#include "train/evaluate/noise_conditions.hpp"

#include <fmt/format.h>

#include "train/corpus/augment.hpp"
#include "train/corpus/parallel.hpp"
#include "train/corpus/word_extent.hpp"
#include "train/recordings/audio.hpp"
#include "train/recordings/manifest.hpp"

namespace ganglion::train {
namespace {

constexpr uint32_t kRateHz = 16000;
constexpr size_t kTalkers = 6;

bool is_speech(const Recording& recording) {
    const auto role = recording.others.find("role");
    return role != recording.others.end() && role->second == "speech";
}

/// Every sound that this condition's noise is made of.
std::vector<Sound> sources(const std::vector<Recording>& all, const std::string& split,
                           const NoiseCondition& condition) {
    std::vector<Recording> wanted;
    for (const auto& recording : all) {
        const bool fits = condition.label == "babble"
                              ? recording.split == split && is_speech(recording)
                              : recording.label == condition.label;
        if (fits) wanted.push_back(recording);
    }
    std::vector<Sound> sounds(wanted.size());
    in_parallel(wanted.size(), [&](size_t i) {
        sounds[i] = to_sound(read_audio(wanted[i].path, kRateHz).samples);
    });
    return sounds;
}

Sound noise_of(const NoiseCondition& condition, const std::vector<Sound>& from, size_t length,
               Random& random) {
    if (condition.label == "babble") return babble(from, kTalkers, length, random);
    Sound noise(length, 0.0F);
    if (condition.label == "white") {
        for (auto& s : noise) s = static_cast<float>(1000 * random.normal());
    } else {
        mix(noise, from[random.below(from.size())], 1000, 0, random);
    }
    return noise;
}

}  // namespace

std::vector<NoiseCondition> noise_conditions() {
    std::vector<NoiseCondition> all;
    for (const auto& [name, label] :
         {std::pair{"kitchen", "kitchen_noise"}, {"babble", "babble"}, {"white", "white"}}) {
        for (const int snr : {20, 10, 5, 0})
            all.push_back({fmt::format("{} {} dB", name, snr), label, static_cast<double>(snr)});
    }
    return all;
}

std::vector<ClipStream> noisy_streams(const std::filesystem::path& data, const std::string& split,
                                      const std::string& word, const NoiseCondition& condition) {
    const auto all = find_recordings(data, {".wav", ".flac"});
    const auto from = sources(all, split, condition);
    if (from.empty() && condition.label != "white") return {};
    std::vector<Recording> words;
    for (const auto& recording : of_split(all, split))
        if (recording.label == word) words.push_back(recording);
    std::vector<std::vector<int16_t>> sounds(words.size());
    const Random root(7);
    in_parallel(words.size(), [&](size_t i) {
        Random random = root.fork(i);
        const auto samples = read_audio(words[i].path, kRateHz).samples;
        const Extent extent = word_extent(samples, kRateHz);
        // Noise before and after, too: a real room does not begin with the word.
        Sound sound(kRateHz, 0.0F);
        const Sound spoken = to_sound(samples);
        sound.insert(sound.end(), spoken.begin(), spoken.end());
        const double level =
            level_of(std::span(spoken).subspan(extent.begin, extent.end - extent.begin));
        const Sound noise = noise_of(condition, from, sound.size(), random);
        mix(sound, noise, level, condition.snr_db, random);
        sounds[i] = to_samples(sound);
    });
    std::vector<ClipStream> streams;
    for (size_t i = 0; i < words.size(); ++i) {
        append_clip(streams, sounds[i], true, word, words[i].path.filename().string(),
                    words[i].group);
    }
    return streams;
}

}  // namespace ganglion::train
