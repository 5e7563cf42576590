#pragma once

#include <cstdint>
#include <string_view>

#include "device/bundle/bundle.hpp"
#include "device/outbox/outbox.hpp"
#include "firmware/provisioning.hpp"

/// What the board says: status, events until the server's store has acknowledged them, reports,
/// gate chunks. Runs in thread mode and only ever reads what the reflex has made.
namespace ganglion::firmware::uplink {

/// `bundle`: null where the board does not decide, with the reason in `fault`. All must stay. False
/// where the identity cannot be used.
bool start(const Provisioning& provisioning, Outbox& outbox, uint32_t boot, const Bundle* bundle,
           std::string_view fault);

/// Another bundle decides from now on; it must stay.
void set_bundle(const Bundle& bundle);

/// One round; never waits.
void poll();

}  // namespace ganglion::firmware::uplink
