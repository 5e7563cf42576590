#include "fleet/ingest/mqtt_address.hpp"

#include <charconv>
#include <stdexcept>
#include <string_view>

namespace ganglion::fleet {
namespace {

constexpr std::string_view kScheme = "mqtts://";

}  // namespace

bool is_mqtt_url(const std::string& text) {
    return text.starts_with(kScheme);
}

std::vector<MqttAddress> mqtt_addresses(const std::string& url) {
    std::vector<MqttAddress> addresses;
    for (size_t at = 0; at <= url.size();) {
        const size_t end = std::min(url.find(',', at), url.size());
        std::string_view one = std::string_view(url).substr(at, end - at);
        at = end + 1;
        if (one.starts_with(kScheme)) one.remove_prefix(kScheme.size());
        const size_t colon = one.rfind(':');
        MqttAddress address;
        const char* const last = one.data() + one.size();
        const bool is_address =
            colon != std::string_view::npos && colon > 0 && colon + 1 < one.size() &&
            one.find('/') == std::string_view::npos &&
            std::from_chars(one.data() + colon + 1, last, address.port).ptr == last &&
            address.port > 0;
        if (!is_address)
            throw std::runtime_error("'" + url +
                                     "' is no list of MQTT brokers: write mqtts://a:8883,b:8883");
        address.host = one.substr(0, colon);
        addresses.push_back(std::move(address));
    }
    return addresses;
}

}  // namespace ganglion::fleet
