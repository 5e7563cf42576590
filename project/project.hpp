#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ganglion::project {

enum class Sensor { microphone, accelerometer };
enum class Features { log_mel, spectrum_bands };
enum class Spacing { mel, linear, log };
enum class DecisionRule { class_probability, reconstruction_error };

/// One ganglion.toml: what an application senses, computes, decides, does and may spend.
/// docs/project.md explains each key with its default; every value is checked when read.
struct Project {
    std::filesystem::path path;  ///< of the file; other paths are relative to its folder

    struct Application {
        std::string name;         ///< [a-z][a-z0-9_]*, at most 15 characters
        std::string version;      ///< at most 15 characters, e.g. "1.0.0"
        std::string title;        ///< for people, at most 47 bytes
        std::string description;  ///< for people, any length
    } application;

    struct SensorInput {
        Sensor kind = Sensor::microphone;
        uint32_t rate_hz = 0;  ///< samples per second and channel
        uint32_t channels = 1;
        std::string unit;         ///< of a sample, e.g. "g"; may be empty
        double unit_per_lsb = 0;  ///< units per step of an int16 sample; 0: not stated
    } sensor;

    struct FeatureChoice {
        Features kind = Features::log_mel;
        uint32_t window = 0;    ///< samples
        uint32_t hop = 0;       ///< samples
        uint32_t fft_size = 0;  ///< the smallest power of two >= window unless stated
        uint32_t bands = 0;
        double low_hz = 0;
        double high_hz = 0;
        Spacing spacing = Spacing::mel;
        bool time_features = false;    ///< spectrum_bands: also mean square, crest factor, kurtosis
        uint32_t frames = 1;           ///< the model sees this many
        uint32_t stride = 1;           ///< frames between inferences
        double offset = 35;            ///< log2 energy that becomes 0
        double steps = 8;              ///< int8 steps per doubling of energy
        double normalise_seconds = 0;  ///< log_mel: time constant of the running mean; 0: none
    } features;

    /// For training alone: what to fit and on what. Read and checked here, used by train/.
    struct Network {
        std::string kind;
        std::vector<uint32_t> channels;
        uint32_t epochs = 0;
        uint32_t batch = 0;
        double learning_rate = 0;
        uint64_t seed = 1;
    } network;

    std::filesystem::path model_file;  ///< the .tflite, absolute or relative to the current folder

    struct Decision {
        DecisionRule kind = DecisionRule::class_probability;
        std::vector<std::string> labels;  ///< at most 8 of at most 15 bytes each
        uint32_t label = 0;               ///< index of the one that fires
        uint32_t average = 1;             ///< scores
        uint32_t threshold = 500;         ///< permille
        uint32_t consecutive = 1;
        uint32_t minimum_gap_ms = 0;
        double full_scale = 1;  ///< reconstruction_error: mean squared difference that scores 1000,
                                ///< in the model input's real units squared
    } decision;

    uint32_t running_normal_frames = 0;  ///< [learn]; 0: nothing is learned on the device

    struct Action {
        uint32_t gate_ms = 0;
        bool stop_line = false;
    } action;

    struct Budget {
        std::optional<uint32_t> ram_bytes;
        std::optional<uint32_t> flash_bytes;
        std::optional<double> alerts_per_hour;
    } budget;

    /// Values in one feature frame, over all channels.
    uint32_t frame_values() const {
        return sensor.channels * (features.bands + (features.time_features ? 3 : 0));
    }
};

/// Reads and checks a ganglion.toml. Throws std::runtime_error with one line: file:line: key: what
/// is wrong and what to write instead. Unknown sections and keys are refused.
Project read(const std::filesystem::path& file);

/// The same for text in memory; `file` is used in messages and to find the model.
Project parse(std::string_view text, const std::filesystem::path& file);

}  // namespace ganglion::project
