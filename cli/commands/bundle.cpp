#include <sys/stat.h>

#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/application.hpp"
#include "cli/commands/commands.hpp"
#include "cli/files.hpp"
#include "compile/bundle_signature.hpp"

namespace ganglion::cli {
namespace {

struct Options {
    std::string application;
    std::filesystem::path key;
    std::filesystem::path out;
};

std::string read_or_make_key(const std::filesystem::path& path) {
    if (std::filesystem::exists(path)) return read_text(path);
    std::string key = compile::generate_signing_key();
    const mode_t before = umask(077);  // no moment in which others could read it
    write_text(path, key);
    umask(before);
    write_text(path.string() + ".public", compile::public_key_of(key));
    std::cout << "made a new signing key: " << path.string() << " (keep it secret), "
              << path.string() << ".public (goes into devices)\n";
    return key;
}

void run(const Options& options) {
    const auto project = find_application(options.application);
    const auto built = build_application(project, read_or_make_key(options.key));
    const auto out = options.out.empty()
                         ? std::filesystem::path(project.application.name + ".bundle")
                         : options.out;
    write_file(out, built.bundle);
    std::cout << out.string() << ": " << project.application.title << ' '
              << project.application.version << ", " << built.bundle.size() << " bytes of flash, "
              << built.ram_bytes << " bytes of RAM on the device\n";
}

}  // namespace

void add_bundle(CLI::App& program) {
    auto options = std::make_shared<Options>();
    auto* command = add_command(
        program, "bundle", "Build and sign the one file that makes a device able to decide",
        "./ganglion bundle wake_word --key signing.pem --out wake_word.bundle");
    command
        ->add_option("application", options->application, "name in apps/, folder or ganglion.toml")
        ->required();
    command->add_option("--key", options->key, "signing key (PEM, P-256); made where it is missing")
        ->required();
    command->add_option("--out", options->out, "result; default NAME.bundle");
    command->callback([options] { run(*options); });
}

}  // namespace ganglion::cli
