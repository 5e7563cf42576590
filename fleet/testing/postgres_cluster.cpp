#include "fleet/testing/postgres_cluster.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "fleet/store/postgres.hpp"
#include "fleet/store/store.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet::testing {
namespace {

constexpr auto kStartLimit = std::chrono::seconds(60);
constexpr auto kLook = std::chrono::milliseconds(20);

/// The newest version's programs.
std::filesystem::path programs() {
    std::filesystem::path newest;
    std::error_code ignored;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored))
        if (exists(version.path() / "bin" / "initdb") && version.path() / "bin" > newest)
            newest = version.path() / "bin";
    return newest;
}

/// Who runs it where we are root.
const passwd* other_user() {
    if (::geteuid() != 0) return nullptr;
    const passwd* user = ::getpwnam("postgres");
    return user != nullptr ? user : ::getpwnam("nobody");
}

pid_t spawn(std::vector<std::string> arguments, const std::filesystem::path& folder) {
    const passwd* user = other_user();
    std::vector<char*> pointers;
    pointers.reserve(arguments.size() + 1);
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const std::string log = folder / "log";
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    if (user != nullptr && (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 ||
                            ::setuid(user->pw_uid) != 0))
        ::_exit(126);
    // It ends with us, however we end.
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    if (::chdir(folder.c_str()) != 0) ::_exit(126);
    ::execv(pointers[0], pointers.data());
    ::_exit(127);
}

}  // namespace

bool PostgresCluster::is_installed() {
    return !programs().empty();
}

PostgresCluster& PostgresCluster::shared() {
    static PostgresCluster cluster;
    return cluster;
}

PostgresCluster::PostgresCluster(Sync sync) : sync_(sync) {
    std::string pattern = std::filesystem::temp_directory_path() / "ganglion-pg-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
    folder_ = pattern;
    if (const passwd* user = other_user();
        user != nullptr && ::chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0)
        throw std::runtime_error("cannot give " + pattern + " to " + user->pw_name);
    const pid_t made = spawn({programs() / "initdb", "--pgdata", folder_ / "data", "--auth=trust",
                              "--username=ganglion", "--encoding=UTF8", "--locale=C", "--no-sync"},
                             folder_);
    int status = 0;
    if (::waitpid(made, &status, 0) != made || status != 0)
        throw std::runtime_error("initdb fails: see " + (folder_ / "log").string());
    start();
}

PostgresCluster::~PostgresCluster() {
    stop(SIGINT);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void PostgresCluster::start() {
    std::vector<std::string> arguments{
        programs() / "postgres", "-D", folder_ / "data", "-k", folder_, "-c", "listen_addresses="};
    if (sync_ == Sync::none) arguments.insert(arguments.end(), {"-c", "fsync=off"});
    const std::string uri = "postgresql:///postgres?user=ganglion&host=" + folder_.string();
    const bool ready = eventually(
        [&] {
            // After a kill it gives up at once while a process of the one before is still there.
            if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
            if (pid_ < 0) pid_ = spawn(arguments, folder_);
            std::this_thread::sleep_for(kLook);
            return PQping(uri.c_str()) == PQPING_OK;
        },
        kStartLimit);
    if (!ready) throw std::runtime_error("postgres does not start: " + (folder_ / "log").string());
}

void PostgresCluster::stop(int signal) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
}

std::string PostgresCluster::new_database() {
    const std::string name = "fleet" + std::to_string(++databases_);
    const std::string host = "?user=ganglion&host=" + folder_.string();
    PgConnection connection("postgresql:///postgres" + host, "");
    connection.run(("CREATE DATABASE " + name).c_str());
    return "postgresql:///" + name + host;
}

void PostgresCluster::kill_and_restart() {
    // Its children are told nothing and end when they notice; only then can another begin.
    stop(SIGKILL);
    start();
}

}  // namespace ganglion::fleet::testing
