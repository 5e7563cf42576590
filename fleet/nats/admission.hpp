#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "fleet/base/log.hpp"
#include "fleet/ingest/link.hpp"
#include "fleet/pki/pki.hpp"

namespace ganglion::fleet {

/// Where edges ask whom they may admit, and where the server with the authority says it.
inline constexpr const char* kAskTopic = "ganglion/fleet/ask";
inline constexpr const char* kAdmissionTopic = "ganglion/fleet/admission";

/// What an edge is told about who may come in.
struct AdmissionMessage {
    std::string list;  ///< the revocation list, PEM
    /// To an edge that asked, not news. Where it has another list it has missed who was to go, and
    /// ends all connections.
    bool is_answer = false;
    /// News: this device's connection shall end, by one who has its name for a day.
    std::string device, certificate_pem, key_pem;
};

std::string to_text(const AdmissionMessage& message);
/// Throws std::runtime_error where it is none.
AdmissionMessage admission_message(std::string_view text);

/// The authority's side: tells every edge of a cluster who is revoked, and answers those that ask.
class Admission {
  public:
    Admission(const OpenLink& open, const Pki& pki, const Log& log);

    /// The revocation list is another one.
    void tell_list();
    /// This device is revoked; the list says it already.
    void evict(const std::string& device);

  private:
    void answer();
    void send(const AdmissionMessage& message);

    const Pki& pki_;
    std::mutex mutex_;
    /// What was last told: an answer never comes before the news, which say who is to go.
    std::string told_;
    Link* link_ = nullptr;
    std::unique_ptr<Link> owner_;
};

}  // namespace ganglion::fleet
