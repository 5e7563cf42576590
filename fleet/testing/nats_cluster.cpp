#include "fleet/testing/nats_cluster.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <utility>

#include "fleet/base/files.hpp"
#include "fleet/base/port.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet::testing {
namespace {

constexpr const char* kProgram = "/usr/sbin/nats-server";

pid_t spawn(const std::filesystem::path& folder, const char* configuration) {
    const std::string log = folder / "log";
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    // It ends with us, however we end.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    if (::chdir(folder.c_str()) != 0) ::_exit(126);
    ::execl(kProgram, kProgram, "-c", configuration, nullptr);
    ::_exit(127);
}

void await(const std::filesystem::path& folder) {
    const bool ready = eventually([&] {
        return std::filesystem::exists(folder / "log") &&
               read_file(folder / "log").find("Server is ready") != std::string::npos;
    });
    if (!ready)
        throw std::runtime_error("nats-server does not start: " + (folder / "log").string());
}

void end(pid_t& pid) {
    if (pid <= 0) return;
    ::kill(pid, SIGKILL);
    ::waitpid(std::exchange(pid, -1), nullptr, 0);
}

}  // namespace

bool NatsCluster::is_installed() {
    return ::access(kProgram, X_OK) == 0;
}

NatsCluster::NatsCluster(Pki& pki, const std::vector<std::string>& edges,
                         const std::filesystem::path& directory)
    : directory_(directory) {
    for (size_t node = 0; node < nodes; ++node)
        plan_.nodes.push_back({"localhost", pick_free_port(), pick_free_port(), pick_free_port()});
    plan_.edges = edges;
    plan_.site_port = pick_free_port();
    write_nats_plan(pki, plan_, directory);
    for (size_t node = 0; node < nodes; ++node) start(node);
}

NatsCluster::~NatsCluster() {
    for (pid_t& pid : sites_) end(pid);
    for (pid_t& pid : running_) end(pid);
}

std::string NatsCluster::url() const {
    std::string url;
    for (const NatsNode& node : plan_.nodes)
        url += (url.empty() ? "nats://" : ",") + node.host + ":" + std::to_string(node.port);
    return url;
}

void NatsCluster::kill(size_t node) {
    end(running_.at(node));
}

void NatsCluster::start(size_t node) {
    const auto folder = directory_ / ("node-" + std::to_string(node + 1));
    std::filesystem::remove(folder / "log");
    running_.at(node) = spawn(folder, "nats.conf");
    await(folder);
}

void NatsCluster::start_beside(const std::filesystem::path& folder, const char* configuration) {
    std::filesystem::remove(folder / "log");
    sites_.push_back(spawn(folder, configuration));
    await(folder);
}

std::string NatsCluster::start_site(const std::string& edge) {
    start_beside(edge_folder(edge), "leaf.conf");
    return "nats://localhost:" + std::to_string(plan_.site_port);
}

std::filesystem::path NatsCluster::edge_folder(const std::string& edge) const {
    return directory_ / ("edge-" + edge);
}

}  // namespace ganglion::fleet::testing
