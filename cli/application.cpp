#include "cli/application.hpp"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "cli/files.hpp"
#include "device/bundle/bundle.hpp"
#include "train/evaluate/device_bundle.hpp"

namespace ganglion::cli {
project::Project find_application(const std::string& name_or_path) {
    std::filesystem::path path = name_or_path;
    if (!std::filesystem::exists(path)) path = source_root() / "apps" / name_or_path;
    if (!std::filesystem::exists(path)) path += ".toml";
    if (std::filesystem::is_directory(path)) path /= "ganglion.toml";
    if (!std::filesystem::exists(path))
        throw std::runtime_error(name_or_path +
                                 ": no such application: give a folder with a ganglion.toml, or a "
                                 "name that `ganglion apps` lists");
    return project::read(path);
}

std::filesystem::path default_data() {
    if (const char* given = std::getenv("GANGLION_SHARED"))
        return std::filesystem::path(given) / "data";
    return source_root() / ".." / "shared" / "data";
}

BuiltApplication build_application(const project::Project& project,
                                   const std::string& signing_key_pem) {
    auto made = train::build_device_bundle(project, signing_key_pem);
    BuiltApplication built{project, std::move(made.report), std::move(made.bytes), 0};

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
