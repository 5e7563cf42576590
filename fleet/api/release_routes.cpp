#include "fleet/api/release_routes.hpp"

#include "fleet/api/schema.hpp"

namespace ganglion::fleet {
namespace {

using namespace schema;

json package_schema() {
    return object({{"manifest", text()},
                   {"index", text()},
                   {"payload", text()},
                   {"base", text()},
                   {"bytes", number()}});
}

json release_schema() {
    return object({{"id", text()},
                   {"name", text()},
                   {"component", one_of({"bundle", "firmware"})},
                   {"sequence", number()},
                   {"version", text()},
                   {"note", text()},
                   {"packages", array(package_schema())},
                   {"back_sequence", number()},
                   {"back_version", text()},
                   {"back", array(package_schema())},
                   {"card", text()},
                   {"report", text()},
                   {"key", text()},
                   {"created_ms", number()}});
}

json to_json(const Release& release) {
    json object = json::parse(description_of(release));
    object["id"] = release.id;
    return object;
}

/// What a person or a file got wrong is a bad request, not a fault of the server.
template <typename Work>
auto asked(Work work) {
    try {
        return work();
    } catch (const std::runtime_error& error) {
        throw BadRequest(error.what());
    }
}

Routes object_routes(ReleaseStore& releases) {
    Routes routes;
    Route put{"put",
              "/api/objects/{digest}",
              Role::fleet_operator,
              "A part of a release, by its SHA-256; at most 2 MB",
              {},
              nullptr,
              nullptr,
              [&](Call& call) {
                  const std::string digest = call.request.matches[1];
                  if (sha256_hex(call.request.body) != digest)
                      throw BadRequest("the body's SHA-256 is another than the path's");
                  releases.objects().put(call.request.body);
                  call.response.status = 204;
              }};
    put.takes_bytes = true;
    routes.push_back(std::move(put));
    Route get{"get",
              "/api/objects/{digest}",
              Role::viewer,
              "A part of a release; also a range of its bytes (RFC 9110)",
              {},
              nullptr,
              text(),
              [&](Call& call) {
                  const auto bytes = releases.objects().get(call.request.matches[1]);
                  if (!bytes) return send_error(call.response, 404, "no such object");
                  // It never changes: what is named by its digest may be kept for ever.
                  call.response.set_header("Cache-Control", "private, max-age=31536000, immutable");
                  call.response.set_header("Accept-Ranges", "bytes");
                  call.response.set_content(*bytes, "application/octet-stream");
              }};
    get.answer_type = "application/octet-stream";
    routes.push_back(std::move(get));
    return routes;
}

Routes key_routes(ReleaseStore& releases, AuditLog& audit) {
    Routes routes;
    routes.push_back({"get",
                      "/api/keys",
                      Role::viewer,
                      "Version of the key list that devices shall have; 0: none",
                      {},
                      nullptr,
                      object({{"version", number()}}),
                      [&](Call& call) {
                          send_json(call.response, {{"version", releases.keys().version}});
                      }});
    routes.push_back({"put",
                      "/api/keys",
                      Role::owner,
                      "A newer key list, signed by the root; both in hexadecimal digits",
                      {},
                      object({{"envelope", text()}, {"root", text()}}),
                      nullptr,
                      [&](Call& call) {
                          const std::string envelope = text_of(call.body, "envelope");
                          const std::string root = text_of(call.body, "root");
                          audit.append({call.caller.name, "keys.set", root.substr(0, 16), {}});
                          asked([&] {
                              const auto bytes = bytes_of_hex(envelope);
                              releases.set_keys({bytes.begin(), bytes.end()}, root);
                          });
                          call.response.status = 204;
                      }});
    return routes;
}

}  // namespace

Routes release_routes(ReleaseStore& releases, AuditLog& audit) {
    Routes routes = object_routes(releases);
    for (Route& route : key_routes(releases, audit)) routes.push_back(std::move(route));
    routes.push_back({"get",
                      "/api/releases",
                      Role::viewer,
                      "All releases, newest first",
                      {},
                      nullptr,
                      array(release_schema()),
                      [&](Call& call) {
                          json list = json::array();
                          for (const Release& release : releases.list())
                              list.push_back(to_json(release));
                          send_json(call.response, list);
                      }});
    routes.push_back({"get",
                      "/api/releases/{id}",
                      Role::viewer,
                      "One release, by its id or the beginning of it",
                      {},
                      nullptr,
                      release_schema(),
                      [&](Call& call) {
                          const auto release = releases.find(call.request.matches[1]);
                          if (!release) return send_error(call.response, 404, "no such release");
                          send_json(call.response, to_json(*release));
                      }});
    routes.push_back(
        {"post",
         "/api/releases",
         Role::fleet_operator,
         "A signed release whose objects are here already",
         {},
         object({{"description", text()}, {"signature", text()}}),
         object({{"id", text()}}),
         [&](Call& call) {
             const std::string description = text_of(call.body, "description");
             const std::string signature = text_of(call.body, "signature");
             audit.append({call.caller.name, "release.add", sha256_hex(description), {}});
             const Release release = asked([&] { return releases.add(description, signature); });
             send_json(call.response, {{"id", release.id}});
         }});
    return routes;
}

}  // namespace ganglion::fleet
