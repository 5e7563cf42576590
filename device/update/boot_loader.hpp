#pragma once

#include "device/update/keys.hpp"
#include "device/update/state.hpp"
#include "device/update/swap.hpp"

namespace ganglion::update {

/// What runs before the firmware: installs what the firmware asked for, counts the starts of a
/// trial, brings the old firmware back where the new one does not confirm, and lets nothing run
/// whose bytes or signature are wrong.
class BootLoader {
  public:
    BootLoader(Flash& flash, const Layout& layout, const Identity& identity, const Crypto& crypto)
        : flash_(flash),
          layout_(layout),
          identity_(identity),
          crypto_(crypto),
          store_(flash, layout) {}

    /// ok: the firmware in its slot is to be started now. Errors: not_found (no firmware that may
    /// run), the flash's.
    Status run();

    const State& state() const { return state_; }

  private:
    bool may_run(const Slot& slot, bool is_new);
    Status step(bool& start);
    Status step_trial(bool& start);
    Status step_confirmed(bool& start);
    Status commit(const State& next);
    Status begin_restoring(Ended reason, uint32_t blocks);

    Flash& flash_;
    const Layout& layout_;
    const Identity& identity_;
    const Crypto& crypto_;
    StateStore store_;
    State state_;
    KeyList keys_;
    ImageFacts facts_;  ///< of the slot last looked at by may_run()
};

}  // namespace ganglion::update
