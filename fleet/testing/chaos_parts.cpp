#include "fleet/testing/chaos_parts.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>
#include <tuple>

namespace ganglion::fleet::testing {
namespace {

using Name = std::tuple<std::string, uint32_t, uint32_t>;  // device, boot, sequence

std::filesystem::path journal_of(const std::filesystem::path& directory, const std::string& id) {
    return directory / (id + ".journal");
}

/// `lost`: what was damaged before it was ever stored.
void compare_journal(const std::string& id, const std::filesystem::path& directory,
                     const std::map<Name, int>& stored, std::set<Name>& lost, ChaosResult& result) {
    std::set<Name> appended, damaged;
    std::map<uint32_t, uint32_t> through;
    std::ifstream lines(journal_of(directory, id));
    char kind = 0;
    for (uint32_t boot = 0, sequence = 0; lines >> kind >> boot >> sequence;) {
        if (kind == 'A') appended.emplace(id, boot, sequence);
        if (kind == 'L') damaged.emplace(id, boot, sequence);
        if (kind == 'K') through[boot] = std::max(through[boot], sequence);
    }
    result.appended += appended.size();
    result.damaged += damaged.size();
    for (const Name& name : damaged)
        if (!stored.contains(name)) lost.insert(name);
    for (const Name& name : appended) {
        const bool acknowledged = std::get<2>(name) <= through[std::get<1>(name)];
        result.acknowledged += acknowledged ? 1 : 0;
        if (stored.contains(name) || damaged.contains(name)) continue;
        ++result.missing;
        if (acknowledged) ++result.acknowledged_missing;
    }
}

}  // namespace

Part::Part(const std::vector<std::string>& command, const std::vector<std::string>& arguments,
           bool wait_until_ready) {
    std::vector<std::string> all = command;
    all.insert(all.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    pointers.reserve(all.size() + 1);
    for (std::string& one : all) pointers.push_back(one.data());
    pointers.push_back(nullptr);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    // A wish to end that comes before the part listens for it waits.
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &ending);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    const int failed =
        ::posix_spawn(&pid_, pointers[0], &actions, &attributes, pointers.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    std::array<char, 16> text{};
    const bool ready =
        failed == 0 && (!wait_until_ready || ::read(ends[0], text.data(), text.size()) > 0);
    ::close(ends[0]);
    if (!ready) throw std::runtime_error("a part of the chaos does not start");
}

int Part::end(int signal) {
    if (pid_ <= 0) return 0;
    ::kill(pid_, signal);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string chaos_device_id(uint32_t device) {
    return "device-" + std::to_string(device);
}

std::unique_ptr<Part> start_chaos_device(const ChaosConfig& config, uint32_t device, uint16_t port,
                                         const std::filesystem::path& pki, uint64_t seed,
                                         bool damage) {
    const std::string id = chaos_device_id(device);
    return std::make_unique<Part>(
        config.part,
        std::vector<std::string>{"device", id, std::to_string(port), pki.string(),
                                 (config.directory / (id + ".flash")).string(),
                                 journal_of(config.directory, id).string(), std::to_string(seed),
                                 damage ? "1" : "0"},
        false);
}

void empty_outboxes(const std::vector<std::unique_ptr<Part>>& devices, ChaosResult& result) {
    for (const auto& device : devices) ::kill(device->pid(), SIGTERM);
    for (const auto& device : devices)
        if (device->end(SIGTERM) != 0) ++result.waiting_forever;
}

void compare_with_journals(Store& store, const std::filesystem::path& directory, uint32_t devices,
                           ChaosResult& result) {
    std::map<Name, int> stored;
    for (int64_t after = 0;;) {
        const auto page = store.events({{}, after, {}, 10'000});
        if (page.empty()) break;
        after = page.back().id;
        for (const StoredEvent& one : page)
            ++stored[{one.device, one.event.boot, one.event.sequence}];
    }
    result.stored = stored.size();
    for (const auto& [name, count] : stored) result.duplicates += static_cast<uint64_t>(count - 1);
    std::set<Name> gaps, lost;
    for (const Gap& gap : store.gaps({}))
        for (uint32_t sequence = gap.first; sequence <= gap.last; ++sequence)
            gaps.emplace(gap.device, gap.boot, sequence);
    for (uint32_t device = 0; device < devices; ++device)
        compare_journal(chaos_device_id(device), directory, stored, lost, result);
    for (const Name& name : gaps) result.gaps_wrong += lost.contains(name) ? 0 : 1;
    for (const Name& name : lost) result.gaps_wrong += gaps.contains(name) ? 0 : 1;
}

}  // namespace ganglion::fleet::testing
