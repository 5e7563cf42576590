#include "train/corpus/beat_frames.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "train/corpus/parallel.hpp"
#include "train/evaluate/beat_judgement.hpp"

namespace ganglion::train {

namespace {

constexpr int16_t kSameShape = 800;  // correlation of the QRS with the normal one, 1/1024

constexpr int16_t kClearlyIrregular = 600;  // 1/1024

struct Range {
    double low;
    double high;
};
// In the order of EcgBeats' frame.
constexpr std::array<Range, 17> kRanges = {{{-200, 128},
                                            {-200, 200},
                                            {-200, 128},
                                            {-200, 128},
                                            {-200, 200},
                                            {-128, 128},
                                            {-200, 128},
                                            {512, 1024},
                                            {300, 1024},
                                            {-1024, 400},
                                            {0, 1024},
                                            {-256, 307},
                                            {-256, 384},
                                            {-80, 307},
                                            {0, 1024},
                                            {-768, 1024},
                                            {-1024, 768}}};

std::optional<BeatLabel> label_of(const HeartRecord& record, const ReferenceBeat& beat) {
    if (record.in_flutter(beat.sample)) return std::nullopt;
    if (beat.kind == BeatClass::ventricular) return BeatLabel::ventricular;
    const auto rhythm = record.rhythm_at(beat.sample);
    if (rhythm == "(AFL") return std::nullopt;
    if (beat.kind == BeatClass::supraventricular) return BeatLabel::supraventricular;
    if (beat.kind != BeatClass::normal) return std::nullopt;
    return rhythm == "(AFIB" ? BeatLabel::fibrillation : BeatLabel::normal;
}

}  // namespace

std::vector<BeatFrame> beat_frames(std::span<const int16_t> samples, uint32_t rate_hz,
                                   uint32_t pause_ms) {
    const EcgBeats::Parameters parameters{static_cast<uint16_t>(rate_hz),
                                          static_cast<uint16_t>(pause_ms)};
    std::vector<uint64_t> state((EcgBeats::state_bytes(parameters) + 7) / 8);
    std::vector<uint64_t> scratch((EcgBeats::scratch_bytes(parameters) + 7) / 8);
    EcgBeats block;
    block.start(parameters, {reinterpret_cast<uint8_t*>(state.data()), state.size() * 8});
    std::vector<BeatFrame> frames;
    size_t at = 0;
    while (at < samples.size()) {
        BeatFrame frame;
        bool ready = false;
        at += block.push(samples.subspan(at),
                         {reinterpret_cast<uint8_t*>(scratch.data()), scratch.size() * 8},
                         frame.values.data(), ready);
        frame.sample = at - static_cast<uint64_t>(frame.values.back());
        if (ready) frames.push_back(frame);
    }
    return frames;
}

std::vector<ValueScaling> beat_scaling() {
    std::vector<ValueScaling> scaling;
    scaling.reserve(EcgBeats::kValues);
    for (const Range& range : kRanges)
        scaling.push_back({(range.low + range.high) / 2, 254 / (range.high - range.low)});
    scaling.resize(EcgBeats::kValues, {0, 0});
    return scaling;
}

LabelledWindows labelled_beats(std::span<const HeartRecord> records, uint32_t pause_ms) {
    std::vector<LabelledWindows> parts(records.size());
    std::map<std::string, uint32_t> people;
    for (const HeartRecord& record : records)
        people.emplace(record.subject, static_cast<uint32_t>(people.size()));
    const auto scaling = beat_scaling();
    in_parallel(
        records.size(),
        [&](size_t r) {
            const HeartRecord& record = records[r];
            const auto frames = beat_frames(record.samples, record.rate_hz, pause_ms);
            std::vector<FoundBeat> found;
            found.reserve(frames.size());
            for (const BeatFrame& frame : frames) found.push_back({frame.sample, {}, false});
            const auto matches = match_beats(record.beats, found, record.rate_hz * 150U / 1000U);
            for (size_t i = 0; i < frames.size(); ++i) {
                if (matches[i] == SIZE_MAX) continue;
                const auto label = label_of(record, record.beats[matches[i]]);
                if (!label) continue;
                // An aberrant early beat looks like a ventricular one: it teaches confusion.
                if (*label == BeatLabel::supraventricular &&
                    frames[i].values[kQrsPlace] < kSameShape)
                    continue;
                // So does fibrillation that has just begun: only its early beats show yet.
                if (*label == BeatLabel::fibrillation &&
                    frames[i].values[kIrregularityPlace] < kClearlyIrregular)
                    continue;
                for (size_t v = 0; v < scaling.size(); ++v)
                    parts[r].inputs.push_back(scaled(scaling[v], frames[i].values[v]));
                parts[r].labels.push_back(static_cast<uint16_t>(*label));
                parts[r].groups.push_back(people.at(record.subject));
            }
        },
        [] {});
    LabelledWindows all;
    all.values = EcgBeats::kValues;
    for (const LabelledWindows& part : parts) {
        all.inputs.insert(all.inputs.end(), part.inputs.begin(), part.inputs.end());
        all.labels.insert(all.labels.end(), part.labels.begin(), part.labels.end());
        all.groups.insert(all.groups.end(), part.groups.begin(), part.groups.end());
    }
    return all;
}

}  // namespace ganglion::train
