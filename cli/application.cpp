#include "cli/application.hpp"

#include <algorithm>
#include <stdexcept>

#include "cli/files.hpp"
#include "compile/bundle_writer.hpp"
#include "compile/compile.hpp"
#include "device/bundle/bundle.hpp"
#include "device/pipeline/pipeline.hpp"
#include "model/tflite.hpp"
#include "train/evaluate/device_run.hpp"

namespace ganglion::cli {
project::Project find_application(const std::string& name_or_path) {
    std::filesystem::path path = name_or_path;
    if (!std::filesystem::exists(path)) path = source_root() / "apps" / name_or_path;
    if (std::filesystem::is_directory(path)) path /= "ganglion.toml";
    if (!std::filesystem::exists(path))
        throw std::runtime_error(name_or_path +
                                 ": no such application: give a folder with a ganglion.toml, or a "
                                 "name that `ganglion apps` lists");
    return project::read(path);
}

BuiltApplication build_application(const project::Project& project,
                                   const std::string& signing_key_pem) {
    BuiltApplication built{project, {}, {}, 0};
    const auto compiled = compile::compile(model::read_tflite_file(project.model_file),
                                           compile::target_by_name("cortex-m4"));
    built.report = compiled.report;

    constexpr uint32_t proof_inferences = 3;
    const uint32_t learn_frames = project.running_normal_frames != 0 ? 4 : 0;
    const auto samples = train::proof_samples(project, proof_inferences, learn_frames);
    built.bundle = compile::write_bundle({.project = project,
                                          .program = compiled.program,
                                          .proof_samples = samples,
                                          .proof_learn_frames = learn_frames,
                                          .instructions = 0},
                                         signing_key_pem);

    Bundle bundle;
    if (const Status status = bundle.parse_unsigned(
            std::span(built.bundle).first(built.bundle.size() - Bundle::signature_bytes));
        status != Status::ok)
        throw std::runtime_error(project.path.string() +
                                 ": the bundle does not parse: " + to_string(status));
    built.ram_bytes = bundle.meta().ram_bytes;
    return built;
}

}  // namespace ganglion::cli
