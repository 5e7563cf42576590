#include "fleet/nats/edge.hpp"

#include <set>
#include <stdexcept>
#include <utility>

#include "device/event/messages.hpp"
#include "fleet/base/port.hpp"
#include "fleet/broker/eviction.hpp"
#include "fleet/nats/nats_link.hpp"
#include "fleet/pki/request.hpp"

namespace ganglion::fleet {
namespace {

/// So long wishes to say who is there are gathered: servers that begin together ask together.
constexpr auto kGather = std::chrono::milliseconds(100);

const EdgeConfig& completed(EdgeConfig& config) {
    if (!config.log) config.log = stderr_log();
    if (!std::filesystem::exists(config.directory / "edge.pem"))
        throw std::runtime_error(config.directory.string() +
                                 " is not of an edge: ganglion fleet nats-config makes one");
    return config;
}

std::filesystem::path port_file(const EdgeConfig& config) {
    return config.directory / "mqtt-port";
}

}  // namespace

Edge::Edge(EdgeConfig config)
    : config_(std::move(config)),
      lock_(completed(config_).directory),
      authority_(certificate_from_pem(read_file(file("ca.pem")))),
      id_(facts_of(certificate_from_pem(read_file(file("edge.pem"))).get()).common_name),
      broker_(config_.directory / "broker",
              {file("ca.pem"), file("broker.pem"), file("broker.key"), file("revoked.pem"),
               edge_access_list(id_)},
              asked_or_kept_port(config_.mqtt_port, port_file(config_)), config_.log) {
    write_private_file(port_file(config_), std::to_string(broker_.port()) + "\n");
    const NatsConfig nats{nats_urls(config_.nats), file("nats-ca.pem"), file("nats.pem"),
                          file("nats.key"), read_file(file("organisation"))};
    cluster_owner_ = nats_link(
        nats, "", config_.log)({[this](Link& link) {
                                    cluster_ = &link;
                                    for (const char* channel : server_channels())
                                        link.subscribe(std::string("ganglion/1/+/") + channel);
                                    link.subscribe(kRollCallTopic);
                                    link.subscribe(kAdmissionTopic);
                                    const std::lock_guard lock(mutex_);
                                    roll_call_ = asks_ = true;
                                    changed_.notify_all();
                                },
                                [this](const std::string& reason) {
                                    config_.log("edge: connection to the cluster lost: " + reason);
                                },
                                [this](std::string_view topic, std::span<const uint8_t> payload,
                                       bool) { from_cluster(topic, payload); }});
    local_owner_ =
        mqtt_link(as(id_, "edge"))({[this](Link& link) {
                                        local_ = &link;
                                        {
                                            // Who is there the broker says with the subscription.
                                            const std::lock_guard lock(mutex_);
                                            there_.clear();
                                        }
                                        for (const char* channel : device_channels())
                                            link.subscribe(std::string("ganglion/1/+/") + channel);
                                    },
                                    [this](const std::string& reason) {
                                        config_.log("edge: broker connection lost: " + reason);
                                    },
                                    [this](std::string_view topic, std::span<const uint8_t> payload,
                                           bool) { from_device(topic, payload); }});
    worker_ = std::thread([this] { work(); });
}

Edge::~Edge() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    worker_.join();
    // Both links' threads use the other one: first none of them finds it any more.
    local_ = nullptr;
    local_owner_.reset();
    cluster_ = nullptr;
    cluster_owner_.reset();
}

std::optional<std::string> Edge::fault() const {
    if (broker_.pid() < 0) return "the broker is being started again";
    if (!local_owner_->is_connected()) return "not connected to the broker";
    if (!cluster_owner_->is_connected()) return "not connected to the cluster";
    return std::nullopt;
}

MqttConfig Edge::as(const std::string& id, const char* files) const {
    MqttConfig config;
    config.port = broker_.port();
    config.id = id;
    config.ca_file = file("ca.pem");
    config.certificate_file = file((std::string(files) + ".pem").c_str());
    config.key_file = file((std::string(files) + ".key").c_str());
    return config;
}

void Edge::from_device(std::string_view topic, std::span<const uint8_t> payload) {
    if (topic.ends_with("/status")) {
        StatusMessage status;
        const bool online = decode_status(payload, status) && status.online;
        const std::lock_guard lock(mutex_);
        if (online)
            there_[std::string(topic)].assign(payload.begin(), payload.end());
        else
            there_.erase(std::string(topic));
    }
    // Where it cannot be handed on the device hears nothing from the store and says it again.
    if (Link* const cluster = cluster_) cluster->publish(std::string(topic), payload);
}

void Edge::from_cluster(std::string_view topic, std::span<const uint8_t> payload) {
    if (topic == kRollCallTopic) {
        const std::lock_guard lock(mutex_);
        roll_call_ = true;
        changed_.notify_all();
    } else if (topic == kAdmissionTopic) {
        try {
            auto message =
                admission_message({reinterpret_cast<const char*>(payload.data()), payload.size()});
            const std::lock_guard lock(mutex_);
            admissions_.push_back(std::move(message));
            changed_.notify_all();
        } catch (const std::runtime_error& error) {
            config_.log(std::string("edge: ") + error.what());
        }
    } else if (Link* const local = local_) {
        // Devices of other edges have nobody here who listens.
        local->publish(std::string(topic), payload);
    }
}

void Edge::work() {
    auto next = std::chrono::steady_clock::now();
    for (;;) {
        std::deque<AdmissionMessage> admissions;
        bool announces = false, asks = false;
        {
            std::unique_lock lock(mutex_);
            changed_.wait_until(lock, next, [this] {
                return stopping_ || roll_call_ || asks_ || !admissions_.empty();
            });
            if (stopping_) return;
            if (roll_call_ && changed_.wait_for(lock, kGather, [this] { return stopping_; }))
                return;
            const bool due = std::chrono::steady_clock::now() >= next;
            announces = std::exchange(roll_call_, false) || due;
            asks = std::exchange(asks_, false) || due;
            admissions.swap(admissions_);
        }
        if (announces) {
            announce();
            next = std::chrono::steady_clock::now() + config_.announce_every;
        }
        if (asks)
            if (Link* const cluster = cluster_) cluster->publish(kAskTopic, {});
        for (const AdmissionMessage& message : admissions) {
            try {
                admit(message);
            } catch (const std::runtime_error& error) {
                config_.log(std::string("edge: ") + error.what());
            }
        }
    }
}

void Edge::announce() {
    Link* const cluster = cluster_;
    if (cluster == nullptr) return;
    std::map<std::string, std::vector<uint8_t>> there;
    {
        const std::lock_guard lock(mutex_);
        there = there_;
    }
    for (const auto& [topic, status] : there) cluster->publish(topic, status);
}

void Edge::admit(const AdmissionMessage& message) {
    const std::set<std::string> now = revoked_serials(message.list, authority_.get());
    const std::set<std::string> before =
        revoked_serials(read_file(file("revoked.pem")), authority_.get());
    if (now == before && message.device.empty()) return;
    if (now != before) {
        write_private_file(file("revoked.pem"), message.list);
        broker_.reload();
    }
    if (!message.device.empty()) {
        write_private_file(file("eviction.pem"), message.certificate_pem);
        write_private_file(file("eviction.key"), message.key_pem);
        // A device that is not here is not: the name is free, and given back at once.
        if (!evict(as(message.device, "eviction")))
            config_.log("edge: the broker does not let " + message.device +
                        " be thrown off; it cannot come back");
    } else if (message.is_answer) {
        // Somebody was revoked while this edge could not be told: who it was the list does not say.
        broker_.restart();
    }
}

}  // namespace ganglion::fleet
