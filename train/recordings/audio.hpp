#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace ganglion::train {

/// One channel of sound, full scale = int16.
struct Audio {
    uint32_t rate_hz = 0;
    std::vector<int16_t> samples;
};

/// Reads a WAV or FLAC file (whatever libsndfile knows), mixes it down to one channel and resamples
/// it to `rate_hz`. Throws std::runtime_error with one line (file, what is wrong, what to do) when
/// the file is absent, is not audio, is empty, or holds fewer samples than its header promises.
Audio read_audio(const std::filesystem::path& path, uint32_t rate_hz);

/// Decodes a whole sound file from memory; `name` stands in the error messages. Same checks as
/// read_audio.
Audio decode_audio(std::span<const std::byte> file, const std::filesystem::path& name,
                   uint32_t rate_hz);

/// Writes 16-bit mono WAV. Throws std::runtime_error when the file cannot be written.
void write_wav(const std::filesystem::path& path, std::span<const int16_t> samples,
               uint32_t rate_hz);

/// Resamples by `to_hz / from_hz` with libsamplerate's band-limited interpolator; samples are
/// clipped to int16.
std::vector<int16_t> resample(std::span<const int16_t> samples, double from_hz, double to_hz);

}  // namespace ganglion::train
