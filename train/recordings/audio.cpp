#include "train/recordings/audio.hpp"

#include <fmt/format.h>
#include <samplerate.h>
#include <sndfile.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

namespace ganglion::train {
namespace {

struct CloseSound {
    void operator()(SNDFILE* file) const { sf_close(file); }
};

/// The file in memory as libsndfile's virtual I/O sees it.
struct Cursor {
    std::span<const std::byte> bytes;
    sf_count_t at = 0;
};

sf_count_t size_of(void* user) {
    return static_cast<sf_count_t>(static_cast<Cursor*>(user)->bytes.size());
}

sf_count_t seek_to(sf_count_t offset, int whence, void* user) {
    auto* cursor = static_cast<Cursor*>(user);
    const sf_count_t size = size_of(user);
    const sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? cursor->at : size;
    cursor->at = std::clamp<sf_count_t>(base + offset, 0, size);
    return cursor->at;
}

sf_count_t read_from(void* target, sf_count_t count, void* user) {
    auto* cursor = static_cast<Cursor*>(user);
    const sf_count_t n = std::clamp<sf_count_t>(size_of(user) - cursor->at, 0, count);
    if (n > 0) std::memcpy(target, cursor->bytes.data() + cursor->at, static_cast<size_t>(n));
    cursor->at += n;
    return n;
}

sf_count_t refuse_write(const void*, sf_count_t, void*) {
    return 0;
}

sf_count_t tell(void* user) {
    return static_cast<Cursor*>(user)->at;
}

uint32_t word_at(std::span<const std::byte> file, size_t offset) {
    uint32_t value = 0;
    for (size_t i = 0; i < 4; ++i) {
        value |= static_cast<uint32_t>(file[offset + i]) << (8 * i);
    }
    return value;
}

bool tag_is(std::span<const std::byte> file, size_t offset, const char* tag) {
    return offset + 4 <= file.size() && std::memcmp(file.data() + offset, tag, 4) == 0;
}

/// libsndfile silently shortens a WAV whose data ends early, so the promise in the header is
/// compared here. Writers to a pipe leave 0 or a huge "unknown" size: those promise nothing.
bool wav_is_cut(std::span<const std::byte> file) {
    if (!tag_is(file, 0, "RIFF") || !tag_is(file, 8, "WAVE")) return false;
    for (size_t at = 12; at + 8 <= file.size();) {
        const uint32_t size = word_at(file, at + 4);
        if (tag_is(file, at, "data")) {
            return size < 0x7f000000U && at + 8 + size > file.size();
        }
        at += 8 + static_cast<size_t>(size) + (size & 1U);
    }
    return true;
}

bool looks_like_text(std::span<const std::byte> file) {
    const auto head = file.first(std::min<size_t>(file.size(), 512));
    return !head.empty() && std::all_of(head.begin(), head.end(), [](std::byte b) {
        const auto c = static_cast<unsigned char>(b);
        return c >= 32 || c == '\n' || c == '\r' || c == '\t';
    });
}

[[noreturn]] void reject(const std::filesystem::path& name, std::string_view what) {
    throw std::runtime_error(fmt::format("{}: {}", name.string(), what));
}

int16_t to_int16(float value) {
    return static_cast<int16_t>(std::clamp(std::lrintf(value * 32768.0F), -32768L, 32767L));
}

}  // namespace

Audio decode_audio(std::span<const std::byte> file, const std::filesystem::path& name,
                   uint32_t rate_hz) {
    constexpr std::string_view advice = "give a WAV or FLAC file";
    if (file.empty()) reject(name, fmt::format("the file is empty; {}", advice));
    if (wav_is_cut(file)) {
        reject(name,
               "the audio is truncated: the header promises more samples than the file "
               "holds; copy or record it again");
    }
    SF_VIRTUAL_IO io{size_of, seek_to, read_from, refuse_write, tell};
    Cursor cursor{file, 0};
    SF_INFO info{};
    const std::unique_ptr<SNDFILE, CloseSound> sound(
        sf_open_virtual(&io, SFM_READ, &info, &cursor));
    if (!sound) {
        reject(name, looks_like_text(file) ? fmt::format("this is text, not audio; {}", advice)
                                           : fmt::format("not readable as audio ({}); {}",
                                                         sf_strerror(nullptr), advice));
    }
    if (info.channels < 1 || info.channels > 64 || info.samplerate < 1000 ||
        info.samplerate > 1'000'000) {
        reject(name, fmt::format("{} channels at {} Hz cannot be used; {}", info.channels,
                                 info.samplerate, advice));
    }
    const auto channels = static_cast<size_t>(info.channels);
    std::vector<int16_t> mono;
    std::vector<float> block(4096 * channels);
    for (;;) {
        const sf_count_t frames = sf_readf_float(sound.get(), block.data(), 4096);
        if (frames <= 0) break;
        for (size_t i = 0; i < static_cast<size_t>(frames); ++i) {
            float sum = 0;
            for (size_t c = 0; c < channels; ++c) sum += block[i * channels + c];
            const float value = sum / static_cast<float>(channels);
            mono.push_back(std::isfinite(value) ? to_int16(value) : int16_t{0});
        }
    }
    if (sf_error(sound.get()) != SF_ERR_NO_ERROR ||
        static_cast<sf_count_t>(mono.size()) < info.frames) {
        reject(name, fmt::format("the audio is truncated: {} of {} samples could be read; copy or "
                                 "record it again",
                                 mono.size(), info.frames));
    }
    if (mono.empty()) reject(name, fmt::format("the file holds no samples; {}", advice));
    return {rate_hz, resample(mono, info.samplerate, rate_hz)};
}

Audio read_audio(const std::filesystem::path& path, uint32_t rate_hz) {
    if (std::filesystem::is_directory(path))
        reject(path, "this is a folder; give a WAV or FLAC file");
    std::ifstream in(path, std::ios::binary);
    if (!in) reject(path, "cannot be opened; check the name and that you may read it");
    std::vector<char> bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    return decode_audio(std::as_bytes(std::span(bytes)), path, rate_hz);
}

void write_wav(const std::filesystem::path& path, std::span<const int16_t> samples,
               uint32_t rate_hz) {
    SF_INFO info{};
    info.samplerate = static_cast<int>(rate_hz);
    info.channels = 1;
    info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
    const std::unique_ptr<SNDFILE, CloseSound> sound(sf_open(path.c_str(), SFM_WRITE, &info));
    if (!sound) reject(path, fmt::format("cannot be written ({})", sf_strerror(nullptr)));
    const auto count = static_cast<sf_count_t>(samples.size());
    if (sf_write_short(sound.get(), samples.data(), count) != count) {
        reject(path, fmt::format("cannot be written ({})", sf_strerror(sound.get())));
    }
}

std::vector<int16_t> resample(std::span<const int16_t> samples, double from_hz, double to_hz) {
    if (from_hz == to_hz || samples.empty()) return {samples.begin(), samples.end()};
    const double ratio = to_hz / from_hz;
    if (src_is_valid_ratio(ratio) == 0) {
        throw std::runtime_error(fmt::format(
            "cannot resample {} Hz to {} Hz: the ratio must be 1/256 to 256", from_hz, to_hz));
    }
    std::vector<float> in(samples.size());
    std::transform(samples.begin(), samples.end(), in.begin(),
                   [](int16_t s) { return static_cast<float>(s) / 32768.0F; });
    std::vector<float> out(static_cast<size_t>(std::ceil(static_cast<double>(in.size()) * ratio)) +
                           1);
    SRC_DATA data{};
    data.data_in = in.data();
    data.input_frames = static_cast<long>(in.size());
    data.data_out = out.data();
    data.output_frames = static_cast<long>(out.size());
    data.src_ratio = ratio;
    if (const int error = src_simple(&data, SRC_SINC_FASTEST, 1); error != 0) {
        throw std::runtime_error(fmt::format("resampling failed: {}", src_strerror(error)));
    }
    std::vector<int16_t> result(static_cast<size_t>(data.output_frames_gen));
    std::transform(out.begin(), out.begin() + data.output_frames_gen, result.begin(), to_int16);
    return result;
}

}  // namespace ganglion::train
