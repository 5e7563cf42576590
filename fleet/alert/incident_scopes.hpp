#pragma once

// What scopes of incidents are written as: "fleet", "site:north", "device:pump-7".

namespace ganglion::fleet {

inline constexpr const char* kFleet = "fleet";
inline constexpr const char* kSite = "site:";
inline constexpr const char* kDevice = "device:";

}  // namespace ganglion::fleet
