#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "device/bundle/bundle.hpp"
#include "device/core/status.hpp"
#include "device/flash/flash.hpp"
#include "firmware/provisioning.hpp"

/// The board's bundles, and how they and its firmware are updated over the network
/// (docs/update.md). Thread mode.
namespace ganglion::firmware::updates {

/// Call once. The board takes updates where its factory has given it an identity for them; without,
/// slot A begins with the one bundle it will ever have. `flash`: the whole part that is flash. All
/// must stay. Errors: the flash's.
Status start(Flash& flash, Provisioning& provisioning, uint32_t boot);

/// The bundle to decide with, proved by the reflex; null with the reason in `why`.
const Bundle* take_bundle(Status& why);

void connected();
void message(std::string_view leaf, std::span<const uint8_t> payload);
void poll(uint64_t now_ms, bool connected);

}  // namespace ganglion::firmware::updates
