#include "fleet/api/enrol_routes.hpp"

#include <functional>
#include <utility>

#include "fleet/api/audited.hpp"
#include "fleet/api/schema.hpp"
#include "fleet/pki/request.hpp"

namespace ganglion::fleet {
namespace {

using namespace schema;

constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kMostMinutes = 31 * 24 * 60;

/// What an operator got wrong is a bad request.
template <typename Work>
auto asked(Work work) {
    try {
        return work();
    } catch (const EnrolmentError& error) {
        throw BadRequest(error.what());
    }
}

std::string bytes_in(const json& body, const char* name) {
    try {
        return from_base64(text_of(body, name));
    } catch (const BadRequest&) {
        throw;
    } catch (const std::runtime_error&) {
        throw BadRequest(std::string(name) + " must be base64");
    }
}

json grant_schema() {
    return object({{"device", text()}, {"certificate", text()}, {"ca", text()}, {"proof", text()}});
}

/// A device's wish, granted or refused with 403; both are in the log.
void grant(Call& call, AuditLog& audit, RateLimit& attempts, const char* action,
           const std::function<Granted()>& wish) {
    if (!attempts.take(call.request.remote_addr)) {
        call.response.set_header("Retry-After", "10");
        return send_error(call.response, 429, "too many attempts: wait ten seconds");
    }
    try {
        const Granted granted = wish();
        audit.append({"device " + granted.device, action, granted.device, {}});
        send_json(call.response, {{"device", granted.device},
                                  {"certificate", granted.certificate_pem},
                                  {"ca", granted.ca_pem},
                                  {"proof", to_base64(granted.proof)}});
    } catch (const EnrolmentError& error) {
        audit.append(
            {"nobody", std::string(action) + "_refused", "", {{"from", call.request.remote_addr}}});
        send_error(call.response, 403, error.what());
    }
}

Routes device_routes(Enrolment& enrolment, AuditLog& audit, RateLimit& attempts) {
    Routes routes;
    routes.push_back({"post",
                      "/api/enrol",
                      std::nullopt,
                      "A device gets its certificate: the claim's number, a signing request "
                      "(PKCS #10, PEM), and HMAC-SHA-256(key of the claim, request) in base64",
                      {},
                      object({{"claim", number()}, {"request", text()}, {"proof", text()}}),
                      grant_schema(),
                      [&](Call& call) {
                          const auto claim = call.body.find("claim");
                          if (claim == call.body.end() || !claim->is_number_integer())
                              throw BadRequest("claim must be the number before the code's dash");
                          const auto number = claim->get<int64_t>();
                          const std::string request = text_of(call.body, "request");
                          const std::string proof = bytes_in(call.body, "proof");
                          grant(call, audit, attempts, "device.enrol",
                                [&] { return enrolment.enrol(number, request, proof); });
                      }});
    routes.push_back({"post",
                      "/api/renew",
                      std::nullopt,
                      "A device gets its next certificate: the one that counts, a signing request, "
                      "and its ECDSA signature with the present key in base64",
                      {},
                      object({{"certificate", text()}, {"request", text()}, {"signature", text()}}),
                      grant_schema(),
                      [&](Call& call) {
                          const std::string certificate = text_of(call.body, "certificate");
                          const std::string request = text_of(call.body, "request");
                          const std::string signature = bytes_in(call.body, "signature");
                          grant(call, audit, attempts, "device.renew",
                                [&] { return enrolment.renew(certificate, request, signature); });
                      }});
    return routes;
}

Routes claim_routes(Enrolment& enrolment, AuditLog& audit) {
    Routes routes;
    routes.push_back(
        {"get",
         "/api/claims",
         Role::viewer,
         "Claims that have not expired",
         {},
         nullptr,
         array(object(
             {{"id", number()}, {"device", text()}, {"expires_ms", number()}, {"used", flag()}})),
         [&](Call& call) {
             json list = json::array();
             for (const ClaimRow& one : enrolment.claims()) {
                 list.push_back({{"id", one.id},
                                 {"device", one.device},
                                 {"expires_ms", one.expires_ms},
                                 {"used", one.used}});
             }
             send_json(call.response, list);
         }});
    routes.push_back(
        {"post",
         "/api/claims",
         Role::fleet_operator,
         "A code with which one device gets its certificate, once; shown this once",
         {},
         object({{"device", text()}, {"minutes", number(1)}, {"replace", flag()}}),
         object({{"code", text()}}),
         [&](Call& call) {
             const std::string device = text_of(call.body, "device");
             const json minutes = call.body.value("minutes", json());
             if (!minutes.is_number_integer() || minutes < 1 || minutes > kMostMinutes)
                 throw BadRequest("minutes must be a whole number from 1 to 44640");
             const json replace = call.body.value("replace", json(false));
             if (!replace.is_boolean()) throw BadRequest("replace must be true or false");
             std::string code;
             audited(audit, {call.caller.name, "claim.add", device, {{"replace", replace}}}, [&] {
                 code = asked([&] {
                     return enrolment.add_claim(device, minutes.get<int64_t>() * kMinuteMs,
                                                replace.get<bool>());
                 });
             });
             send_json(call.response, {{"code", code}});
         }});
    routes.push_back({"delete",
                      "/api/claims/{id}",
                      Role::fleet_operator,
                      "The code is worthless from now on",
                      {},
                      nullptr,
                      nullptr,
                      [&](Call& call) {
                          const std::string id = call.request.matches[1];
                          bool done = false;
                          audited(audit, {call.caller.name, "claim.remove", id, {}}, [&] {
                              done = enrolment.remove_claim(
                                  whole_number(id, "id", 0, int64_t{1} << 53));
                          });
                          if (!done) return send_error(call.response, 404, "no such claim");
                          call.response.status = 204;
                      }});
    return routes;
}

}  // namespace

Routes enrol_routes(Enrolment& enrolment, AuditLog& audit, RateLimit& attempts) {
    Routes routes = device_routes(enrolment, audit, attempts);
    for (Route& route : claim_routes(enrolment, audit)) routes.push_back(std::move(route));
    routes.push_back({"get",
                      "/api/certificates",
                      Role::viewer,
                      "Certificates of devices that ever counted",
                      {{"device", "only this device", text()}},
                      nullptr,
                      array(object({{"serial", text()},
                                    {"device", text()},
                                    {"issued_ms", number()},
                                    {"expires_ms", number()},
                                    {"revoked_ms", number()},
                                    {"reason", text()}})),
                      [&](Call& call) {
                          std::optional<std::string> device;
                          if (call.request.has_param("device"))
                              device = call.request.get_param_value("device");
                          json list = json::array();
                          for (const CertificateRow& one : enrolment.certificates(device)) {
                              list.push_back({{"serial", one.serial},
                                              {"device", one.device},
                                              {"issued_ms", one.issued_ms},
                                              {"expires_ms", one.expires_ms},
                                              {"revoked_ms", one.revoked_ms},
                                              {"reason", one.reason}});
                          }
                          send_json(call.response, list);
                      }});
    routes.push_back({"post",
                      "/api/devices/{id}/revoke",
                      Role::fleet_operator,
                      "Shut a device out at once: its certificates count no more, its connection "
                      "is ended",
                      {},
                      object({{"reason", text()}}),
                      object({{"certificates", number()}}),
                      [&](Call& call) {
                          const std::string device = call.request.matches[1];
                          const std::string reason = text_of(call.body, "reason");
                          size_t revoked = 0;
                          audited(audit,
                                  {call.caller.name, "device.revoke", device, {{"reason", reason}}},
                                  [&] { revoked = enrolment.revoke(device, reason); });
                          if (revoked == 0)
                              return send_error(call.response, 404,
                                                "that device has no certificate that counts");
                          send_json(call.response, {{"certificates", revoked}});
                      }});
    return routes;
}

}  // namespace ganglion::fleet
