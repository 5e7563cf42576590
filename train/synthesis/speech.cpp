#include "train/synthesis/speech.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <stdexcept>

#include "train/synthesis/scratch_folder.hpp"
#include "train/synthesis/subprocess.hpp"

namespace ganglion::train {
namespace {

constexpr uint32_t kRateHz = 16000;

const char* program_of(SpeechEngine engine) {
    switch (engine) {
        case SpeechEngine::espeak_ng:
            return "espeak-ng";
        case SpeechEngine::flite:
            return "flite";
        case SpeechEngine::festival:
            return "text2wave";
    }
    return "";
}

}  // namespace

std::string to_string(const Voice& voice) {
    const char* engine =
        voice.engine == SpeechEngine::festival ? "festival" : program_of(voice.engine);
    return fmt::format("{} {}", engine, voice.name);
}

bool is_available(SpeechEngine engine) {
    return is_installed(program_of(engine));
}

std::vector<int16_t> speak(std::string_view text, const Voice& voice) {
    const ScratchFolder folder;
    const std::string file = (folder.path() / "speech.wav").string();
    const std::string program = program_of(voice.engine);
    switch (voice.engine) {
        case SpeechEngine::espeak_ng:
            // 175 words a minute is espeak-ng's default.
            run_program({program, "-v", voice.name, "-s", fmt::format("{:.0f}", 175 * voice.tempo),
                         "-p", fmt::format("{}", voice.pitch), "-w", file, "--stdin"},
                        text);
            break;
        case SpeechEngine::flite:
            run_program({program, "-voice", voice.name, "--setf",
                         fmt::format("duration_stretch={:.3f}", 1.0 / voice.tempo), "-t",
                         std::string(text), "-o", file});
            break;
        case SpeechEngine::festival:
            run_program({program, "-eval", fmt::format("(voice_{})", voice.name), "-eval",
                         fmt::format("(Parameter.set 'Duration_Stretch {:.3f})", 1.0 / voice.tempo),
                         "-o", file},
                        text);
            break;
    }
    // text2wave reports success even where it does not know the voice.
    if (!std::filesystem::exists(file)) {
        throw std::runtime_error(
            fmt::format("{} wrote no sound with the voice '{}'; install the voice's Debian package "
                        "(packages.txt "
                        "lists them), or leave it out",
                        program, voice.name));
    }
    return read_audio(file, kRateHz).samples;
}

Extent loud_extent(std::span<const int16_t> samples, uint32_t rate) {
    const size_t block = rate / 100;
    std::vector<double> power;
    for (size_t at = 0; at + block <= samples.size(); at += block) {
        double sum = 0;
        for (size_t i = at; i < at + block; ++i)
            sum += static_cast<double>(samples[i]) * samples[i];
        power.push_back(sum);
    }
    const double loudest = power.empty() ? 0 : *std::max_element(power.begin(), power.end());
    if (loudest <= 0) return {};
    const auto loud = [&](double p) { return p > loudest * 3.16e-4; };
    const auto first = std::find_if(power.begin(), power.end(), loud);
    const auto last = std::find_if(power.rbegin(), power.rend(), loud);
    return {static_cast<size_t>(first - power.begin()) * block,
            static_cast<size_t>(power.rend() - last) * block};
}

std::vector<int16_t> speak_trimmed(std::string_view text, const Voice& voice) {
    const auto sound = speak(text, voice);
    const auto [begin, end] = loud_extent(sound, kRateHz);
    return {sound.begin() + static_cast<ptrdiff_t>(begin),
            sound.begin() + static_cast<ptrdiff_t>(end)};
}

std::vector<Voice> english_voices() {
    std::vector<Voice> voices;
    if (is_available(SpeechEngine::espeak_ng)) {
        constexpr std::array accents{"en-us",      "en-gb",          "en-gb-scotland",
                                     "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd",
                                     "en-029",     "en-us-nyc"};
        constexpr std::array variants{
            "",         "+m1",      "+m2",     "+m3",      "+m4",    "+m5",     "+m7",
            "+m8",      "+f1",      "+f2",     "+f3",      "+f4",    "+f5",     "+Alex",
            "+Alicia",  "+Andrea",  "+Andy",   "+Annie",   "+Denis", "+Diogo",  "+Gene",
            "+Lee",     "+Marco",   "+Mario",  "+Michael", "+Mike",  "+adam",   "+anika",
            "+antonio", "+belinda", "+boris",  "+caleb",   "+david", "+ed",     "+edward",
            "+grandma", "+grandpa", "+iven",   "+john",    "+klatt", "+klatt3", "+klatt4",
            "+linda",   "+max",     "+miguel", "+pablo",   "+paul",  "+pedro",  "+quincy",
            "+rob",     "+robert",  "+sandro", "+shelby",  "+steph", "+steph3", "+travis",
            "+victor",  "+zac"};
        for (const auto* variant : variants) {
            for (const auto* accent : accents) {
                voices.push_back({SpeechEngine::espeak_ng, std::string(accent) + variant});
            }
        }
    }
    if (is_available(SpeechEngine::flite)) {
        for (const auto* name : {"slt", "rms", "awb", "kal16", "kal"}) {
            voices.push_back({SpeechEngine::flite, name});
        }
    }
    if (is_available(SpeechEngine::festival)) {
        for (const auto* name : {"kal_diphone", "cmu_us_slt_arctic_hts"}) {
            voices.push_back({SpeechEngine::festival, name});
        }
    }
    return voices;
}

std::vector<Voice> foreign_voices() {
    std::vector<Voice> voices;
    if (!is_available(SpeechEngine::espeak_ng)) return voices;
    for (const auto* language :
         {"es", "es-419", "fr", "de", "it", "pt-br", "nl", "pl", "tr", "sv", "ru", "hi"}) {
        for (const auto* variant : {"", "+m3", "+m7", "+f1", "+f3", "+f5", "+klatt", "+Andy"})
            voices.push_back({SpeechEngine::espeak_ng, std::string(language) + variant});
    }
    return voices;
}

std::vector<Voice> training_voices() {
    std::vector<Voice> voices;
    size_t index = 0;
    for (const Voice& voice : english_voices()) {
        const bool left_out = voice.engine == SpeechEngine::espeak_ng && index++ % 10 == 3;
        if (!left_out) voices.push_back(voice);
    }
    return voices;
}

std::vector<Voice> judging_voices() {
    std::vector<Voice> voices;
    size_t index = 0;
    for (const Voice& voice : english_voices()) {
        const bool left_out = voice.engine == SpeechEngine::espeak_ng && index++ % 10 == 3;
        if (left_out || voice.engine != SpeechEngine::espeak_ng) voices.push_back(voice);
    }
    return voices;
}

}  // namespace ganglion::train
