#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ganglion::train {

/// One sentence of the demonstration and where it lies in the stream.
struct DemoSentence {
    std::string text;
    std::string voice;      ///< "flite slt"
    size_t begin = 0;       ///< first sample
    size_t end = 0;         ///< one past the last sample
    bool has_word = false;  ///< whether the wake word is said
    size_t word_begin = 0;  ///< only with has_word
    size_t word_end = 0;    ///< only with has_word
};

struct SpeechDemo {
    uint32_t rate_hz = 16000;
    std::vector<int16_t> samples;
    std::vector<DemoSentence> sentences;
};

/// Sentences with and without the wake word "alexa", spoken by every installed engine in turn with
/// quiet room noise between and beneath; about 25 s. The wake word is spoken as a piece of its own
/// and the rest of the sentence follows by the same voice, so that its extent is known to the
/// sample. Equal seeds and engines give equal samples. Throws std::runtime_error when no
/// text-to-speech engine is installed.
SpeechDemo synthesize_speech_demo(uint64_t seed = 1);

}  // namespace ganglion::train
