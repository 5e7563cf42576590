#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace ganglion::fleet {

/// Whole content of a file. Throws std::runtime_error naming the file when it cannot be read.
std::string read_file(const std::filesystem::path& path);

/// Replaces `path` by a file with this content that only its owner may read or write (mode 0600):
/// written beside it, synced, renamed, so that a crash leaves the old file or the new one. Throws
/// std::runtime_error naming the file.
void write_private_file(const std::filesystem::path& path, std::string_view content);

/// Creates the folder and its parents; the folder itself is for its owner only (mode 0700).
void create_private_directory(const std::filesystem::path& path);

/// Holds a folder for one process until destroyed; the kernel lets go when the process dies. Throws
/// std::runtime_error when another process holds it.
class DirectoryLock {
  public:
    explicit DirectoryLock(const std::filesystem::path& directory);
    ~DirectoryLock();
    DirectoryLock(const DirectoryLock&) = delete;
    DirectoryLock& operator=(const DirectoryLock&) = delete;

  private:
    int file_;
};

}  // namespace ganglion::fleet
