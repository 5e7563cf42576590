#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "fleet/store/store.hpp"
#include "fleet/testing/chaos.hpp"

namespace ganglion::fleet::testing {

/// Another process of this program; killed with its owner.
class Part {
  public:
    /// Throws std::runtime_error where it does not start, or ends before it says that it is ready.
    Part(const std::vector<std::string>& command, const std::vector<std::string>& arguments,
         bool wait_until_ready);
    ~Part() { end(SIGKILL); }
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

    pid_t pid() const { return pid_; }
    /// The exit status; -1 where a signal ended it.
    int end(int signal);

  private:
    pid_t pid_ = -1;
};

std::string chaos_device_id(uint32_t device);

/// A device of the chaos with its flash and its journal in the chaos' folder, at the broker on this
/// port. `damage`: an event in its flash is damaged before it was acknowledged.
std::unique_ptr<Part> start_chaos_device(const ChaosConfig& config, uint32_t device, uint16_t port,
                                         const std::filesystem::path& pki, uint64_t seed,
                                         bool damage);

/// Ends the devices when each has emptied its outbox, and counts those that cannot.
void empty_outboxes(const std::vector<std::unique_ptr<Part>>& devices, ChaosResult& result);

/// What is in the store against what the journals of these devices say.
void compare_with_journals(Store& store, const std::filesystem::path& directory, uint32_t devices,
                           ChaosResult& result);

}  // namespace ganglion::fleet::testing
