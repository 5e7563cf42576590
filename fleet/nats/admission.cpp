#include "fleet/nats/admission.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "fleet/base/files.hpp"

namespace ganglion::fleet {

using nlohmann::json;

std::string to_text(const AdmissionMessage& message) {
    return json{{"list", message.list},
                {"is_answer", message.is_answer},
                {"device", message.device},
                {"certificate", message.certificate_pem},
                {"key", message.key_pem}}
        .dump();
}

AdmissionMessage admission_message(std::string_view text) {
    try {
        const json read = json::parse(text);
        return {read.at("list").get<std::string>(), read.at("is_answer").get<bool>(),
                read.at("device").get<std::string>(), read.at("certificate").get<std::string>(),
                read.at("key").get<std::string>()};
    } catch (const json::exception&) {
        throw std::runtime_error("a message about admission that is none");
    }
}

Admission::Admission(const OpenLink& open, const Pki& pki, const Log& log)
    : pki_(pki),
      told_(read_file(pki.revocation_file())),
      owner_(
          open({[this](Link& link) {
                    {
                        const std::lock_guard lock(mutex_);
                        link_ = &link;
                    }
                    link.subscribe(kAskTopic);
                    // Who was revoked while nobody could be told.
                    answer();
                },
                [log](const std::string& reason) { log("admission: connection lost: " + reason); },
                [this](std::string_view, std::span<const uint8_t>, bool) { answer(); }})) {}

void Admission::tell_list() {
    const std::lock_guard lock(mutex_);
    told_ = read_file(pki_.revocation_file());
    send({told_, false, {}, {}, {}});
}

void Admission::evict(const std::string& device) {
    pki_.write_eviction_identity(device);
    const std::lock_guard lock(mutex_);
    send({told_, false, device, read_file(pki_.certificate_file("eviction")),
          read_file(pki_.key_file("eviction"))});
}

void Admission::answer() {
    const std::lock_guard lock(mutex_);
    send({told_, true, {}, {}, {}});
}

void Admission::send(const AdmissionMessage& message) {
    if (link_ == nullptr) return;  // whoever asks is told later
    const std::string text = to_text(message);
    link_->publish(kAdmissionTopic, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

}  // namespace ganglion::fleet
