#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ganglion::train {

/// Classes of heart beats by AAMI (ANSI/AAMI EC57): normal, supraventricular, ventricular, fusion
/// of both, not classified.
enum class BeatClass : uint8_t { normal, supraventricular, ventricular, fusion, unknown };

struct ReferenceBeat {
    uint64_t sample = 0;
    BeatClass kind = BeatClass::normal;
};

/// What is said about the rhythm from `sample` on, e.g. "(N" or "(AFIB" (PhysioNet's words).
struct RhythmChange {
    uint64_t sample = 0;
    std::string rhythm;
};

struct SampleRange {
    uint64_t begin = 0;
    uint64_t end = 0;  ///< first sample after it
};

/// One electrocardiogram with what cardiologists found in it.
struct HeartRecord {
    std::string name;
    std::string subject;  ///< the person: two records may be of one
    std::string split;
    bool paced = false;
    uint32_t rate_hz = 0;
    std::vector<int16_t> samples;
    std::vector<ReferenceBeat> beats;
    std::vector<RhythmChange> rhythms;
    std::vector<SampleRange> flutter;  ///< ventricular flutter, in which no beats are told apart

    /// The rhythm at `sample`; "" before the first word about it.
    std::string_view rhythm_at(uint64_t sample) const;
    bool in_flutter(uint64_t sample) const;
};

/// The records of a split in a folder with `manifest.csv` (columns file, beats_file, subject,
/// split, rate_hz, paced), one-column recordings and beats (sample, symbol, aami, rhythm). All of
/// them with an empty split. Throws std::runtime_error: file, line, what to do.
std::vector<HeartRecord> read_heart_records(const std::filesystem::path& folder,
                                            std::string_view split);

/// Beats, rhythms and flutter of one beats file into `record`; `name` stands in messages.
void parse_beats(std::string_view text, const std::filesystem::path& name, HeartRecord& record);

}  // namespace ganglion::train
