#include "train/evaluate/cascade_judgement.hpp"

#include <algorithm>
#include <stdexcept>

#include "train/evaluate/judges.hpp"
#include "train/recordings/audio.hpp"
#include "train/recordings/manifest.hpp"

namespace ganglion::train {
namespace {

constexpr double kSoundsS = 20;  // without speech, before each call
constexpr double kPauseS = 0.3;

std::string role_of(const Recording& recording) {
    const auto role = recording.others.find("role");
    return role == recording.others.end() ? std::string() : role->second;
}

/// Recordings taken in turn, for as long as wanted.
class Turns {
  public:
    explicit Turns(std::vector<Recording> recordings) : recordings_(std::move(recordings)) {}
    const Recording& next() { return recordings_[taken_++ % recordings_.size()]; }
    bool empty() const { return recordings_.empty(); }

  private:
    std::vector<Recording> recordings_;
    size_t taken_ = 0;
};

struct Material {
    std::vector<Recording> words;
    std::vector<Turns> commands;  // one a label
    Turns sounds{{}};
    Turns speech{{}};
};

Material material_of(const project::Project& project, const std::filesystem::path& data,
                     const std::string& split) {
    const auto& rule = project.gates.back().decision;
    const std::string& word = rule.labels.at(rule.label);
    const auto wanted = firing_labels(project);
    const auto recordings = of_split(find_recordings(data, {".wav", ".flac"}), split);
    Material material;
    std::vector<std::vector<Recording>> commands(wanted.size());
    std::vector<Recording> sounds;
    std::vector<Recording> speech;
    for (const Recording& recording : recordings) {
        const auto command = std::ranges::find(wanted, recording.label);
        const std::string role = role_of(recording);
        if (recording.label == word) {
            material.words.push_back(recording);
        } else if (command != wanted.end()) {
            commands[static_cast<size_t>(command - wanted.begin())].push_back(recording);
        } else if (recording.label != "speech" && (role == "sound" || role == "noise")) {
            sounds.push_back(recording);
        } else if (role == "speech" || role == "other_word" || role == "wake") {
            speech.push_back(recording);
        }
    }
    // Neighbours in a manifest are alike: a stride without common factor spreads them.
    const auto spread = [](std::vector<Recording>& list) {
        std::vector<Recording> order;
        for (size_t i = 0; i < list.size(); ++i) order.push_back(list[i * 37 % list.size()]);
        if (list.size() % 37 != 0) list = std::move(order);
    };
    spread(sounds);
    spread(speech);
    for (auto& each : commands)
        if (!each.empty()) material.commands.emplace_back(std::move(each));
    material.sounds = Turns(std::move(sounds));
    material.speech = Turns(std::move(speech));
    return material;
}

}  // namespace

Conversation conversation(const project::Project& project, const std::filesystem::path& data,
                          const std::string& split, size_t most) {
    if (project.gates.empty())
        throw std::runtime_error(project.path.string() +
                                 ": judge.kind \"cascade\" needs [gate]: the wake word's");
    Material material = material_of(project, data, split);
    if (material.words.empty() || material.commands.empty() || material.sounds.empty() ||
        material.speech.empty())
        throw std::runtime_error(data.string() + ": needs recordings of the wake word, commands, " +
                                 "other speech and sounds in the split " + split);
    const double rate = project.sensor.rate_hz;
    Conversation heard;
    const auto pause = [&] {
        heard.samples.resize(heard.samples.size() + static_cast<size_t>(kPauseS * rate), 0);
    };
    const auto take = [&](const Recording& recording) {
        const auto sound = read_audio(recording.path, project.sensor.rate_hz).samples;
        heard.samples.insert(heard.samples.end(), sound.begin(), sound.end());
        return static_cast<double>(sound.size()) / rate;
    };
    for (size_t i = 0; i < std::min(most, material.words.size()); ++i) {
        for (double sounded = 0; sounded < kSoundsS;) sounded += take(material.sounds.next());
        pause();
        heard.speech_s += take(material.speech.next());
        pause();
        const Recording& command = material.commands[i % material.commands.size()].next();
        Call call{heard.samples.size(), 0, 0, command.label,
                  material.words[i].path.filename().string()};
        heard.speech_s += take(material.words[i]);
        call.end = heard.samples.size();
        heard.speech_s += take(command);
        call.command_end = heard.samples.size();
        heard.calls.push_back(std::move(call));
        pause();
    }
    heard.samples.resize(heard.samples.size() + static_cast<size_t>(2 * rate), 0);
    return heard;
}

CascadeJudgement judge_calls(const DeviceRun& device, const Conversation& heard,
                             const std::string& word) {
    const uint64_t second = device.bundle().features().header.rate_hz;
    CascadeJudgement judged;
    std::vector<std::string> told(heard.calls.size());
    std::vector<bool> woken(heard.calls.size(), false);
    uint64_t in_calls = 0;
    for (const Call& call : heard.calls) in_calls += call.command_end + second - call.begin;
    for (const Decision& decision : device.decide(heard.samples).decisions) {
        if (!decision.fired) continue;
        const std::string label(device.bundle().label(decision.label));
        const auto call = std::ranges::find_if(heard.calls, [&](const Call& each) {
            const uint64_t begin = label == word ? each.begin : each.end;
            const uint64_t end = label == word ? each.end + second / 2 : each.command_end + second;
            return decision.sample >= begin && decision.sample < end;
        });
        if (call == heard.calls.end()) {
            ++(label == word ? judged.false_words : judged.false_commands);
            continue;
        }
        const auto index = static_cast<size_t>(call - heard.calls.begin());
        if (label == word) {
            woken[index] = true;
        } else if (told[index].empty()) {
            told[index] = label;
        }
    }
    for (size_t i = 0; i < heard.calls.size(); ++i) {
        ++judged.words;
        if (!woken[i]) {
            ++judged.missed_words;
            judged.missed_names.push_back(heard.calls[i].name);
        } else if (told[i] != heard.calls[i].command) {
            ++judged.missed_commands;
            judged.missed_names.push_back(heard.calls[i].command + " behind " +
                                          heard.calls[i].name +
                                          (told[i].empty() ? "" : ", taken for " + told[i]));
        }
    }
    judged.hours = static_cast<double>(heard.samples.size() -
                                       std::min<uint64_t>(in_calls, heard.samples.size())) /
                   static_cast<double>(second) / 3600;
    return judged;
}

}  // namespace ganglion::train
