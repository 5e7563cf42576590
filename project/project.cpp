#include "project/project.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <stdexcept>

#include "project/compression.hpp"
#include "project/decision.hpp"
#include "project/kinds.hpp"
#include "project/sensing.hpp"
#include "project/share.hpp"
#include "project/spoken.hpp"
#include "project/toml_section.hpp"

namespace ganglion::project {

namespace {

constexpr uint32_t kMost = std::numeric_limits<int32_t>::max();

bool is_name(const std::string& text, size_t longest) {
    if (text.empty() || text.size() > longest || text[0] < 'a' || text[0] > 'z') return false;
    return std::ranges::all_of(
        text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
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

// `kind_key`: "kind" in [learner], "learner" in [gate].
Project::Learner read_learner(TomlSection& section, const char* kind_key) {
    Project::Learner learner;
    if (!section.has(kind_key)) return learner;
    std::vector<std::pair<std::string_view, LearnerChoice>> kinds;
    for (const LearnerRow& row : learner_rows()) kinds.emplace_back(row.name, row.kind);
    learner.kind = choice<LearnerChoice>(section, kind_key, kinds);
    const auto row = std::ranges::find(learner_rows(), learner.kind, &LearnerRow::kind);
    learner.parameters = read_numbers(section, row->keys);
    return learner;
}

// That a level is of a value which the frames have.
void check_channel(const Project& project, const TomlSection& section) {
    if (project.learner.kind != LearnerChoice::level || project.learner.of_model) return;
    const uint32_t values = project.frame_values();
    if (number_of(project.learner.parameters, "channel") < values) return;
    section.refuse("channel", "the features give " + std::to_string(values) + " values",
                   "write a number from 0 to " + std::to_string(values - 1));
}

Project::Learner read_main_learner(TomlSection section) {
    Project::Learner learner = read_learner(section, "kind");
    const bool usual = false;
    learner.of_model = choice<bool>(section, "of", {{"frames", false}, {"model", true}}, &usual);
    section.finish();
    return learner;
}

Project::Gate read_gate(TomlSection section, const std::filesystem::path& file, uint32_t frames) {
    Project::Gate gate;
    gate.learner = read_learner(section, "learner");
    const std::string model = section.text("model", "", "write the path of a .tflite file");
    if (model.empty() == (gate.learner.kind == LearnerChoice::none)) {
        section.refuse("model", "and learner: a gate has one of the two",
                       "write a .tflite file or the kind of a learner");
    }
    if (!model.empty()) gate.model_file = file.parent_path() / model;
    gate.streaming = section.boolean("streaming", false);
    gate.frames = section.integer("frames", 1, 1, frames);
    gate.stride = section.integer("stride", 1, 1, 1024);
    gate.hold_ms = section.integer("hold_ms", 0, 0, 86400000);
    gate.silent = section.boolean("silent", true);
    gate.once = section.boolean("once", false);
    gate.decision = read_decision(section);
    section.finish();
    return gate;
}

Project::Action read_action(TomlSection action, const std::vector<std::string>& labels) {
    Project::Action result;
    const auto which = [&](const char* key) {
        std::vector<std::string> chosen = action.texts(key, "write a list of labels that do this");
        for (const std::string& label : chosen) {
            if (std::ranges::find(labels, label) == labels.end()) {
                action.refuse(key, '"' + label + "\" is not in labels", "write one of labels");
            }
        }
        return chosen;
    };
    result.gate_ms = action.integer("gate_ms", 0, 0, 60000);
    result.gate_labels = which("gate_labels");
    result.stop_line = action.boolean("stop_line", false);
    result.stop_labels = which("stop_labels");
    if (!result.stop_labels.empty()) result.stop_line = true;
    result.relay_labels = which("relay_labels");
    result.light_labels = which("light_labels");
    action.finish();
    return result;
}

// [judge] keeps what it does not know for the judge that it names; [judge.goals] likewise.
Project::Judge read_judge(const toml::table& root, TomlSection section) {
    Project::Judge judge;
    judge.kind = section.text("kind", "", "write the name of a judge");
    judge.data = section.text("data", "", "write a folder of recordings");
    const toml::node* node = root.get("judge");
    if (node == nullptr) return judge;
    for (const auto& [key, value] : *node->as_table()) {
        const std::string name(key.str());
        if (value.is_table()) {
            for (const auto& [goal, wanted] : *value.as_table()) {
                const auto number = wanted.value<double>();
                if (!number) section.refuse(name, "holds no number", "write figure = number");
                judge.goals[std::string(goal.str())] = *number;
            }
        } else if (value.is_string()) {
            judge.texts[name] = section.text(key.str(), "", "write a text");
        } else {
            judge.parameters[name] = section.numbers(key.str(), -1e9, 1e9);
        }
    }
    return judge;
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

Project::Training read_training(const toml::table& root, TomlSection section,
                                const std::vector<std::string>& labels) {
    Project::Training training;
    const auto check = [&](const std::string& key, const std::string& label) {
        if (std::ranges::find(labels, label) != labels.end()) return;
        section.refuse(key, '"' + label + "\" is not in labels", "write one of decision.labels");
    };
    training.data = section.texts("data", "write a list of folders of recordings");
    training.synthetic = section.texts("synthetic", "write a list of labels");
    for (const std::string& label : training.synthetic) check("synthetic", label);
    for (const std::string& label : spoken_in(section).labels) check("spoken", label);
    training.copies = section.integer("copies", 0, 1, 100);
    training.windows = section.integer("windows", 400, 1, 10000);
    training.folds = section.integer("folds", 0, 2, 10);
    if (section.has("labels")) {
        const toml::table* names = root["training"]["labels"].as_table();
        if (names == nullptr) {
            section.refuse("labels", "is no table",
                           "write [training.labels] and label = \"label\"");
        }
        for (const auto& [name, value] : *names) {
            const auto label = value.value<std::string>();
            const std::string key = "labels." + std::string(name.str());
            if (!label) section.refuse(key, "is no text", "write a label in quotes, or \"\"");
            if (!label->empty()) check(key, *label);
            training.labels[std::string(name.str())] = *label;
        }
    }
    section.finish();
    return training;
}

std::filesystem::path read_model(TomlSection section, const std::filesystem::path& file,
                                 bool& streaming) {
    streaming = section.boolean("streaming", false);
    const std::string advice = "write the path of a .tflite file in quotes";
    const std::string name = section.text("file", "model.tflite", advice);
    if (name.empty()) section.refuse("file", "is empty", advice);
    section.finish();
    return file.parent_path() / name;
}

void check_whole(const Project& project, const TomlSection& learn) {
    if (project.running_normal_frames != 0 && !project.scaling.offset.empty()) {
        learn.refuse("running_normal_frames", "stands beside [scaling]", "keep one of the two");
    }
    if (project.running_normal_frames != 0 && project.features.kind == Features::log_mel) {
        learn.refuse("running_normal_frames", "only spectrum_bands learns what is normal",
                     "write 0 and use features.normalise_seconds");
    }
    if (project.running_normal_frames != 0 && project.sound_gate) {
        learn.refuse("running_normal_frames",
                     "stands beside [sound_gate], which would let it sleep", "keep one of the two");
    }
}

}  // namespace

uint32_t Project::frame_values() const {
    const auto row = std::ranges::find(feature_rows(), features.kind, &FeatureRow::kind);
    if (row->frame_values != nullptr) return row->frame_values(sensor, features.parameters);
    return sensor.channels * (features.bands + (features.time_features ? 3 : 0));
}

std::vector<std::string> Project::all_labels() const {
    std::vector<std::string> labels = decision.labels;
    for (const Gate& gate : gates) {
        labels.insert(labels.end(), gate.decision.labels.begin(), gate.decision.labels.end());
    }
    return labels;
}

Project parse(std::string_view text, const std::filesystem::path& file) {
    toml::table root;
    try {
        root = toml::parse(text);
    } catch (const toml::parse_error& error) {
        throw std::runtime_error(file.string() + ":" + std::to_string(error.source().begin.line) +
                                 ": " + std::string(error.description()) + "; correct the TOML");
    }
    static const std::vector<std::string_view> sections = {
        "application", "sensor",   "features",    "scaling", "network",   "model",  "learner",
        "gate",        "gate2",    "decision",    "learn",   "action",    "budget", "judge",
        "proof",       "training", "compression", "share",   "sound_gate"};
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
    project.scaling = read_scaling(section("scaling", false), project.frame_values());
    if (root.get("sound_gate") != nullptr)
        project.sound_gate = read_sound_gate(section("sound_gate", true), project);
    project.network = read_network(section("network", false));
    (void)compression_in(section("compression", false));  // what is wrong in it is said here
    project.model_file = read_model(section("model", false), file, project.streaming);
    project.learner = read_main_learner(section("learner", false));
    check_channel(project, section("learner", false));
    if (root.get("share") != nullptr) project.share = read_share(section("share", true), project);
    TomlSection decision = section("decision", true);
    project.decision = read_decision(decision);
    decision.finish();
    for (const char* name : {"gate", "gate2"}) {
        if (root.get(name) == nullptr) break;
        project.gates.push_back(read_gate(section(name, true), file, project.features.frames));
    }

    TomlSection learn = section("learn", false);
    project.running_normal_frames = learn.integer("running_normal_frames", 0, 0, 65536);
    learn.finish();
    project.action = read_action(section("action", false), project.all_labels());
    project.judge = read_judge(root, section("judge", false));
    project.training = read_training(root, section("training", false), project.decision.labels);
    TomlSection proof = section("proof", false);
    project.proof_frames = proof.integer("frames", 0, 0, 100000);
    proof.finish();
    TomlSection budget = section("budget", false);
    if (budget.has("ram_bytes"))
        project.budget.ram_bytes = budget.integer("ram_bytes", 0, 1, kMost);
    if (budget.has("flash_bytes")) {
        project.budget.flash_bytes = budget.integer("flash_bytes", 0, 1, kMost);
    }
    if (budget.has("instructions"))
        project.budget.instructions = budget.integer("instructions", 0, 1, kMost);
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
