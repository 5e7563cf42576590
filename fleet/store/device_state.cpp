#include "fleet/store/device_state.hpp"

#include <algorithm>
#include <string_view>

namespace ganglion::fleet {

std::optional<std::string> digest_text(const StatusRecord& status) {
    if (!status.bundle_digest) return std::nullopt;
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const uint8_t byte : *status.bundle_digest) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::optional<std::string> fault_told(const StatusRecord& status) {
    if (status.online && !status.fault) return "";
    return status.fault;
}

int64_t heard_at_hand(const DeviceState& device, uint32_t boot) {
    int64_t newest = 0;
    for (const auto& [number, state] : device.boots)
        if (number < boot) newest = std::max(newest, state.heard_ms);
    return newest;
}

}  // namespace ganglion::fleet
