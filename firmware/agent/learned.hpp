#pragma once

#include <cstdint>

#include "device/bundle/bundle.hpp"
#include "device/flash/flash.hpp"

/// What the learners know, kept in flash by the agent: goes on from it after a start, stores it a
/// minute after a first start and then once an hour (of the sensor's time), and forgets it when
/// told to. Thread mode; the reflex is kept out only while the state is copied.
namespace ganglion::firmware::learned {

/// Before reflex::run(), with the bundle that reflex::prepare() has made ready. `flash` must stay.
void start(Flash& flash, const Bundle& bundle);

/// A proved bundle has taken over and begins to learn anew.
void set_bundle(const Bundle& bundle);

/// Stores where it is time.
void poll(uint64_t now_ms);

/// Back to the factory state, in flash first and then in RAM.
void forget();

}  // namespace ganglion::firmware::learned
