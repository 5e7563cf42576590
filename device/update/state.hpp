#pragma once

#include <array>
#include <cstdint>

#include "device/flash/record_log.hpp"
#include "device/update/layout.hpp"

namespace ganglion::update {

enum class Phase : uint8_t {
    confirmed,  ///< what is active is trusted; a transfer may be under way
    requested,  ///< firmware: the incoming image is whole; the boot loader is to swap
    swapping,   ///< firmware: the journal says how far
    trial,      ///< the new one runs, to be confirmed
    restoring,  ///< firmware: the boot loader copies the outgoing image back
};

/// Why the last update that was installed is not active.
enum class Ended : uint8_t {
    none,
    proof_failed,
    not_confirmed,  ///< started too often without being confirmed
    unhealthy,
    damaged,   ///< its bytes in flash are not what was signed
    worn_out,  ///< the flash did not take it
    undone,    ///< the fleet asked for it
};

struct ComponentState {
    uint8_t active = 0;  ///< bundle: slot of the confirmed bundle; firmware: 0
    Phase phase = Phase::confirmed;
    uint8_t starts = 0;  ///< in this trial
    Ended ended = Ended::none;
    uint32_t floor = 0;      ///< highest sequence ever installed; only higher ones are taken
    uint32_t confirmed = 0;  ///< sequence of the active image; 0: from the factory
    uint32_t blocks = 0;     ///< firmware: blocks that a swap or a restoration covers
};
static_assert(sizeof(ComponentState) == 16);

struct State {
    std::array<ComponentState, kComponents> component{};
    uint32_t key_list = 0;  ///< version of the newest key list taken

    ComponentState& operator[](Component which) { return component[static_cast<size_t>(which)]; }
    const ComponentState& operator[](Component which) const {
        return component[static_cast<size_t>(which)];
    }
};
static_assert(sizeof(State) == 36 && sizeof(State) <= RecordLog::kMaxPayload);

/// The state in flash, twice: a cut leaves the old or the new state, a flipped bit or a worn-out
/// block costs one of the two copies, which the next start writes again.
class StateStore {
  public:
    StateStore(Flash& flash, const Layout& layout)
        : copies_{RecordLog(flash, layout.state, sizeof(State), kMagic),
                  RecordLog(flash, layout.state + RecordLog::kBlocks * Flash::kBlockBytes,
                            sizeof(State), kMagic)} {}

    /// Reads the newest state (default values on an empty flash) and makes both copies agree.
    /// Errors: the flash's, in reading.
    Status mount(State& state);

    /// ok: one copy at least is stored.
    Status commit(const State& state);

  private:
    static constexpr uint32_t kMagic = 0x54535055;  // "UPST"
    RecordLog copies_[2];
    uint32_t number_ = 0;
};

}  // namespace ganglion::update
