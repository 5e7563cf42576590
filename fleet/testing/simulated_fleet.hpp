#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "device/update/messages.hpp"
#include "fleet/release/make_release.hpp"
#include "fleet/rollout/engine.hpp"

namespace ganglion::fleet::testing {

/// How a release behaves on devices, against what they have.
struct ModelConduct {
    double alert_factor = 1;  ///< of the alert rate
    double score_shift = 0;   ///< of the mean score, in eighths of full scale
    double failing = 0;       ///< share of devices that do not prove it
    double unhealthy = 0;     ///< share of devices that find it unhealthy in its trial
};

struct SimulatedFleetOptions {
    size_t devices = 100;
    uint32_t seed = 1;
    std::string application = "wake_word";
    double offline = 0;                   ///< share of devices away at the start
    double never_back = 0;                ///< share of those that stay away
    int64_t back_after_ms = 0;            ///< the others come back within
    int64_t report_every_ms = 3'600'000;  ///< what each device says of its scores
    double inferences_per_hour = 100;
    double alerts_per_inference = 0.02;  ///< in the mean; devices differ by a gamma of shape 2
    int64_t trial_ms = 600'000;          ///< from the start of a trial to its end
    int64_t fetch_ms = 60'000;           ///< from the offer to the trial
};

/// Many devices as state machines of a few bytes, which keep to docs/protocol.md: they take offers,
/// fetch, try, confirm or go back, and report. Pieces are not sent; all else is as real devices say
/// it. Time is simulated.
class SimulatedFleet {
  public:
    SimulatedFleet(const SimulatedFleetOptions& options, const Release& release,
                   const ModelConduct& conduct);

    struct Said {
        uint32_t device;
        bool is_update;  ///< else a status
        bool online;     ///< of a status
        std::string payload;
    };

    /// Lets the time pass up to `now_ms` and returns what devices said meanwhile.
    std::vector<Said> advance(int64_t now_ms);
    /// A message from the server.
    void hear(const ToDevice& message, int64_t now_ms);
    /// What the broker has kept of everybody: what a server hears when it connects anew.
    std::vector<Said> retained() const;

    std::string id(uint32_t device) const;
    size_t size() const { return devices_.size(); }
    uint32_t confirmed(uint32_t device) const { return devices_[device].confirmed; }
    bool online(uint32_t device) const { return devices_[device].online; }

    /// Puts what was said into the engine, and hands its answers back to the devices.
    void exchange(RolloutEngine& engine, int64_t now_ms);

  private:
    enum class Next : uint8_t { report, tell, fetched, end_of_trial, come_back };
    struct Device {
        uint32_t confirmed = 0;
        uint32_t floor = 0;
        uint32_t pending = 0;  ///< sequence that is fetched or on trial
        update::Phase phase = update::Phase::confirmed;
        update::Ended ended = update::Ended::none;
        bool online = true;
        bool fails = false, turns_unhealthy = false;
        float rate = 0;   ///< alerts per inference with the model from the factory
        float level = 0;  ///< mean score, in eighths
        uint32_t inferences = 0, alerts = 0;  ///< since the bundle in use was taken
        std::array<uint32_t, update::HealthRule::kBins> bins{};
        int64_t counted_ms = 0;
    };
    struct Due {
        int64_t at_ms;
        uint32_t device;
        Next next;
        bool operator>(const Due& other) const { return at_ms > other.at_ms; }
    };

    void plan(int64_t at_ms, uint32_t device, Next next);
    void happen(const Due& due, std::vector<Said>& said);
    void decide(Device& device, int64_t now_ms);
    void begin_counting(Device& device, int64_t now_ms);
    std::string update_of(const Device& device) const;
    std::string status_of(const Device& device) const;
    bool runs_release(const Device& device) const;

    SimulatedFleetOptions options_;
    ModelConduct conduct_;
    uint32_t sequence_, back_sequence_;
    update::Version version_;
    std::mt19937 random_;
    std::vector<Device> devices_;
    std::vector<Due> due_;                       ///< a heap, the next one first
    std::map<std::string, uint32_t> sequences_;  ///< of manifests, by their bytes
};

/// Keys, a release store in `directory` and releases of a few bytes for simulated devices.
class ReleaseLab {
  public:
    explicit ReleaseLab(const std::filesystem::path& directory);

    /// Adds a release with this sequence and the next as its way back.
    Release add(uint32_t sequence, const std::string& name = "wake_word");
    ReleaseStore& store() { return store_; }
    const std::string& signer() const { return signer_; }

  private:
    std::string signer_;
    ReleaseStore store_;
};

}  // namespace ganglion::fleet::testing
