#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fleet/base/files.hpp"
#include "fleet/base/log.hpp"
#include "fleet/gateway/lines_in.hpp"
#include "fleet/gateway/spool.hpp"
#include "fleet/gateway/uplink.hpp"

namespace ganglion::fleet {

struct GatewayConfig {
    /// The spool; for its owner alone.
    std::filesystem::path state_dir;
    /// A folder for each device, as `ganglion device enrol` makes it.
    std::filesystem::path identities;
    /// Where the devices connect; any that answers.
    std::vector<MqttAddress> brokers;
    LinesIn::Config lines;
    uint64_t most_events = 1'000'000;
    Log log;
    Spool::Clock clock = now_ms;
};

/// Speaks for devices with no network of their own: takes their events as lines, answers "ok" when
/// they are on the disk, and carries them to the server when it is there.
class Gateway {
  public:
    /// Throws std::runtime_error with one line.
    explicit Gateway(const GatewayConfig& config);

    uint16_t port() const { return lines_.port(); }
    uint64_t waiting() { return spool_.waiting(); }

  private:
    std::vector<std::string> take(const std::vector<std::string>& lines);

    DirectoryLock lock_;
    Spool spool_;
    Uplink uplink_;
    LinesIn lines_;
};

}  // namespace ganglion::fleet
