#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "train/recordings/audio.hpp"

namespace ganglion::train {

enum class SpeechEngine { espeak_ng, flite, festival };

/// One way to say something. All engines run on this machine; nothing is sent anywhere.
struct Voice {
    SpeechEngine engine = SpeechEngine::espeak_ng;
    std::string name = "en-us";  ///< espeak-ng "en-gb+f3", flite "slt", festival "kal_diphone"
    double tempo = 1.0;          ///< 1 = the engine's own; 1.2 = 20 % faster
    int pitch = 50;              ///< espeak-ng only, 0..99
};

/// "espeak-ng en-us+f3", for reports.
std::string to_string(const Voice& voice);

/// True when the engine's program is installed.
bool is_available(SpeechEngine engine);

/// Says `text` and returns 16 kHz sound as the engine made it, quiet around it included. The same
/// text and voice give the same samples. Throws std::runtime_error when the engine is not installed
/// or fails.
std::vector<int16_t> speak(std::string_view text, const Voice& voice);

/// Where the sound is: first and one past the last 10 ms block within 35 dB of the loudest. Empty
/// (0, 0) for silence.
struct Extent {
    size_t begin = 0;
    size_t end = 0;
};
Extent loud_extent(std::span<const int16_t> samples, uint32_t rate_hz);

/// speak() cut to its loud_extent, so that the sound starts at sample 0.
std::vector<int16_t> speak_trimmed(std::string_view text, const Voice& voice);

/// The English voices that come with the installed engines, in a fixed order: espeak-ng accents
/// with variants, flite, festival. Engines that are not installed are left out.
std::vector<Voice> english_voices();

/// espeak-ng's voices of other languages, whose melody and sounds are unlike English.
std::vector<Voice> foreign_voices();

/// english_voices() without every tenth of espeak-ng's: what training may hear.
std::vector<Voice> training_voices();

/// The espeak-ng voices that training_voices() leaves out, and all of flite and festival, which
/// have too few to leave any out.
std::vector<Voice> judging_voices();

}  // namespace ganglion::train
