#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace ganglion::project {

class TomlSection;

/// [compression]: what training does to make a network smaller, one after the other, each judged
/// against the network without it (train/fit/compression.hpp). No part of Project: nothing on the
/// way to a device depends on it.
struct Compression {
    std::vector<uint32_t> teacher;  ///< widths of a larger network to learn from; empty: none
    double prune = 0;               ///< share of the channels that go
    uint32_t weight_bits = 8;       ///< 8 or 4
    uint32_t clusters = 0;          ///< different weights in a layer; 0: any

    bool any() const { return !teacher.empty() || prune > 0 || weight_bits != 8 || clusters > 0; }
};

/// Of a ganglion.toml. Throws std::runtime_error as read() does.
Compression read_compression(const std::filesystem::path& file);

/// The same section of a file that is being read.
Compression compression_in(TomlSection section);

}  // namespace ganglion::project
