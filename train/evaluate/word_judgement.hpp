#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "train/corpus/speech_corpus.hpp"
#include "train/evaluate/device_run.hpp"
#include "train/evaluate/intervals.hpp"

namespace ganglion::train {

/// Clips joined by half a second of digital silence into one stream.
struct ClipStream {
    struct Clip {
        size_t begin = 0;
        size_t end = 0;  ///< one past the last sample of the clip
        bool is_word = false;
        std::string label;
        std::string name;
        std::string group;  ///< the speaker, as far as known
    };
    std::vector<int16_t> samples;
    std::vector<Clip> clips;
};

/// Adds a clip and half a second of quiet to the last stream, or to a new one when that is long.
void append_clip(std::vector<ClipStream>& streams, const std::vector<int16_t>& sound, bool is_word,
                 const std::string& label, const std::string& name, const std::string& group);

/// The clips of `split` ("all": of every split) below `data` as streams of a few minutes each, in
/// manifest order; phrases with the word in them are left out (without_phrases_of).
/// `disturbed` > 0 adds that many further passes over them with random microphone, room, noise and
/// loudness (noise from the same split).
std::vector<ClipStream> clip_streams(const std::filesystem::path& data, const std::string& split,
                                     const std::string& word, size_t disturbed = 0);

/// `word` by every installed text-to-speech engine in judging_voices() at three tempos, each
/// followed by a sentence without it.
std::vector<ClipStream> synthetic_streams(const std::string& word);

/// What was heard and what was not. A firing between the start of a clip with the word and half a
/// second after its end is that word's; every other firing is a false alarm.
struct WordJudgement {
    uint64_t words = 0;
    uint64_t missed = 0;
    uint64_t false_alarms = 0;
    double hours = 0;                       ///< of stream without the word
    std::vector<std::string> missed_names;  ///< files
    std::map<std::string, uint64_t> false_alarm_labels;

    Interval missed_share() const { return wilson_interval(missed, words); }
    double false_alarms_per_hour() const;
    Interval false_alarm_rate() const;
};

/// Streams already run through the pipeline, so that many thresholds can be tried.
struct RunStreams {
    std::vector<ClipStream> streams;
    std::vector<ScoredStream> scored;
};
RunStreams run_streams(const DeviceRun& device, std::vector<ClipStream> streams,
                       const std::function<void(size_t, size_t)>& step);

WordJudgement judge(const DeviceRun& device, const RunStreams& run, uint32_t threshold,
                    uint32_t rate_hz);

/// The lowest threshold (permille, steps of 5) whose false alarms stay within `per_hour`; where
/// none does, the one with the fewest. `judge_at` gives the judgement at a threshold.
uint32_t choose_threshold(const std::function<WordJudgement(uint32_t)>& judge_at, double per_hour);

}  // namespace ganglion::train
