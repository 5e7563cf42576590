#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "device/features/ecg_beats.hpp"
#include "train/fit/scaling.hpp"
#include "train/fit/windows.hpp"
#include "train/recordings/heart_records.hpp"

namespace ganglion::train {

/// What a network is to tell beats apart by: AAMI's classes that it can tell, and normal beats in
/// atrial fibrillation apart from others, because there early beats mean nothing.
enum class BeatLabel : uint16_t { normal, supraventricular, ventricular, fibrillation };
constexpr uint32_t kBeatLabels = 4;

/// Places of values in EcgBeats' frame.
constexpr size_t kQrsPlace = 7;
constexpr size_t kIrregularityPlace = 14;

struct BeatFrame {
    uint64_t sample = 0;  ///< of the beat
    std::array<int16_t, EcgBeats::kValues> values{};
};

/// The device's own frames of one recording.
std::vector<BeatFrame> beat_frames(std::span<const int16_t> samples, uint32_t rate_hz,
                                   uint32_t pause_ms);

/// How the values of a beat's frame become int8: the ranges within which they tell something; the
/// last ones (intervals in ms and the place of the beat) tell a network nothing and become 0.
std::vector<ValueScaling> beat_scaling();

/// Frames of all records, labelled by the reference beat that each matches. Left out are false
/// detections, fusion and unclassified beats, supraventricular ones of another shape, fibrillation
/// that the irregularity does not show yet, and what lies in ventricular or atrial flutter
/// (ventricular beats in the latter stay). One group a person.
LabelledWindows labelled_beats(std::span<const HeartRecord> records, uint32_t pause_ms);

}  // namespace ganglion::train
