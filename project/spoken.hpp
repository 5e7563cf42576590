#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ganglion::project {

class TomlSection;

/// What [training] says of words. No part of Project: nothing on the way to a device depends on it.
struct Spoken {
    std::vector<std::string> labels;  ///< `spoken`: text-to-speech says them too
    bool spectral = false;            ///< windows' log energies are changed and masked
    bool moments = false;             ///< learned from at every moment, partly heard words too
    double slowest_tempo = 0.65;      ///< of copies of a wake word and of other speech
};

/// Of a ganglion.toml. Throws std::runtime_error as read() does.
Spoken read_spoken(const std::filesystem::path& file);

/// The same keys of a section that is being read.
Spoken spoken_in(TomlSection& section);

}  // namespace ganglion::project
