#include "project/project.hpp"

#include <algorithm>
#include <bit>
#include <fstream>
#include <iterator>
#include <limits>
#include <stdexcept>

#include "project/toml_section.hpp"

namespace ganglion::project {

namespace {

constexpr uint32_t kMost = std::numeric_limits<int32_t>::max();

bool is_name(const std::string& text, size_t longest) {
    if (text.empty() || text.size() > longest || text[0] < 'a' || text[0] > 'z') return false;
    return std::ranges::all_of(
        text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

// One value of a closed set, by its name in the file.
template <typename T>
T choice(TomlSection& section, std::string_view key,
         const std::vector<std::pair<std::string_view, T>>& choices, const T* fallback = nullptr) {
    std::string advice = "write ";
    for (size_t i = 0; i < choices.size(); ++i) {
        if (i != 0) advice += i + 1 == choices.size() ? " or " : ", ";
        advice += '"' + std::string(choices[i].first) + '"';
    }
    if (fallback != nullptr && !section.has(key)) return *fallback;
    const std::string text = section.text_required(key, advice);
    for (const auto& [name, value] : choices) {
        if (name == text) return value;
    }
    section.refuse(key, '"' + text + "\" is not known", advice);
}

Project::Application read_application(TomlSection section) {
    Project::Application application;
    const std::string name_advice =
        "write at most 15 of a-z, 0-9 and _, beginning with a letter, in quotes";
    application.name = section.text_required("name", name_advice);
    if (!is_name(application.name, 15)) {
        section.refuse("name", '"' + application.name + "\" is not a name", name_advice);
    }
    const std::string version_advice = "write at most 15 characters in quotes, e.g. \"1.0.0\"";
    application.version = section.text_required("version", version_advice);
    if (application.version.empty() || application.version.size() > 15) {
        section.refuse("version", '"' + application.version + "\" is empty or too long",
                       version_advice);
    }
    application.title = section.text("title", application.name, "write at most 47 bytes in quotes");
    if (application.title.size() > 47) {
        section.refuse("title", "is longer than 47 bytes", "write a shorter one");
    }
    application.description = section.text("description", "", "write a text in quotes");
    section.finish();
    return application;
}

Project::SensorInput read_sensor(TomlSection section) {
    Project::SensorInput sensor;
    sensor.kind = choice<Sensor>(
        section, "kind",
        {{"microphone", Sensor::microphone}, {"accelerometer", Sensor::accelerometer}});
    sensor.rate_hz = section.integer_required("rate_hz", 1, 1000000);
    sensor.channels = section.integer("channels", 1, 1, 4);
    const std::string unit_advice = "write at most 11 bytes in quotes, e.g. \"g\"";
    sensor.unit = section.text("unit", "", unit_advice);
    if (sensor.unit.size() > 11) section.refuse("unit", "is longer than 11 bytes", unit_advice);
    sensor.unit_per_lsb = section.number("unit_per_lsb", 0, 0, 1e6);
    section.finish();
    return sensor;
}

void check_band_limits(const TomlSection& section, const Project::FeatureChoice& features,
                       uint32_t rate_hz) {
    if (features.high_hz > rate_hz / 2.0) {
        section.refuse("high_hz", "is above half the sampling rate",
                       "write at most " + std::to_string(rate_hz / 2));
    }
    if (features.low_hz >= features.high_hz) {
        section.refuse("low_hz", "is not below high_hz", "write a smaller number");
    }
    if (features.spacing == Spacing::log && features.low_hz <= 0) {
        section.refuse("low_hz", "is 0, which log spacing cannot start from",
                       "write a number above 0 or spacing = \"linear\"");
    }
}

Project::FeatureChoice read_features(TomlSection section, const Project::SensorInput& sensor) {
    Project::FeatureChoice features;
    features.kind = choice<Features>(
        section, "kind",
        {{"log_mel", Features::log_mel}, {"spectrum_bands", Features::spectrum_bands}});
    const bool mel = features.kind == Features::log_mel;
    if (mel && sensor.channels != 1) {
        section.refuse("kind", "log_mel takes one channel",
                       "write sensor.channels = 1 or kind = \"spectrum_bands\"");
    }
    features.window = section.integer_required("window", 2, 2048);
    if (features.window % 2 != 0) {
        section.refuse("window", std::to_string(features.window) + " is odd",
                       "write an even number of samples");
    }
    features.hop = section.integer_required("hop", 1, features.window);
    const uint32_t smallest = std::max(128U, std::bit_ceil(features.window));
    features.fft_size = section.integer("fft_size", smallest, smallest, 2048);
    if (!std::has_single_bit(features.fft_size)) {
        section.refuse("fft_size", std::to_string(features.fft_size) + " is not a power of two",
                       "write " + std::to_string(std::bit_ceil(features.fft_size)));
    }
    features.bands = section.integer_required("bands", 1, 128);
    features.low_hz = section.number_required("low_hz", 0, 500000);
    features.high_hz = section.number_required("high_hz", 0, 500000);
    const Spacing usual = mel ? Spacing::mel : Spacing::linear;
    features.spacing = choice<Spacing>(
        section, "spacing",
        {{"mel", Spacing::mel}, {"linear", Spacing::linear}, {"log", Spacing::log}}, &usual);
    check_band_limits(section, features, sensor.rate_hz);
    features.time_features = section.boolean("time_features", false);
    if (features.time_features && mel) {
        section.refuse("time_features", "only spectrum_bands has them", "write false");
    }
    features.frames = section.integer("frames", 1, 1, 1024);
    features.stride = section.integer("stride", 1, 1, 1024);
    features.offset = section.number("offset", 35, -64, 64);
    features.steps = section.number("steps", 8, 1.0 / 256, 64);
    features.normalise_seconds = section.number("normalise_seconds", 0, 0, 3600);
    if (features.normalise_seconds > 0 && !mel) {
        section.refuse("normalise_seconds", "only log_mel has it",
                       "leave it out and write running_normal_frames in [learn]");
    }
    section.finish();
    return features;
}

Project::Network read_network(TomlSection section) {
    Project::Network network;
    network.kind = section.text("kind", "", "write the name of a network in quotes");
    network.channels = section.integers("channels", 1, 1024);
    network.epochs = section.integer("epochs", 0, 0, 100000);
    network.batch = section.integer("batch", 0, 0, 65536);
    network.learning_rate = section.number("learning_rate", 0, 0, 10);
    network.seed = section.integer("seed", 1, 0, kMost);
    section.finish();
    return network;
}

std::filesystem::path read_model(TomlSection section, const std::filesystem::path& file) {
    const std::string advice = "write the path of a .tflite file in quotes";
    const std::string name = section.text("file", "model.tflite", advice);
    if (name.empty()) section.refuse("file", "is empty", advice);
    section.finish();
    return file.parent_path() / name;
}

Project::Decision read_decision(TomlSection section) {
    Project::Decision decision;
    decision.kind =
        choice<DecisionRule>(section, "kind",
                             {{"class", DecisionRule::class_probability},
                              {"reconstruction_error", DecisionRule::reconstruction_error}});
    const std::string labels_advice =
        R"(write 1 to 8 different texts of 1 to 15 bytes, e.g. ["other", "alexa"])";
    decision.labels = section.texts("labels", labels_advice);
    if (decision.labels.empty() || decision.labels.size() > 8) {
        section.refuse("labels", "has " + std::to_string(decision.labels.size()) + " entries",
                       labels_advice);
    }
    for (const std::string& label : decision.labels) {
        if (label.empty() || label.size() > 15 || std::ranges::count(decision.labels, label) != 1) {
            section.refuse("labels", '"' + label + "\" is empty, too long or there twice",
                           labels_advice);
        }
    }
    const std::string label = section.text_required("label", "write the label that fires");
    const auto place = std::ranges::find(decision.labels, label);
    if (place == decision.labels.end()) {
        section.refuse("label", '"' + label + "\" is not in labels", "write one of labels");
    }
    decision.label = static_cast<uint32_t>(place - decision.labels.begin());
    decision.average = section.integer("average", 1, 1, 32);
    decision.threshold = section.integer_required("threshold", 1, 1000);
    decision.consecutive = section.integer("consecutive", 1, 1, 1000);
    decision.minimum_gap_ms = section.integer("minimum_gap_ms", 0, 0, 86400000);
    if (decision.kind == DecisionRule::reconstruction_error) {
        decision.full_scale = section.number_required("full_scale", 1e-6, 1e6);
    }
    section.finish();
    return decision;
}

void check_whole(const Project& project, const TomlSection& learn) {
    if (project.running_normal_frames != 0 && project.features.kind == Features::log_mel) {
        learn.refuse("running_normal_frames", "only spectrum_bands learns what is normal",
                     "write 0 and use features.normalise_seconds");
    }
}

}  // namespace

Project parse(std::string_view text, const std::filesystem::path& file) {
    toml::table root;
    try {
        root = toml::parse(text);
    } catch (const toml::parse_error& error) {
        throw std::runtime_error(file.string() + ":" + std::to_string(error.source().begin.line) +
                                 ": " + std::string(error.description()) + "; correct the TOML");
    }
    static const std::vector<std::string_view> sections = {"application", "sensor", "features",
                                                           "network",     "model",  "decision",
                                                           "learn",       "action", "budget"};
    for (const auto& [key, node] : root) {
        if (std::ranges::find(sections, key.str()) != sections.end()) continue;
        std::string names;
        for (const std::string_view name : sections) {
            names += (names.empty() ? "" : ", ") + std::string(name);
        }
        throw std::runtime_error(file.string() + ":" + std::to_string(node.source().begin.line) +
                                 ": " + std::string(key.str()) + ": is not known; write one of " +
                                 names);
    }
    const auto section = [&](const char* name, bool required) {
        return TomlSection(root, file, name, required);
    };
    Project project;
    project.path = file;
    project.application = read_application(section("application", true));
    project.sensor = read_sensor(section("sensor", true));
    project.features = read_features(section("features", true), project.sensor);
    project.network = read_network(section("network", false));
    project.model_file = read_model(section("model", false), file);
    project.decision = read_decision(section("decision", true));

    TomlSection learn = section("learn", false);
    project.running_normal_frames = learn.integer("running_normal_frames", 0, 0, 65536);
    learn.finish();
    TomlSection action = section("action", false);
    project.action.gate_ms = action.integer("gate_ms", 0, 0, 60000);
    project.action.stop_line = action.boolean("stop_line", false);
    action.finish();
    TomlSection budget = section("budget", false);
    if (budget.has("ram_bytes"))
        project.budget.ram_bytes = budget.integer("ram_bytes", 0, 1, kMost);
    if (budget.has("flash_bytes")) {
        project.budget.flash_bytes = budget.integer("flash_bytes", 0, 1, kMost);
    }
    if (budget.has("alerts_per_hour")) {
        project.budget.alerts_per_hour = budget.number("alerts_per_hour", 0, 0, 1e6);
    }
    budget.finish();
    check_whole(project, learn);
    return project;
}

Project read(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
        throw std::runtime_error(file.string() +
                                 ": cannot be read; give the path of a ganglion.toml");
    }
    const std::string text{std::istreambuf_iterator<char>(stream),
                           std::istreambuf_iterator<char>()};
    if (stream.bad()) {
        throw std::runtime_error(file.string() + ": cannot be read; is it a file?");
    }
    return parse(text, file);
}

}  // namespace ganglion::project
