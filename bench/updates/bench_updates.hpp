#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/row.hpp"

namespace ganglion::bench {

/// Bytes of a delta from `base` to `image`, beside the whole image; `goal` for their ratio.
Row delta_row(const std::string& name, std::span<const uint8_t> base,
              std::span<const uint8_t> image, std::optional<double> goal);

/// RAM of the updater and the delta decoder (as built here), bytes.
std::vector<Row> memory_rows();

/// Flash of the boot loader in `elf`, from its section headers; no row where the file is absent.
/// Throws std::runtime_error where it is no ELF file.
std::vector<Row> boot_loader_rows(const std::filesystem::path& elf);

/// Loadable bytes of an ELF file, by address, gaps filled with ones. Throws std::runtime_error
/// where it is none.
std::vector<uint8_t> load_elf(const std::filesystem::path& elf);

/// Every scenario of updates with the power cut in every flash operation: lives played, of which
/// none may end without a device that boots, decides and comes to the end. `exhaustive`: in many
/// ways, and again in every operation of every recovery; else a sample of these. Then each scenario
/// as a process on Linux that is killed at random. Throws std::runtime_error naming operation and
/// seed of the first device that did not.
/// `on_progress`: scenario, share of scenarios done.
std::vector<Row> power_cut_rows(bool exhaustive,
                                const std::function<void(const std::string&, double)>& on_progress);

}  // namespace ganglion::bench
