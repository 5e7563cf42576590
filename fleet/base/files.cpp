#include "fleet/base/files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace ganglion::fleet {
namespace {

[[noreturn]] void fail(const std::string& what, const std::filesystem::path& path) {
    throw std::runtime_error(what + " " + path.string() + ": " +
                             std::generic_category().message(errno));
}

void write_all(int file, std::string_view content, const std::filesystem::path& path) {
    while (!content.empty()) {
        const ssize_t written = ::write(file, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail("cannot write", path);
        content.remove_prefix(static_cast<size_t>(written));
    }
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) fail("cannot read", path);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_private_file(const std::filesystem::path& path, std::string_view content) {
    std::filesystem::path beside = path;
    beside += std::to_string(::getpid()) + ".new";
    const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) fail("cannot create", beside);
    try {
        write_all(file, content, beside);
        if (::fsync(file) != 0) fail("cannot write", beside);
    } catch (...) {
        ::close(file);
        ::unlink(beside.c_str());
        throw;
    }
    ::close(file);
    if (::rename(beside.c_str(), path.c_str()) != 0) fail("cannot create", path);
}

void create_private_directory(const std::filesystem::path& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error || ::chmod(path.c_str(), 0700) != 0) {
        if (error) errno = error.value();
        fail("cannot create folder", path);
    }
}

DirectoryLock::DirectoryLock(const std::filesystem::path& directory)
    : file_(::open((directory / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (file_ < 0) fail("cannot create", directory / "lock");
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
        ::close(file_);
        throw std::runtime_error("another fleet server already runs with the state folder " +
                                 directory.string() + ": stop it, or choose another folder");
    }
}

DirectoryLock::~DirectoryLock() {
    ::close(file_);
}

}  // namespace ganglion::fleet
