#include "train/evaluate/word_judgement.hpp"

#include <algorithm>
#include <atomic>

#include "train/corpus/augment.hpp"
#include "train/corpus/disturb.hpp"
#include "train/corpus/parallel.hpp"
#include "train/recordings/audio.hpp"
#include "train/recordings/manifest.hpp"

namespace ganglion::train {
namespace {

constexpr uint32_t kSpeechRateHz = 16000;
constexpr size_t kGap = kSpeechRateHz / 2;
constexpr size_t kStreamLength = kSpeechRateHz * 180;

}  // namespace

void append_clip(std::vector<ClipStream>& streams, const std::vector<int16_t>& sound, bool is_word,
                 const std::string& label, const std::string& name, const std::string& group) {
    if (streams.empty() || streams.back().samples.size() > kStreamLength) {
        streams.emplace_back().samples.assign(kSpeechRateHz, 0);
    }
    auto& stream = streams.back();
    ClipStream::Clip clip{
        stream.samples.size(), stream.samples.size() + sound.size(), is_word, label, name, group};
    stream.samples.insert(stream.samples.end(), sound.begin(), sound.end());
    stream.samples.resize(stream.samples.size() + kGap, 0);
    stream.clips.push_back(std::move(clip));
}

std::vector<ClipStream> clip_streams(const std::filesystem::path& data, const std::string& split,
                                     const std::string& word, size_t disturbed) {
    const auto found = without_phrases_of(word, find_recordings(data, {".wav", ".flac"}));
    const auto recordings = split == "all" ? found : of_split(found, split);
    std::vector<std::vector<int16_t>> sounds(recordings.size());
    in_parallel(recordings.size(), [&](size_t i) {
        sounds[i] = read_audio(recordings[i].path, kSpeechRateHz).samples;
    });
    std::vector<ClipStream> streams;
    const auto name_of = [&](size_t i) { return recordings[i].path.filename().string(); };
    for (size_t i = 0; i < sounds.size(); ++i) {
        append_clip(streams, sounds[i], recordings[i].label == word, recordings[i].label,
                    name_of(i), recordings[i].group);
    }
    if (disturbed == 0) return streams;
    SpeechCorpus corpus;
    for (size_t i = 0; i < sounds.size(); ++i) {
        if (recordings[i].others.contains("role") && recordings[i].others.at("role") == "sound") {
            corpus.noise.push_back(to_sound(sounds[i]));
        }
    }
    const Random root(99);
    for (size_t pass = 0; pass < disturbed; ++pass) {
        for (size_t i = 0; i < sounds.size(); ++i) {
            Random random = root.fork(pass * sounds.size() + i);
            Sound sound = change_speed(to_sound(sounds[i]), random.uniform(0.9, 1.12));
            disturb(sound, corpus, random);
            append_clip(streams, to_samples(sound), recordings[i].label == word,
                        recordings[i].label, name_of(i), recordings[i].group);
        }
    }
    return streams;
}

std::vector<ClipStream> synthetic_streams(const std::string& word) {
    std::vector<Voice> voices;
    for (Voice voice : judging_voices()) {
        for (const double tempo : {0.9, 1.0, 1.1}) {
            voice.tempo = tempo;
            voices.push_back(voice);
        }
    }
    std::vector<std::vector<int16_t>> spoken(voices.size() * 2);
    in_parallel(spoken.size(), [&](size_t i) {
        spoken[i] =
            speak_trimmed(i % 2 == 0 ? word : "what is the weather like today", voices[i / 2]);
    });
    std::vector<ClipStream> streams;
    for (size_t i = 0; i < spoken.size(); ++i) {
        append_clip(streams, spoken[i], i % 2 == 0, i % 2 == 0 ? word : "sentence",
                    to_string(voices[i / 2]), to_string(voices[i / 2]));
    }
    return streams;
}

double WordJudgement::false_alarms_per_hour() const {
    return hours > 0 ? static_cast<double>(false_alarms) / hours : 0;
}

Interval WordJudgement::false_alarm_rate() const {
    const Interval count = poisson_interval(false_alarms);
    return hours > 0 ? Interval{count.low / hours, count.high / hours} : Interval{};
}

RunStreams run_streams(const DeviceRun& device, std::vector<ClipStream> streams,
                       const std::function<void(size_t, size_t)>& step) {
    RunStreams run;
    run.streams = std::move(streams);
    run.scored.resize(run.streams.size());
    std::atomic<size_t> done = 0;
    in_parallel(
        run.streams.size(),
        [&](size_t i) {
            run.scored[i] = device.run(run.streams[i].samples);
            ++done;
        },
        [&] { step(done, run.streams.size()); });
    return run;
}

WordJudgement judge(const DeviceRun& device, const RunStreams& run, uint32_t threshold,
                    uint32_t rate_hz) {
    WordJudgement result;
    for (size_t s = 0; s < run.streams.size(); ++s) {
        const auto& clips = run.streams[s].clips;
        const auto firings = device.firings(run.scored[s], threshold);
        std::vector<bool> heard(clips.size(), false);
        for (const uint64_t at : firings) {
            // The clip that this firing falls into, its following quiet included.
            auto clip = std::upper_bound(
                clips.begin(), clips.end(), at,
                [](uint64_t value, const ClipStream::Clip& c) { return value < c.begin; });
            if (clip != clips.begin()) --clip;
            if (clip->is_word && at >= clip->begin) {
                heard[static_cast<size_t>(clip - clips.begin())] = true;
                continue;
            }
            ++result.false_alarms;
            ++result.false_alarm_labels[clip->label];
        }
        uint64_t without = run.streams[s].samples.size();
        for (size_t c = 0; c < clips.size(); ++c) {
            if (!clips[c].is_word) continue;
            without -= clips[c].end - clips[c].begin + kGap;
            ++result.words;
            if (heard[c]) continue;
            ++result.missed;
            result.missed_names.push_back(clips[c].name);
        }
        result.hours += static_cast<double>(without) / rate_hz / 3600;
    }
    return result;
}

uint32_t choose_threshold(const std::function<WordJudgement(uint32_t)>& judge_at, double per_hour) {
    uint32_t best = 500;
    double fewest = -1;
    for (uint32_t threshold = 300; threshold <= 990; threshold += 5) {
        const double rate = judge_at(threshold).false_alarms_per_hour();
        if (rate <= per_hour) return threshold;
        if (fewest < 0 || rate < fewest) {
            fewest = rate;
            best = threshold;
        }
    }
    return best;
}

}  // namespace ganglion::train
