#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/application.hpp"
#include "cli/commands/commands.hpp"
#include "cli/files.hpp"
#include "cli/progress.hpp"
#include "model/tflite.hpp"
#include "train/evaluate/post_training.hpp"
#include "train/fit/frame_windows.hpp"
#include "train/quantize/float_folding.hpp"
#include "train/recordings/number_file.hpp"

namespace ganglion::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
    fs::path model, out, json;
    fs::path calibration, judge, labels;
    fs::path data;
    std::string application;
    bool dense_one_scale = false;
    double input_scale = train::kClassifierInputScale;
};

/// What the model is calibrated on, what it is judged by, and the classes of the latter.
struct Inputs {
    std::vector<float> calibration, judge;
    std::vector<uint32_t> labels;
};

std::vector<float> inputs_of(const fs::path& file, size_t size) {
    auto numbers = train::read_numbers(file);
    if (numbers.empty() || numbers.size() % size != 0) {
        throw std::runtime_error(fmt::format(
            "{}: its {} numbers are no whole inputs of {} values, which the model takes",
            file.string(), numbers.size(), size));
    }
    return numbers;
}

/// Every second input judges where no file does, so that nothing is judged on what it was
/// calibrated on.
Inputs from_files(const Options& options, size_t size) {
    const auto all = inputs_of(options.calibration, size);
    std::vector<uint32_t> classes;
    if (!options.labels.empty()) classes = train::read_class_numbers(options.labels);
    Inputs inputs;
    if (!options.judge.empty()) {
        inputs = {all, inputs_of(options.judge, size), classes};
    } else {
        if (all.size() < 2 * size)
            throw std::runtime_error(options.calibration.string() +
                                     ": one input cannot both calibrate and judge; give more");
        for (size_t n = 0; n < all.size() / size; ++n) {
            auto& to = n % 2 == 0 ? inputs.calibration : inputs.judge;
            const auto from = all.begin() + static_cast<ptrdiff_t>(n * size);
            to.insert(to.end(), from, from + static_cast<ptrdiff_t>(size));
        }
        if (!classes.empty() && classes.size() != all.size() / size)
            throw std::runtime_error(options.labels.string() + ": " +
                                     std::to_string(classes.size()) + " classes for " +
                                     std::to_string(all.size() / size) + " inputs");
        for (size_t n = 1; n < classes.size(); n += 2) inputs.labels.push_back(classes[n]);
    }
    if (!inputs.labels.empty() && inputs.labels.size() != inputs.judge.size() / size)
        throw std::runtime_error(options.labels.string() + ": " +
                                 std::to_string(inputs.labels.size()) + " classes for " +
                                 std::to_string(inputs.judge.size() / size) + " inputs");
    return inputs;
}

/// Windows of an application's own features: split `train` calibrates, `val` judges.
Inputs from_recordings(const Options& options, size_t size) {
    if (options.application.empty())
        throw std::runtime_error("--data: name the --application whose features the model takes");
    const auto project = find_application(options.application);
    const auto set = train::read_labelled(project, options.data);
    ProgressLine line;
    const auto windows = [&](const char* split) {
        auto found = train::frame_windows(
            project, set.recordings, {split, 1, 100, project.network.seed},
            [&](size_t done, size_t all) {
                line.show(std::string("features of ") + split,
                          static_cast<double>(done) / static_cast<double>(all), 0, "");
            });
        if (found.size() > 0 && found.window_values() != size)
            throw std::runtime_error(
                fmt::format("{} gives windows of {} values, the model takes {}",
                            options.application, found.window_values(), size));
        return found;
    };
    const auto real = [&](const train::LabelledWindows& of) {
        std::vector<float> values;
        for (const int8_t step : of.inputs)
            values.push_back(static_cast<float>(step * options.input_scale));
        return values;
    };
    const auto judge = windows("val");
    Inputs inputs{real(windows("train")), real(judge), {}};
    inputs.labels.assign(judge.labels.begin(), judge.labels.end());
    line.finish();
    return inputs;
}

nlohmann::json to_json(const train::QuantizationLoss& loss, const Options& options, bool cut,
                       size_t calibration) {
    nlohmann::json json = {{"model", options.model.filename().string()},
                           {"calibration_inputs", calibration},
                           {"judged_inputs", loss.inputs},
                           {"ranges", cut ? "cut" : "whole"},
                           {"signal_to_noise_db", loss.signal_to_noise_db},
                           {"largest_difference", loss.largest_difference},
                           {"same_class", loss.same_class},
                           {"float_bytes", fs::file_size(options.model)},
                           {"int8_bytes", fs::file_size(options.out)}};
    if (loss.labelled > 0) {
        json["float_right"] = loss.float_right;
        json["integer_right"] = loss.integer_right;
        json["points_lost"] = loss.points_lost();
    }
    return json;
}

std::string to_text(const train::QuantizationLoss& loss) {
    const auto percent = [](size_t part, size_t whole) {
        return 100 * static_cast<double>(part) / static_cast<double>(whole);
    };
    std::string text = fmt::format(
        "judged on {} inputs by the device's integer engine against the float model\n"
        "  same class             {} ({:.2f} %)\n"
        "  signal to noise        {:.1f} dB\n"
        "  largest difference     {:.4g}\n",
        loss.inputs, loss.same_class, percent(loss.same_class, loss.inputs),
        loss.signal_to_noise_db, loss.largest_difference);
    if (loss.labelled > 0) {
        text += fmt::format(
            "  right                  {:.2f} % in float, {:.2f} % in int8: {:.2f} points lost\n",
            percent(loss.float_right, loss.labelled), percent(loss.integer_right, loss.labelled),
            loss.points_lost());
    }
    return text;
}

void run(const Options& options) {
    train::FloatGraph exact(train::folded(model::read_tflite_file(options.model)));
    const size_t size = exact.input_values();
    if (options.data.empty() == options.calibration.empty())
        throw std::runtime_error("give either --calibration FILE or --data FOLDER");
    const Inputs inputs =
        options.data.empty() ? from_files(options, size) : from_recordings(options, size);
    const auto made =
        train::quantize_after_training(exact.graph(), inputs.calibration, !options.dense_one_scale);
    write_file(options.out, model::write_tflite(made.graph));
    const auto loss = train::quantization_loss(exact, made.graph, inputs.judge, inputs.labels);
    std::cout << fmt::format("calibrated on {} inputs, ranges {}\n",
                             inputs.calibration.size() / size,
                             made.cut ? "cut where the squared error is least" : "whole")
              << to_text(loss)
              << fmt::format("wrote {}: {} bytes, float {}\n", options.out.string(),
                             fs::file_size(options.out), fs::file_size(options.model));
    if (!options.json.empty()) {
        const auto json = to_json(loss, options, made.cut, inputs.calibration.size() / size);
        write_text(options.json, json.dump(2) + "\n");
    }
}

}  // namespace

void add_quantize(CLI::App& program) {
    auto options = std::make_shared<Options>();
    auto* command = add_command(
        program, "quantize",
        "Turn a float .tflite from elsewhere into int8 without training it again, and say what is "
        "lost.\nWeights get a scale for each output channel, batch norm goes into them; the ranges "
        "of what is\ncomputed are taken from inputs as the model will see them.",
        "./ganglion quantize kws_float.tflite --calibration inputs.npy --labels labels.csv "
        "--out kws.tflite\n"
        "      every second input calibrates, the others judge (or give --judge FILE)\n"
        "  ./ganglion quantize mine.tflite --data recordings --application apps/door --out "
        "door.tflite\n"
        "      windows of the application's features: split train calibrates, val judges");
    command->add_option("model", options->model, "float .tflite file")->required();
    command->add_option("--out", options->out, "the int8 .tflite to write")->required();
    command->add_option("--calibration", options->calibration,
                        "inputs one after the other: .npy, or raw little-endian float32");
    command->add_option("--judge", options->judge,
                        "inputs to judge by; without: every second of --calibration");
    command->add_option("--labels", options->labels,
                        "class of each input of --judge (or of --calibration): .npy, or text with "
                        "one at each line's end");
    command->add_option("--data", options->data, "folder of recordings, in place of --calibration");
    command->add_option("--application", options->application,
                        "with --data: whose features the model takes");
    command
        ->add_option("--input-scale", options->input_scale,
                     "with --data: real value of one int8 step of the features")
        ->capture_default_str();
    command->add_flag("--dense-one-scale", options->dense_one_scale,
                      "one scale for all weights of a dense layer: fewer instructions, a coarser\n"
                      "layer");
    command->add_option("--json", options->json, "also write the result to this file");
    command->callback([options] { run(*options); });
}

}  // namespace ganglion::cli
