#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "fleet/audit/audit_log.hpp"
#include "fleet/release/release_store.hpp"
#include "fleet/rollout/rollout_reader.hpp"
#include "fleet/rollout/rollout_store.hpp"

namespace ganglion::fleet {

/// A message to one device, below its own topics.
struct ToDevice {
    std::string device, leaf;
    std::string payload;
};

/// A rollout as people see it.
struct RolloutView {
    RolloutRow row;
    Release release;
    /// Devices by stage and state.
    std::vector<std::array<int64_t, kTargetStates>> counts;
    std::vector<DecisionRow> decisions;  ///< newest first
};

/// Brings releases to devices in stages: who is next, who is where, whether it goes on. Everything
/// that lasts is in the store, committed before anything is said to a device, so the process may be
/// killed at any time. Time is given by the caller. Safe to call from several threads.
class RolloutEngine {
  public:
    using Audit = std::function<void(const AuditEntry&)>;

    /// Throws StoreError.
    RolloutEngine(const std::filesystem::path& database, ReleaseStore& releases, Audit audit);

    /// What devices have said, and what time it is: one transaction. Returns what devices are to be
    /// told.
    class Batch {
      public:
        /// A device's connection, and what it runs where that is known.
        void status(const std::string& device, bool online,
                    const std::optional<std::string>& application, int64_t now_ms);
        /// An update-status. False where it does not follow the CDDL. `live_word`: the device has
        /// said it now, the broker has not kept it from earlier.
        bool update(const std::string& device, std::string_view payload, int64_t now_ms,
                    bool live_word = false);
        /// A device that is not known to be connected has just spoken: its status was lost.
        bool lacks_status() const { return lacks_status_; }
        /// The connection to the broker is new: nothing is known about who is online.
        void all_offline();
        /// Gives offers, times out, looks at gates, opens stages.
        void tick(int64_t now_ms);

      private:
        friend class RolloutEngine;
        explicit Batch(RolloutEngine& engine) : engine_(engine) {}
        RolloutEngine& engine_;
        bool lacks_status_ = false;
    };
    std::vector<ToDevice> run(const std::function<void(Batch&)>& work);

    /// What a device may fetch now, and how fast all devices of its rollout together.
    struct Served {
        std::vector<PackageObjects> packages;
        int64_t rollout = 0;
        uint64_t bytes_per_second = 0;  ///< 0: no limit
    };
    std::optional<Served> serves(const std::string& device, update::Component component,
                                 uint32_t sequence);

    /// These throw BadSpec for what cannot be, with what to do instead.
    int64_t create(const RolloutSpec& spec, const std::string& actor, int64_t now_ms);
    void pause(int64_t rollout, const std::string& actor, int64_t now_ms);
    void resume(int64_t rollout, const std::string& actor, int64_t now_ms);
    /// Ends it; what took the release goes back, unless `keep`.
    void abort(int64_t rollout, bool keep, const std::string& actor, int64_t now_ms);

    /// What people have written down of these devices, in place of what was known.
    void set_attributes(const std::map<std::string, Attributes>& devices);

    // These see the last batch that was committed and wait for none.
    std::vector<RolloutView> rollouts();
    RolloutView rollout(int64_t id, size_t decisions);
    /// By device, behind the id `after`.
    std::vector<NamedTarget> targets(int64_t rollout, std::optional<TargetState> state,
                                     std::optional<uint32_t> stage, const std::string& after,
                                     size_t limit);
    /// What a device last said of its updates; nothing where it has not.
    std::optional<KnownDevice> device(const std::string& id);
    /// What a rollout would do: devices in each stage, as far as they are known now.
    std::vector<int64_t> plan(const RolloutSpec& spec);

  private:
    struct Arm {
        ArmRow row;
        bool dirty = false;
    };
    struct Live {
        RolloutRow row;
        Release release;
        std::vector<std::array<int64_t, kTargetStates>> counts;
        std::unordered_map<int64_t, Arm> arms;  ///< of the stage, by device
        size_t canaries = 0;
        bool dirty = false;
        bool changed = true;  ///< since it was published

        bool active() const {
            return row.state != RolloutState::done && row.state != RolloutState::rolled_back;
        }
        int64_t count(TargetState state) const;
        int64_t count(uint32_t stage, TargetState state) const {
            return counts[stage][size_t(state)];
        }
    };

    // engine.cpp: devices
    void load();
    void flush();
    KnownDevice known(const std::string& id);
    Observed take_scores(KnownDevice& device, const update::UpdateStatus& status) const;
    void follow(Live& live, const KnownDevice& device, const update::UpdateStatus* status,
                int64_t now_ms);
    void observe(Live& live, int64_t device, uint32_t sequence, const Observed& more);
    std::optional<Progress> progress_of(const Live& live, const Target& target,
                                        const KnownDevice& device,
                                        const update::UpdateStatus* status) const;
    void offer_again(Live& live, int64_t device, int64_t now_ms);
    void move(Live& live, Target target, TargetState to, const std::string& reason, int64_t now_ms);
    void say(const KnownDevice& device, const char* leaf, std::string payload);

    // engine_enrol.cpp: who belongs to it
    bool belongs(const Live& live, const KnownDevice& device);
    void enrol(Live& live, const KnownDevice& device, uint32_t stage, int64_t now_ms);
    bool enrol_some(Live& live, int64_t now_ms);
    void add_control(Live& live);

    // engine_schedule.cpp: what is next
    void tick(Live& live, int64_t now_ms);
    void give_offers(Live& live, int64_t now_ms);
    void offer(Live& live, const Target& target, const KnownDevice& device,
               const update::UpdateStatus& status, int64_t now_ms);
    void give_undoes(Live& live, int64_t now_ms);
    void send_package(const KnownDevice& device, const std::vector<PackageObjects>& packages,
                      const update::UpdateStatus::Part& part, uint32_t key_list);
    void time_out(Live& live, int64_t now_ms);
    bool look(Live& live, int64_t now_ms, std::string& finding);
    void go_on(Live& live, int64_t now_ms);
    void next_stage(Live& live, const std::string& finding, int64_t now_ms);
    void finish(Live& live, int64_t now_ms);
    void roll_back(Live& live, const std::string& why, const nlohmann::json& numbers,
                   const std::string& actor, int64_t now_ms);
    void decide(Live& live, const std::string& kind, const std::string& text,
                const nlohmann::json& numbers, const std::string& actor, int64_t now_ms);

    Live& find(int64_t rollout);
    void publish();
    RolloutView published(int64_t rollout, size_t decisions);
    static int64_t salt_of(int64_t rollout);
    static int64_t position_of(int64_t rollout, int64_t place);
    static int64_t end_of(const RolloutSpec& spec, uint32_t stage);

    ReleaseStore& releases_;
    Audit audit_;
    std::mutex mutex_;
    RolloutStore store_;
    RolloutReader reader_;
    std::vector<Live> live_;
    std::vector<ToDevice> outgoing_;
    std::mutex published_mutex_;
    std::map<int64_t, std::shared_ptr<const RolloutView>> published_;  ///< without decisions
};

}  // namespace ganglion::fleet
