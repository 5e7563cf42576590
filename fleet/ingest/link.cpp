#include "fleet/ingest/link.hpp"

#include <utility>

namespace ganglion::fleet {
namespace {

class MqttLink final : public Link {
  public:
    MqttLink(const MqttConfig& config, const std::string& group, LinkHandlers handlers)
        : shared_(group.empty() ? "" : "$share/" + group + "/"),
          handlers_(std::move(handlers)),
          client_(config,
                  {[this] { handlers_.connected(*this); },
                   [this](const std::string& reason) { handlers_.disconnected(reason); },
                   [this](std::string_view topic, std::span<const uint8_t> payload, bool retained) {
                       handlers_.message(topic, payload, retained);
                   }}) {}

    bool is_connected() const override { return client_.is_connected(); }
    bool subscribe(const std::string& pattern) override {
        // Events wait in the devices' outboxes until the store has them, whatever the broker is
        // told: its bookkeeping and our word for each message would be for nothing.
        using Delivery = MqttClient::Delivery;
        const bool is_shared = !pattern.ends_with("/status");
        return client_.subscribe(
            (is_shared ? shared_ : "") + pattern,
            pattern.ends_with("/event") ? Delivery::at_most_once : Delivery::at_least_once);
    }
    bool publish(const std::string& topic, std::span<const uint8_t> payload, bool retain) override {
        return client_.publish(topic, payload, retain);
    }

  private:
    const std::string shared_;
    LinkHandlers handlers_;
    MqttClient client_;
};

}  // namespace

OpenLink mqtt_link(const MqttConfig& config, const std::string& group) {
    return [config, group](LinkHandlers handlers) {
        auto made = config;
        made.is_version_5 = !group.empty();
        return std::make_unique<MqttLink>(made, group, std::move(handlers));
    };
}

}  // namespace ganglion::fleet
