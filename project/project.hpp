#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ganglion::project {

enum class Sensor {
    microphone,
    accelerometer,
    imu,
    ecg,
    ppg,
    blink,
    image,
    soil,
    room,
    meter,
    ride,
};
enum class Features {
    log_mel,
    spectrum_bands,
    ecg_beats,
    pulse_windows,
    readings,
    slot_means,
    impacts,
    motion,
    strokes,
    levels,
    gradients,
    eyes,
};
enum class Spacing { mel, linear, log };
enum class DecisionRule { class_probability, reconstruction_error, classes, learner };
/// A learner: project/learner_kinds.cpp.
enum class LearnerChoice { none, distance, prototypes, series, plot, routine, level, noise };

/// What a block or learner is set to, by key; each key has one number or a list.
using Numbers = std::map<std::string, std::vector<double>, std::less<>>;
/// The first (only) number of a key that is there.
inline double number_of(const Numbers& numbers, std::string_view key) {
    return numbers.find(key)->second.front();
}

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
        uint32_t rate_hz = 0;   ///< samples per channel in period_s seconds
        uint32_t period_s = 1;  ///< slow sensors: rate_hz is 1 and this the seconds of a sample
        uint32_t channels = 1;
        std::string unit;                   ///< of a sample, e.g. "g"; may be empty
        double unit_per_lsb = 0;            ///< units per step of an int16 sample; 0: not stated
        std::vector<double> units_per_lsb;  ///< the same by channel
        std::vector<std::string> columns;   ///< of a CSV recording, one a channel; empty: the first

        double samples_per_second() const { return static_cast<double>(rate_hz) / period_s; }
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
        Numbers parameters;            ///< of every other block, by its keys
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

    /// [training]: which recordings a classifier is fitted on, beyond those that judge it.
    struct Training {
        std::vector<std::string> data;  ///< folders below the recordings' root; empty: judge.data
        /// A manifest's label or role: the project's label that it counts as, or "": left out.
        std::map<std::string, std::string, std::less<>> labels;
        std::vector<std::string> synthetic;  ///< labels that training also makes sounds of
        uint32_t copies = 0;                 ///< of each recording; 0: as many as the sensor needs
        uint32_t windows = 400;              ///< of each copy, at most
        uint32_t folds = 0;  ///< parts of the training split, in turn left out; 0: thresholds are
                             ///< chosen on the validation split alone
    } training;

    /// [scaling]: raw value to int8, chosen by training; one number for all values, or one a value.
    /// Empty: features.offset and features.steps.
    struct Scaling {
        std::vector<double> offset;  ///< raw value that becomes 0
        std::vector<double> steps;   ///< int8 steps per unit
    } scaling;

    std::filesystem::path model_file;  ///< the .tflite, absolute or relative to the current folder
    bool streaming = false;  ///< [model]: each inference computes only what features.stride new
                             ///< frames change

    struct Learner {
        LearnerChoice kind = LearnerChoice::none;
        bool of_model = false;  ///< judges the model's outputs, not the frames
        Numbers parameters;
    } learner;
    /// [share]: what the learner may let others of its kind have, and how. Doublings (log2).
    struct Share {
        std::vector<double> centre;  ///< public: what a contribution is clipped around
        double radius = 0;           ///< to this distance
        double sigma = 0;            ///< deviation of the noise of each number
        double wider = 0;            ///< added to what comes of it: a new device knows less
        uint32_t period_days = 0;    ///< at least so long from one to the next
        uint32_t contributions = 0;  ///< of a device in its life
    };
    std::optional<Share> share;

    /// False where the learner judges the frames themselves.
    bool has_model() const { return learner.kind == LearnerChoice::none || learner.of_model; }

    struct Decision {
        DecisionRule kind = DecisionRule::class_probability;
        std::vector<std::string> labels;   ///< at most 16 of at most 15 bytes each
        uint32_t label = 0;                ///< index of the one that fires
        uint32_t average = 1;              ///< scores
        uint32_t threshold = 500;          ///< permille
        std::vector<uint32_t> thresholds;  ///< classes: permille by label, 0 never fires
        uint32_t release = 0;  ///< permille below the threshold to fall to; 0: the threshold itself
        bool repeat = false;   ///< fires at each inference, without falling below
        uint32_t votes = 0;    ///< majority of so many averages; 0: consecutive counts
        uint32_t majority = 0;         ///< so many of the votes
        std::vector<double> evidence;  ///< sequential: log likelihood ratio of 16 score steps
        double evidence_bound = 0;     ///< sequential: fires from this sum on; 0: not sequential
        uint32_t consecutive = 1;
        uint32_t minimum_gap_ms = 0;
        double full_scale = 1;  ///< reconstruction_error: mean squared difference that scores 1000,
                                ///< in the model input's real units squared
    } decision;

    /// [sound_gate]: lets the features sleep while nothing rises above the room's own noise
    /// (device/features/sound_gate.hpp).
    struct SoundGate {
        double ratio = 2;          ///< a frame's hop is loud from this many times the floor on
        uint32_t least = 0;        ///< and above this mean change between pairs of samples
        uint32_t hold_ms = 200;    ///< open so long after it was loud
        uint32_t floor_ms = 500;   ///< the floor is the least of the last so long to twice as long
        uint32_t preroll_ms = 60;  ///< heard from before the opening
    };
    std::optional<SoundGate> sound_gate;

    /// [gate] and [gate2]: cheap stages before the model; each runs only while the one before it is
    /// open, the model while the last one is.
    struct Gate {
        std::filesystem::path model_file;  ///< empty: a learner of the frames
        bool streaming = false;  ///< of the model: as Project::streaming, by the gate's stride
        Learner learner;
        Decision decision;
        uint32_t frames = 1;
        uint32_t stride = 1;
        uint32_t hold_ms = 0;  ///< stays open so long
        bool silent = true;    ///< is no event itself
        bool once = false;     ///< closes as soon as the stage that it opens has fired
    };
    std::vector<Gate> gates;

    /// Labels of the bundle: the decision's, then those of the gates.
    std::vector<std::string> all_labels() const;

    uint32_t running_normal_frames = 0;  ///< [learn]; 0: no scaling is learned on the device

    struct Action {
        uint32_t gate_ms = 0;
        bool stop_line = false;
        std::vector<std::string> gate_labels;  ///< that open the audio gate; empty: all
        std::vector<std::string>
            stop_labels;  ///< that pull the stop line; empty: all, with stop_line
        std::vector<std::string> relay_labels;  ///< that close the relay
        std::vector<std::string> light_labels;  ///< that light the light
    } action;

    /// [judge]: how `ganglion evaluate` compares decisions with a recording's truth.
    struct Judge {
        std::string kind;  ///< train/evaluate/judges.hpp; empty: by the decision's kind
        std::string data;  ///< folder below the recordings' root, e.g. "vibration"
        std::map<std::string, double, std::less<>> goals;  ///< figure: wanted value
        Numbers parameters;
        std::map<std::string, std::string, std::less<>> texts;
    } judge;

    /// [proof]: frames that the bundle's proof spans at least, for learners that need many.
    uint32_t proof_frames = 0;

    struct Budget {
        std::optional<uint32_t> ram_bytes;
        std::optional<uint32_t> flash_bytes;
        std::optional<uint32_t> instructions;  ///< of one inference with its features
        std::optional<double> alerts_per_hour;
    } budget;

    /// Values in one feature frame, over all channels.
    uint32_t frame_values() const;
};

/// Reads and checks a ganglion.toml. Throws std::runtime_error with one line: file:line: key: what
/// is wrong and what to write instead. Unknown sections and keys are refused.
Project read(const std::filesystem::path& file);

/// The same for text in memory; `file` is used in messages and to find the model.
Project parse(std::string_view text, const std::filesystem::path& file);

}  // namespace ganglion::project
