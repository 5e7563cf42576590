#include "train/corpus/varied_beats.hpp"

#include <array>
#include <iterator>
#include <map>
#include <vector>

#include "train/corpus/beat_frames.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

// Places of what tells the shape in EcgBeats' frame.
constexpr std::array<size_t, 9> kShape{kQrsPlace, 8, 9, 10, 11, 12, 13, 15, 16};

// Chosen by cross-validation over people, as the shares are.
constexpr uint64_t kIrregular = 750, kMostIrregular = 1024;  // 1/1024
constexpr double kOfNormal = 0.2;  // as many of all normal beats are added as irregular ones
constexpr size_t kOfEarly = 4;     // so often each supraventricular one
constexpr double kOfWide = 0.3;

using ByPerson = std::map<uint32_t, std::vector<size_t>>;

class Variation {
  public:
    Variation(LabelledWindows& beats, uint64_t seed)
        : beats_(beats), random_(seed), irregularity_(beat_scaling().at(kIrregularityPlace)) {}

    void cross(size_t beat, const ByPerson& others) {
        const auto& [person, theirs] =
            *std::next(others.begin(), static_cast<ptrdiff_t>(random_.below(others.size())));
        const size_t other = theirs[random_.below(theirs.size())];
        int8_t* values = copy(beat, static_cast<BeatLabel>(beats_.labels[beat]));
        for (const size_t v : kShape) values[v] = beats_.window(other)[v];
    }

    void make_irregular(size_t beat, BeatLabel label) {
        copy(beat, label)[kIrregularityPlace] = scaled(
            irregularity_,
            static_cast<int16_t>(kIrregular + random_.below(kMostIrregular - kIrregular + 1)));
    }

    bool chance(double probability) { return random_.chance(probability); }

  private:
    int8_t* copy(size_t beat, BeatLabel label) {
        const auto window = beats_.window(beat);
        const std::vector<int8_t> values(window.begin(), window.end());
        beats_.inputs.insert(beats_.inputs.end(), values.begin(), values.end());
        beats_.labels.push_back(static_cast<uint16_t>(label));
        beats_.groups.push_back(beats_.groups[beat]);
        return &beats_.inputs[beats_.inputs.size() - values.size()];
    }

    LabelledWindows& beats_;
    Random random_;
    ValueScaling irregularity_;
};

}  // namespace

void add_varied_beats(LabelledWindows& beats, uint64_t seed) {
    const size_t recorded = beats.size();
    std::array<ByPerson, kBeatLabels> by_person;
    for (size_t i = 0; i < recorded; ++i)
        by_person.at(beats.labels[i])[beats.groups[i]].push_back(i);
    Variation variation(beats, seed);
    for (size_t i = 0; i < recorded; ++i) {
        const auto label = static_cast<BeatLabel>(beats.labels[i]);
        if (label == BeatLabel::fibrillation) continue;
        variation.cross(i, by_person.at(beats.labels[i]));
        if (label == BeatLabel::ventricular) {
            if (variation.chance(kOfWide)) variation.make_irregular(i, label);
        } else if (label == BeatLabel::supraventricular) {
            for (size_t copy = 0; copy < kOfEarly; ++copy)
                variation.make_irregular(i, BeatLabel::fibrillation);
        } else if (variation.chance(kOfNormal)) {
            variation.make_irregular(i, BeatLabel::fibrillation);
        }
    }
}

}  // namespace ganglion::train
