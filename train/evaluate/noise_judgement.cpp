#include "train/evaluate/noise_judgement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <sstream>
#include <stdexcept>

#include "train/recordings/audio.hpp"
#include "train/recordings/manifest.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

using Clip = NoiseSounds::Clip;

constexpr double kAbove = 10;       // dB of a strange sound over all that is usual then
constexpr double kLongest_s = 6;    // of a sound
constexpr double kDayJitter = 1.5;  // dB by which an hour differs from the same one of other days

// What an hour is like: dB against full scale of the background and of the usual sounds, and the
// seconds between these; 0: none.
struct Hour {
    bool kitchen;
    double background;
    double sounds;
    double every_s;
};
constexpr Hour kNight{false, -62, 0, 0};
constexpr Hour kMorning{true, -46, -36, 12};
constexpr Hour kDay{false, -54, -40, 20};
constexpr Hour kEvening{true, -44, -34, 8};

constexpr Hour hour_of(uint32_t hour) {
    if (hour < 6 || hour >= 22) return kNight;
    if (hour < 9) return kMorning;
    return hour < 17 ? kDay : kEvening;
}
constexpr bool is_deep_night(uint32_t hour) {
    return hour >= 1 && hour < 5;
}

std::set<std::string> words_of(const project::Project& project, const char* key) {
    const auto found = project.judge.texts.find(key);
    if (found == project.judge.texts.end())
        throw std::runtime_error(
            fmt::format("{}: judge.{}: is missing", project.path.string(), key));
    std::set<std::string> words;
    std::istringstream text(found->second);
    for (std::string word; std::getline(text >> std::ws, word, ',');) words.insert(word);
    return words;
}

double rms(std::span<const int16_t> samples) {
    double sum = 0;
    for (const double sample : samples) sum += sample * sample;
    return std::sqrt(sum / static_cast<double>(std::max<size_t>(samples.size(), 1)));
}

double gain_to(std::span<const int16_t> samples, double decibels) {
    return 32768 * std::pow(10, decibels / 20) / std::max(rms(samples), 1.0);
}

void add_scaled(std::span<int16_t> onto, std::span<const int16_t> samples, double gain) {
    for (size_t i = 0; i < std::min(onto.size(), samples.size()); ++i) {
        const double sum = onto[i] + gain * samples[i];
        onto[i] = static_cast<int16_t>(std::clamp<double>(std::lround(sum), -32768, 32767));
    }
}

// One room's days as they are put together, sample by sample from the front.
class Composer {
  public:
    Composer(const NoiseSounds& sounds, const NoisePlan& plan, uint32_t rate_hz, uint64_t room)
        : sounds_(sounds),
          hour_samples_(uint64_t{plan.hour_s} * rate_hz),
          rate_(rate_hz),
          random_(Random(0x401).fork(room)) {
        const auto& rooms = sounds.rooms;
        night_ = &rooms[room % rooms.size()];
        day_ = &rooms[(room + 1 + random_.below(rooms.size() - 1)) % rooms.size()];
        kitchen_ = &sounds.kitchens[room % sounds.kitchens.size()];
        gain_db_ = random_.uniform(-3, 3);  // of this room's microphone
    }

    void add_hour(uint32_t hour, bool judged, bool with_strange) {
        const Hour like = hour_of(hour);
        const size_t begin = days_.samples.size();
        days_.samples.resize(begin + hour_samples_);
        const std::span<int16_t> samples = std::span(days_.samples).subspan(begin);
        const Clip& background = like.kitchen ? *kitchen_ : (like.every_s == 0 ? *night_ : *day_);
        const double jitter = gain_db_ + random_.uniform(-kDayJitter, kDayJitter);
        fill(samples, background, like.background + jitter);
        if (like.every_s != 0) add_usual(samples, like, jitter, judged);
        if (!judged) return;
        if (with_strange) {
            const double usual = like.every_s == 0 ? like.background : like.sounds;
            days_.strange.push_back(
                put(samples, begin, pick(sounds_.strange), usual + jitter + kAbove));
        } else if (is_deep_night(hour)) {
            days_.at_night.push_back(
                put(samples, begin, pick(sounds_.usual), kDay.sounds + jitter));
        }
    }
    void judge_from_here() { days_.judged_from = days_.samples.size(); }
    NoiseDays take() { return std::move(days_); }

  private:
    const Clip& pick(const std::vector<Clip>& clips) { return clips[random_.below(clips.size())]; }

    void fill(std::span<int16_t> samples, const Clip& background, double decibels) {
        const double gain = gain_to(background, decibels);
        size_t at = random_.below(background.size());
        while (!samples.empty()) {
            const auto part = std::span(background).subspan(at);
            add_scaled(samples, part, gain);
            samples = samples.subspan(std::min(samples.size(), part.size()));
            at = 0;
        }
    }
    void add_usual(std::span<int16_t> samples, const Hour& like, double jitter, bool judged) {
        double at = 0;
        while (true) {
            at += like.every_s * random_.uniform(0.5, 1.5) * rate_;
            if (at >= static_cast<double>(samples.size())) return;
            const Clip& clip = pick(judged ? sounds_.usual : sounds_.learned);
            add_scaled(samples.subspan(static_cast<size_t>(at)), clip,
                       gain_to(clip, like.sounds + jitter + random_.uniform(-3, 3)));
        }
    }
    Expected put(std::span<int16_t> samples, size_t begin, const Clip& clip, double decibels) {
        const size_t at = samples.size() / 4 + random_.below(samples.size() / 4);
        add_scaled(samples.subspan(at), clip, gain_to(clip, decibels));
        return {begin + at, begin + at + clip.size() - 1};
    }

    const NoiseSounds& sounds_;
    uint64_t hour_samples_;
    double rate_;
    Random random_;
    const Clip* night_;
    const Clip* day_;
    const Clip* kitchen_;
    double gain_db_;
    NoiseDays days_;
};

}  // namespace

NoiseSounds read_noise_sounds(const project::Project& project, const std::filesystem::path& data,
                              const std::string& split) {
    const uint32_t rate = project.sensor.rate_hz;
    const auto usual = words_of(project, "usual");
    const auto strange = words_of(project, "strange");
    NoiseSounds sounds;
    for (const Recording& recording :
         read_manifest(data / project.judge.data / "noise_manifest.csv")) {
        // Too loud to be a room as it is: recorded near full scale.
        if (recording.label == "room_noise_amplified") continue;
        Clip clip = read_audio(recording.path, rate).samples;
        const auto half = clip.begin() + static_cast<ptrdiff_t>(clip.size() / 2);
        split == "test" ? clip.erase(clip.begin(), half) : clip.erase(half, clip.end());
        (recording.label == "kitchen_noise" ? sounds.kitchens : sounds.rooms)
            .push_back(std::move(clip));
    }
    const auto folder = data / project.judge.texts.at("sounds");
    for (const Recording& recording : read_manifest(folder / "manifest.csv")) {
        const bool learned = recording.split == "train" && usual.contains(recording.label);
        const bool judged = recording.split == split;
        if (!learned && !judged) continue;
        if (!usual.contains(recording.label) && !strange.contains(recording.label)) continue;
        Clip clip = read_audio(recording.path, rate).samples;
        clip.resize(std::min(clip.size(), static_cast<size_t>(kLongest_s * rate)));
        if (judged && strange.contains(recording.label)) sounds.strange.push_back(clip);
        if (judged && usual.contains(recording.label)) sounds.usual.push_back(clip);
        if (learned) sounds.learned.push_back(std::move(clip));
    }
    const std::array parts = {&sounds.kitchens, &sounds.learned, &sounds.usual, &sounds.strange};
    if (sounds.rooms.size() < 2 ||
        std::ranges::any_of(parts, [](const auto* clips) { return clips->empty(); }))
        throw std::runtime_error(
            fmt::format("{}: not all that days in a room need is there for split {}: two rooms, a "
                        "kitchen, usual and strange sounds",
                        data.string(), split));
    return sounds;
}

NoiseDays noise_days(const NoiseSounds& sounds, const NoisePlan& plan, uint32_t rate_hz,
                     uint64_t room) {
    Composer composer(sounds, plan, rate_hz, room);
    for (uint32_t i = 0; i < plan.learned_hours + plan.judged_hours; ++i) {
        if (i == plan.learned_hours) composer.judge_from_here();
        // Every fourth hour, another one each day.
        const bool strange = (i + i / 24) % 4 == 0;
        composer.add_hour((plan.first_hour + i) % 24, i >= plan.learned_hours, strange);
    }
    return composer.take();
}

project::Project noise_project(const project::Project& project, const NoisePlan& plan) {
    project::Project shorter = project;
    project::Numbers& numbers = shorter.learner.parameters;
    const double share = plan.hour_s / project::number_of(numbers, "slot_s");
    numbers["slot_s"] = {static_cast<double>(plan.hour_s)};
    numbers["alert_slots"] = {
        std::max(1.0, std::round(project::number_of(numbers, "alert_slots") * share))};
    return shorter;
}

void NoiseJudgement::add(const NoiseJudgement& other) {
    strange += other.strange;
    strange_missed += other.strange_missed;
    at_night += other.at_night;
    at_night_missed += other.at_night_missed;
    false_alarms += other.false_alarms;
    days += other.days;
}

NoiseJudgement judge_noise(const NoiseDays& days, const std::vector<uint64_t>& fired, uint64_t late,
                           double samples_a_day) {
    const auto belongs = [&](const Expected& sound, uint64_t sample) {
        return sample >= sound.begin && sample <= sound.end + late;
    };
    const auto missed = [&](const Expected& sound) {
        return std::ranges::none_of(fired, [&](uint64_t at) { return belongs(sound, at); });
    };
    NoiseJudgement result;
    result.strange = days.strange.size();
    result.at_night = days.at_night.size();
    result.strange_missed = static_cast<uint64_t>(std::ranges::count_if(days.strange, missed));
    result.at_night_missed = static_cast<uint64_t>(std::ranges::count_if(days.at_night, missed));
    for (const uint64_t at : fired) {
        if (at < days.judged_from) continue;
        const auto its = [&](const Expected& sound) { return belongs(sound, at); };
        const bool right =
            std::ranges::any_of(days.strange, its) || std::ranges::any_of(days.at_night, its);
        result.false_alarms += right ? 0 : 1;
    }
    result.days = static_cast<double>(days.samples.size() - days.judged_from) / samples_a_day;
    return result;
}

}  // namespace ganglion::train
