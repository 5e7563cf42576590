#include "train/fit/recording_copies.hpp"

#include <algorithm>
#include <atomic>

#include "train/corpus/augment_motion.hpp"
#include "train/corpus/disturb.hpp"
#include "train/corpus/parallel.hpp"
#include "train/fit/label_thresholds.hpp"
#include "train/recordings/sensor_recording.hpp"

namespace ganglion::train {
namespace {

constexpr size_t kSpokenCopies = 2;

bool is_motion(const project::Project& project) {
    using project::Sensor;
    const Sensor kind = project.sensor.kind;
    return kind == Sensor::accelerometer || kind == Sensor::imu || kind == Sensor::ride;
}

/// Makes a copy another recording of the same thing, as its sensor would: sound by another speed,
/// microphone, room, loudness and noise (train/corpus), motion by rotation, speed, noise and lost
/// samples. Stretches follow where the speed changed.
void disturb_copy(const project::Project& project, const SpeechCorpus& around,
                  LabelledRecording& recording, Random& random) {
    const size_t before = recording.samples.size();
    if (is_sound(project)) {
        Sound sound = change_speed(to_sound(recording.samples), random.uniform(0.87, 1.15));
        disturb(sound, around, random);
        recording.samples = to_samples(sound);
    } else if (is_motion(project)) {
        recording.samples = change_motion(recording.samples, project.sensor.channels, {}, random);
    }
    const double factor = static_cast<double>(recording.samples.size()) /
                          static_cast<double>(std::max<size_t>(before, 1));
    for (auto& stretch : recording.stretches) {
        stretch.begin = static_cast<uint64_t>(static_cast<double>(stretch.begin) * factor);
        stretch.end = static_cast<uint64_t>(static_cast<double>(stretch.end) * factor);
    }
}

}  // namespace

bool is_sound(const project::Project& project) {
    return project.sensor.kind == project::Sensor::microphone;
}

bool is_quiet(std::string_view label) {
    return never_fires(label) && label != "other" && label != "unknown";
}

SpeechCorpus surroundings(const project::Project& project,
                          const std::vector<const LabelledRecording*>& recordings) {
    SpeechCorpus around;
    if (!is_sound(project)) return around;
    const auto& labels = project.decision.labels;
    const bool rooms = std::ranges::any_of(labels, is_quiet);
    for (const auto* recording : recordings) {
        for (const auto& stretch : recording->stretches) {
            const auto& label = labels[stretch.label];
            if (rooms ? is_quiet(label) : never_fires(label))
                around.noise.push_back(to_sound(recording->samples));
        }
    }
    return around;
}

std::vector<Copy> copies_of(const std::vector<const LabelledRecording*>& recordings, size_t count) {
    std::vector<Copy> copies;
    for (const auto* recording : recordings) {
        if (recording->spoken) {
            for (size_t n = 1; n <= kSpokenCopies; ++n) copies.push_back({recording, n});
            continue;
        }
        for (size_t n = 0; n < count; ++n) copies.push_back({recording, n});
    }
    return copies;
}

std::vector<const LabelledRecording*> recordings_of(
    const std::vector<LabelledRecording>& recordings, const std::string& split) {
    std::vector<const LabelledRecording*> chosen;
    for (const auto& recording : recordings)
        if (recording.split == split) chosen.push_back(&recording);
    return chosen;
}

void make_copies(const project::Project& project, const SpeechCorpus& around,
                 const std::vector<Copy>& copies, uint64_t seed, const CopyWork& work) {
    const Random root(seed);
    std::atomic<size_t> done = 0;
    in_parallel(
        copies.size(),
        [&](size_t i) {
            LabelledRecording copy = work.prepare(*copies[i].of);
            Random random = root.fork(i);
            if (copies[i].number != 0) disturb_copy(project, around, copy, random);
            work.use(i, copy, random);
            ++done;
        },
        [&] { work.step(done, copies.size()); });
}

}  // namespace ganglion::train
