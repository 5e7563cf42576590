#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>

namespace ganglion::fleet::testing {

/// A PostgreSQL of its own in a new folder, reached through a socket in it, gone with its owner.
/// PostgreSQL does not run as root: where we do, it runs as "postgres" or "nobody".
class PostgresCluster {
  public:
    enum class Sync {
        none,  ///< survives its own kill, but no power cut: for tests
        full,  ///< as in earnest: for figures
    };

    /// Whether Debian's PostgreSQL is on this machine.
    static bool is_installed();
    /// The one that the tests of a process share.
    static PostgresCluster& shared();

    explicit PostgresCluster(Sync sync = Sync::none);
    ~PostgresCluster();
    PostgresCluster(const PostgresCluster&) = delete;
    PostgresCluster& operator=(const PostgresCluster&) = delete;

    /// Makes an empty database; returns its URI.
    std::string new_database();
    /// Kills all of it with SIGKILL, and starts it again.
    void kill_and_restart();

  private:
    void start();
    void stop(int signal);

    std::filesystem::path folder_;
    Sync sync_;
    pid_t pid_ = -1;
    int databases_ = 0;
};

}  // namespace ganglion::fleet::testing
