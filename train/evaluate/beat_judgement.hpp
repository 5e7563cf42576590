#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "train/evaluate/intervals.hpp"
#include "train/recordings/heart_records.hpp"

namespace ganglion::train {

/// What a device said about one heart beat.
struct FoundBeat {
    uint64_t sample = 0;
    BeatClass kind = BeatClass::normal;  ///< normal, supraventricular or ventricular
    bool fibrillation = false;           ///< whether it was then telling atrial fibrillation
};

/// For each found beat the index of its reference beat, or SIZE_MAX: one to one, the nearest within
/// `tolerance` samples, both in order. ANSI/AAMI EC57 allows 150 ms.
std::vector<size_t> match_beats(std::span<const ReferenceBeat> reference,
                                std::span<const FoundBeat> found, uint64_t tolerance);

/// Right, missed and wrongly told ones.
struct Hits {
    uint64_t right = 0;
    uint64_t missed = 0;
    uint64_t wrong = 0;

    void add(const Hits& other);
    double sensitivity() const;  ///< 0 without any to find
    double precision() const;    ///< 0 when none was told
};

/// One record judged. Beats within ventricular flutter are left out, as EC57 does. A fusion or
/// unclassifiable beat told as ventricular, and an unclassifiable one told as supraventricular, is
/// no error (EC57, 4.3); a beat that was not found is missed in its class, and a false detection
/// told as ectopic is wrong in that class.
struct BeatScore {
    std::string name;
    std::string subject;
    bool paced = false;
    Hits beats;
    Hits supraventricular;
    Hits ventricular;
    /// Atrial fibrillation by duration, in ms. Atrial flutter counts as neither.
    Hits fibrillation;
};
BeatScore judge_beats(const HeartRecord& record, std::span<const FoundBeat> found);

/// A share over all records (gross: sums of beats, not means of records) with its 95 % interval:
/// percentiles over 2000 draws of people with replacement (Efron, "Bootstrap methods", 1979).
struct Estimate {
    double value = 0;
    Interval interval;
};
Estimate sensitivity(std::span<const BeatScore> scores, Hits BeatScore::*of);
Estimate precision(std::span<const BeatScore> scores, Hits BeatScore::*of);

}  // namespace ganglion::train
