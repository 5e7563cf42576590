#include "fleet/server/bus.hpp"

#include <stdexcept>
#include <utility>

#include "fleet/base/files.hpp"
#include "fleet/base/port.hpp"
#include "fleet/broker/broker_reload.hpp"
#include "fleet/broker/eviction.hpp"
#include "fleet/broker/mqtt_plan.hpp"
#include "fleet/broker/revocation_hook.hpp"
#include "fleet/nats/nats_link.hpp"
#include "fleet/pki/request.hpp"
#include "fleet/server/organisations.hpp"

namespace ganglion::fleet {
namespace {

constexpr const char* kNatsGroup = "ingest";

std::string name_in(const std::filesystem::path& certificate_file) {
    return facts_of(certificate_from_pem(read_file(certificate_file)).get()).common_name;
}

}  // namespace

BusKind bus_kind(const std::string& broker) {
    if (broker == "mosquitto") return BusKind::own_broker;
    if (is_mqtt_url(broker)) return BusKind::shared_broker;
    if (broker.starts_with("nats://")) return BusKind::nats;
    throw std::runtime_error("'" + broker +
                             "' is no broker: write mosquitto, mqtts://host:port or "
                             "nats://host:port");
}

Bus::Bus(const ServerConfig& config, const std::string& organisation, const Pki& pki, Log log)
    : config_(config),
      organisation_(organisation),
      pki_(pki),
      log_(std::move(log)),
      kind_(bus_kind(config.broker)) {
    if (kind_ != BusKind::own_broker) return;
    const auto port_file = config.state_dir / "mqtt-port";
    broker_ = std::make_unique<Broker>(config.state_dir / "broker", broker_setup(pki),
                                       asked_or_kept_port(config.mqtt_port, port_file), log_);
    write_private_file(port_file, std::to_string(broker_->port()) + "\n");
}

std::string Bus::fault() const {
    return broker_ && broker_->pid() < 0 ? "the broker is being started again" : "";
}

/// Of a server beside the one with the authority everything is in one folder. On NATS one identity,
/// the installation's, speaks for all organisations.
std::filesystem::path Bus::identity_file(const std::string& name) const {
    if (!config_.identity.empty()) return config_.identity / name;
    const bool is_installations = kind_ == BusKind::nats && !organisation_.empty();
    return (is_installations ? installation_of(config_.state_dir) : config_.state_dir) / "pki" /
           name;
}

OpenLink Bus::link(const std::string& files) const {
    return kind_ == BusKind::nats ? nats("") : mqtt_link(mqtt(files));
}

OpenLink Bus::shared_link() const {
    switch (kind_) {
        case BusKind::nats:
            return nats(kNatsGroup);
        case BusKind::shared_broker:
            return mqtt_link(mqtt("server"), config_.identity.empty()
                                                 ? share_group(config_.state_dir / "pki")
                                                 : read_file(identity_file(kShareGroupFile)));
        default:
            return mqtt_link(mqtt("server"));
    }
}

OpenLink Bus::nats(const std::string& group) const {
    return nats_link({nats_urls(config_.broker), identity_file("ca.pem"),
                      identity_file("server.pem"), identity_file("server.key"), organisation_},
                     group, log_);
}

MqttConfig Bus::mqtt(const std::string& files) const {
    MqttConfig config;
    if (broker_) config.port = broker_->port();
    if (!broker_) config.brokers = mqtt_addresses(config_.broker);
    config.ca_file = config_.broker_ca.empty() ? identity_file("ca.pem") : config_.broker_ca;
    config.certificate_file = identity_file(files + ".pem");
    config.key_file = identity_file(files + ".key");
    config.id = name_in(config.certificate_file);
    return config;
}

void Bus::carry_list() {
    const auto list = pki_.revocation_file();
    if (broker_) {
        broker_->reload();
    } else if (!config_.broker_folder.empty()) {
        if (!reload_in_folder(config_.broker_folder, list))
            log_("enrolment: the broker in " + config_.broker_folder.string() +
                 " does not read the list; the broker admits who was revoked");
    } else if (config_.on_revoked.empty()) {
        log_("enrolment: carry " + list.string() +
             " to the broker: until then it admits who was revoked");
    } else if (!run_revocation_hook(config_.on_revoked, list)) {
        log_("enrolment: " + config_.on_revoked + " fails; the broker admits who was revoked");
    }
}

void Bus::throw_off(const std::string& device) const {
    pki_.write_eviction_identity(device);
    if (!evict(mqtt("eviction")))
        log_("enrolment: the broker does not let " + device +
             " be thrown off; it cannot come back");
}

}  // namespace ganglion::fleet
