#pragma once

#include <filesystem>
#include <string>

namespace ganglion::fleet {

/// Runs a shell command that carries the revocation list to a broker elsewhere and has it read:
/// `$1` is the list's file. Waits for its end, some seconds at most. False where it fails.
bool run_revocation_hook(const std::string& command, const std::filesystem::path& list);

}  // namespace ganglion::fleet
