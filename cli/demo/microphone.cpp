#include "cli/demo/microphone.hpp"

#include <alsa/asoundlib.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace ganglion::cli {
namespace {

void check(int result, const char* what) {
    if (result < 0)
        throw std::runtime_error(std::string("microphone: ") + what + ": " + snd_strerror(result) +
                                 ": connect one, or give recordings with --audio FILE");
}

/// ALSA prints its own search to standard error; the one line of check() says what a user needs.
void stay_silent(const char*, int, const char*, int, const char*, ...) {}

}  // namespace

void record_microphone(uint32_t rate_hz, const std::atomic<bool>& stop,
                       const std::function<void(std::span<const int16_t>)>& take) {
    snd_lib_error_set_handler(stay_silent);
    snd_pcm_t* raw = nullptr;
    check(snd_pcm_open(&raw, "default", SND_PCM_STREAM_CAPTURE, 0), "no recording device");
    const std::unique_ptr<snd_pcm_t, int (*)(snd_pcm_t*)> device(raw, snd_pcm_close);
    constexpr unsigned latency_us = 100'000;
    check(snd_pcm_set_params(device.get(), SND_PCM_FORMAT_S16_LE, SND_PCM_ACCESS_RW_INTERLEAVED, 1,
                             rate_hz, 1, latency_us),
          "cannot record 16-bit mono at this rate");
    std::vector<int16_t> block(rate_hz / 100);
    while (!stop) {
        snd_pcm_sframes_t frames = snd_pcm_readi(device.get(), block.data(), block.size());
        if (frames < 0) frames = snd_pcm_recover(device.get(), static_cast<int>(frames), 1);
        check(static_cast<int>(frames), "recording stopped");
        take(std::span(block).first(static_cast<size_t>(frames)));
    }
}

}  // namespace ganglion::cli
