#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ganglion::fleet {

struct BackupFile {
    std::string path;    ///< below the backup's "state" folder
    std::string sha256;  ///< hexadecimal
    uint64_t bytes = 0;
};

/// Copies a state folder into `target`, which must not exist, also while its server runs: databases
/// by SQLite's online backup, which holds up no writer, everything else as files. The broker's
/// folder is not copied: it is made with each start. "manifest.json" names every file with its
/// SHA-256; it is written last, so a backup without it is none. Everything is for its owner alone,
/// as the state folder is. Throws std::runtime_error.
std::vector<BackupFile> back_up(const std::filesystem::path& state,
                                const std::filesystem::path& target);

/// What is wrong with a backup: files that are missing, changed or more, databases that are not
/// whole. Empty: nothing.
std::vector<std::string> faults_of_backup(const std::filesystem::path& backup);

/// Makes a state folder of a backup without faults. `state` must not exist. What devices had
/// acknowledged after the backup is in the gap ledger when they send on. Throws std::runtime_error.
void restore(const std::filesystem::path& backup, const std::filesystem::path& state);

}  // namespace ganglion::fleet
