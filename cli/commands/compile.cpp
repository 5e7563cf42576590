#include "compile/compile.hpp"

#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "bench/engine/measure.hpp"
#include "cli/commands/commands.hpp"
#include "cli/files.hpp"
#include "compile/package.hpp"
#include "compile/report_page.hpp"
#include "model/tflite.hpp"

namespace ganglion::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
    fs::path model;
    fs::path out = ".";
    std::string target = "cortex-m4";
    compile::CompileOptions compile;
    bool json = false;
    bool report = false;
    bool measure = false;
};

/// What is known of the compiled model; firmware and counts where they are asked for.
compile::ModelReport report_of(const Options& options, const model::Graph& graph,
                               const compile::Target& target, const compile::Report& report) {
    compile::ModelReport whole{options.model.filename().string(),
                               report,
                               compile::savings_of(graph, target, options.compile),
                               {},
                               {}};
    if (bench::can_measure(target)) {
        const fs::path work = fs::temp_directory_path() / "ganglion-compile";
        bench::measure(graph, target, options.compile, work, options.measure, whole);
    } else if (options.measure) {
        throw std::runtime_error("cannot measure " + options.target +
                                 ": no cross compiler or emulator for it was there when Ganglion "
                                 "was built");
    }
    return whole;
}

void run(const Options& options) {
    const auto graph = model::read_tflite_file(options.model);
    const auto target = compile::target_by_name(options.target);
    const auto compiled = compile::compile(graph, target, options.compile);
    const auto program = options.out / (options.model.stem().string() + ".program");
    write_file(program, compiled.program);
    compile::emit_cpp(graph, target, options.out, "network", options.compile);
    compile::write_package(options.out, "network", target, source_root());
    if (options.report || options.measure) {
        const auto report = report_of(options, graph, target, compiled.report);
        write_text(options.out / "report.html", compile::to_html(report));
        write_text(options.out / "report.json", compile::to_json(report).dump(2) + "\n");
    }
    if (options.json) {
        std::cout << compile::to_json(compiled.report).dump(2) << '\n';
        return;
    }
    std::cout << compile::to_text(compiled.report) << "wrote " << program.string()
              << " (loadable) and " << (options.out / "network.hpp").string()
              << ", network.cpp, ganglion/ (to link in; README.md tells how)\n";
    if (options.report || options.measure)
        std::cout << "wrote " << (options.out / "report.html").string() << " and report.json\n";
}

}  // namespace

void add_compile(CLI::App& program) {
    auto options = std::make_shared<Options>();
    std::string names;
    for (const compile::Target& target : compile::known_targets())
        names += (names.empty() ? "" : ", ") + std::string(target.name);
    auto* command = add_command(
        program, "compile", "Compile an int8 .tflite into a program and into C++",
        "./ganglion compile model.tflite --target cortex-m4 --out generated\n"
        "      generated/network.hpp is the one header to include, README.md tells how\n"
        "  ./ganglion compile model.tflite --out generated --report\n"
        "      also report.html: layers, RAM over time, flash by part, what each pass saves\n"
        "  ./ganglion compile model.tflite --out generated --measure\n"
        "      the same with instructions of each layer, counted in emulation\n"
        "  ./ganglion compile model.tflite --target cortex-m0 --ram 20000 --out generated\n"
        "      layers by rows until the arena fits 20,000 bytes");
    command->add_option("model", options->model, "int8 .tflite file")->required();
    command->add_option("--target", options->target, "processor: " + names)->capture_default_str();
    command->add_option("--out", options->out, "folder for the results")->capture_default_str();
    command->add_option("--ram", options->compile.ram_bytes,
                        "bytes that the arena may take; 0: as few as possible");
    command->add_option("--new-frames", options->compile.new_frames,
                        "for a window of frames that moves on: how many are new at each run");
    command->add_flag("--only-class", options->compile.only_class,
                      "output the index of the largest value instead of all; a SOFTMAX goes");
    command->add_flag("--report", options->report, "write report.html and report.json too");
    command->add_flag("--measure", options->measure,
                      "the report with instructions counted in emulation");
    command->add_flag("--json", options->json, "print the report as JSON");
    command->callback([options] { run(*options); });
}

}  // namespace ganglion::cli
