#include "cli/demo/inputs.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "train/evaluate/judges.hpp"
#include "train/recordings/audio.hpp"
#include "train/recordings/table.hpp"
#include "train/synthesis/motor.hpp"
#include "train/synthesis/speech_demo.hpp"

namespace ganglion::cli {
namespace {

Input recorded_speech(const std::vector<std::filesystem::path>& files, uint32_t rate_hz) {
    Input input{.description = {},
                .samples = {},
                .rate_hz = static_cast<double>(rate_hz),
                .truth = {},
                .tolerance = 0};
    const std::vector<int16_t> quiet(rate_hz / 2, 0);
    for (const auto& file : files) {
        input.samples.insert(input.samples.end(), quiet.begin(), quiet.end());
        const auto audio = train::read_audio(file, rate_hz);
        input.samples.insert(input.samples.end(), audio.samples.begin(), audio.samples.end());
    }
    input.samples.insert(input.samples.end(), quiet.begin(), quiet.end());
    input.description = fmt::format("{} recording{}, {:.1f} s", files.size(),
                                    files.size() == 1 ? "" : "s", input.seconds());
    return input;
}

Input spoken_by_this_machine(const std::filesystem::path& state) {
    auto demo = train::synthesize_speech_demo();
    train::write_wav(state / "speech.wav", demo.samples, demo.rate_hz);
    Input input{.description = {},
                .samples = std::move(demo.samples),
                .rate_hz = static_cast<double>(demo.rate_hz),
                .truth = {.known = true, .lasting = false, .intervals = {}},
                .tolerance = demo.rate_hz};
    std::set<std::string> voices;
    for (const auto& sentence : demo.sentences) {
        voices.insert(sentence.voice);
        if (sentence.has_word)
            input.truth.intervals.push_back({sentence.word_begin, sentence.word_end});
    }
    input.description = fmt::format("{} sentences by {} voices, {:.1f} s, {} with the wake word",
                                    demo.sentences.size(), voices.size(), input.seconds(),
                                    input.truth.intervals.size());
    return input;
}

}  // namespace

Input speech_input(const DemoOptions& options, const project::Project& project,
                   const std::filesystem::path& state) {
    if (options.microphone)
        return {.description = "live microphone",
                .samples = {},
                .rate_hz = static_cast<double>(project.sensor.rate_hz),
                .truth = {},
                .tolerance = 0};
    return options.audio.empty() ? spoken_by_this_machine(state)
                                 : recorded_speech(options.audio, project.sensor.rate_hz);
}

Input recorded_input(const DemoOptions& options, const project::Project& project) {
    auto stream =
        train::find_stream({.project = project, .data = options.data, .split = options.split});
    return {.description = std::move(stream.description),
            .samples = std::move(stream.samples),
            .rate_hz = project.sensor.samples_per_second(),
            .channels = project.sensor.channels,
            .truth = {.known = true,
                      .lasting = true,
                      .intervals = std::move(stream.expected),
                      .judged = std::move(stream.judged)},
            .tolerance = stream.tolerance};
}

Input motor_input(const DemoOptions& options, const project::Project& project) {
    const uint32_t rate_hz = project.sensor.rate_hz;
    const double g_per_lsb = project.sensor.unit_per_lsb;
    Input input{.description = {},
                .samples = {},
                .rate_hz = static_cast<double>(rate_hz),
                .truth = {},
                .tolerance = 0};
    if (!options.vibration.empty()) {
        input.samples =
            train::read_vibration_csv(options.vibration, rate_hz, g_per_lsb,
                                      {.file_rate_hz = options.vibration_rate_hz, .column = {}});
        input.description =
            fmt::format("{}, {:.1f} s", options.vibration.filename().string(), input.seconds());
        return input;
    }
    train::MotorSettings settings;
    settings.rate_hz = rate_hz;
    settings.unit_per_lsb = g_per_lsb;
    auto motor = train::simulate_motor(settings);
    input.samples = std::move(motor.samples);
    input.truth = {.known = true,
                   .lasting = true,
                   .intervals = {{motor.first_faulty, input.samples.size(), "anomaly"}}};
    input.description = fmt::format(
        "simulated motor at {:.1f} Hz, {:.1f} s, bearing fails from {:.1f} s on", motor.shaft_hz,
        input.seconds(), static_cast<double>(motor.first_faulty) / rate_hz);
    return input;
}

}  // namespace ganglion::cli
