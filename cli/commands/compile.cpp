#include "compile/compile.hpp"

#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/files.hpp"
#include "model/tflite.hpp"

namespace ganglion::cli {
namespace {

struct Options {
    std::filesystem::path model;
    std::filesystem::path out = ".";
    std::string target = "cortex-m4";
    bool json = false;
};

void run(const Options& options) {
    const auto graph = model::read_tflite_file(options.model);
    const auto target = compile::target_by_name(options.target);
    const auto compiled = compile::compile(graph, target);
    const auto program = options.out / (options.model.stem().string() + ".program");
    write_file(program, compiled.program);
    compile::emit_cpp(graph, target, options.out);
    if (options.json) {
        std::cout << compile::to_json(compiled.report).dump(2) << '\n';
        return;
    }
    std::cout << compile::to_text(compiled.report) << "wrote " << program.string()
              << " (loadable) and " << (options.out / "network.hpp").string()
              << ", network.cpp (to link in)\n";
}

}  // namespace

void add_compile(CLI::App& program) {
    auto options = std::make_shared<Options>();
    auto* command =
        add_command(program, "compile", "Compile an int8 .tflite into a program and into C++",
                    "./ganglion compile model.tflite --target cortex-m4 --out generated");
    command->add_option("model", options->model, "int8 .tflite file")->required();
    command->add_option("--target", options->target, "processor: portable, cortex-m4")
        ->capture_default_str();
    command->add_option("--out", options->out, "folder for the results")->capture_default_str();
    command->add_flag("--json", options->json, "print the report as JSON");
    command->callback([options] { run(*options); });
}

}  // namespace ganglion::cli
