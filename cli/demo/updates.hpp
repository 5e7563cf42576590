#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/demo/device.hpp"
#include "firmware/emulator/board.hpp"
#include "fleet/server/server.hpp"

namespace ganglion::cli {

/// What came of the updates that a device of the demo was sent.
struct UpdateSummary {
    std::string taken;    ///< "1.1.0 live in 6 s, 402 of 73,100 bytes sent"
    std::string refused;  ///< why
    std::string undone;   ///< why
    bool as_it_should = false;
};

/// Keys of the demo's maker, kept in the state folder, and the updates that its speaker gets while
/// it listens: a version that asks for more certainty, a tampered one, and one that hears its word
/// in silence.
class DemoUpdates {
  public:
    /// Reads the keys in `state`, or makes them.
    explicit DemoUpdates(const std::filesystem::path& state);

    const std::string& bundle_key() const { return bundle_key_; }
    /// What the factory writes into a board with this application.
    firmware::BoardFactory factory(const BuiltApplication& application) const;

    using Note = std::function<void(const std::string&)>;
    /// Rolls the updates out to one device through the fleet server, with quiet in its microphone.
    /// Throws std::runtime_error where an update does not come to its end in time.
    UpdateSummary run(DemoDevice& device, fleet::Server& server, const Note& note);

  private:
    struct Made {
        std::string release;  ///< id
        uint64_t delta_bytes = 0, whole_bytes = 0;
        std::vector<uint8_t> manifest;
    };
    Made add(const DemoDevice& device, const std::vector<uint8_t>& bundle,
             const std::string& version, const std::vector<uint8_t>& now,
             const std::string& version_now, fleet::Server& server, const std::string& note);

    std::filesystem::path state_;
    std::string bundle_key_, root_, signer_;
    uint32_t last_sequence_ = 0;
};

}  // namespace ganglion::cli
