#pragma once

#include <cstdint>
#include <span>

#include "device/bundle/bundle.hpp"
#include "device/flash/flash.hpp"
#include "firmware/provisioning.hpp"

/// Learning together with others of the bundle's class (docs/coordination.md): asks for a prior
/// while its learner has not learned, begins with it, and contributes what it has learned by the
/// bundle's terms. A board whose bundle has no terms, or that was given no coordinator's key, does
/// neither. Thread mode.
namespace ganglion::firmware::sharing {

/// Before reflex::run(). What `provisioning` points to and `flash` must stay.
void start(Flash& flash, const Provisioning& provisioning, const Bundle& bundle);

/// A proved bundle has taken over and begins to learn anew.
void set_bundle(const Bundle& bundle);

/// A session is up.
void connected();

/// The coordinator's answer.
void take(std::span<const uint8_t> envelope);

/// Says what is due. While a session is up.
void poll(uint64_t now_ms);

}  // namespace ganglion::firmware::sharing
