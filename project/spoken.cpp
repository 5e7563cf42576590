#include "project/spoken.hpp"

#include <toml++/toml.h>

#include <stdexcept>

#include "project/toml_section.hpp"

namespace ganglion::project {

Spoken spoken_in(TomlSection& section) {
    Spoken spoken;
    spoken.labels = section.texts("spoken", "write a list of labels");
    spoken.spectral = section.boolean("spectral", false);
    spoken.moments = section.boolean("moments", false);
    spoken.slowest_tempo = section.number("slowest_tempo", spoken.slowest_tempo, 0.5, 1);
    return spoken;
}

Spoken read_spoken(const std::filesystem::path& file) {
    try {
        const toml::table root = toml::parse_file(file.string());
        TomlSection section(root, file, "training", false);
        return spoken_in(section);
    } catch (const toml::parse_error& error) {
        throw std::runtime_error(file.string() + ": " + std::string(error.description()));
    }
}

}  // namespace ganglion::project
