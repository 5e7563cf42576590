#include "fleet/broker/mqtt_plan.hpp"

#include "fleet/access/secret.hpp"
#include "fleet/base/files.hpp"
#include "fleet/broker/broker_config.hpp"

namespace ganglion::fleet {
namespace {

std::filesystem::path make_folder(const std::filesystem::path& folder, const Pki& pki) {
    create_private_directory(folder);
    write_private_file(folder / "ca.pem", pki.ca_pem());
    return folder;
}

}  // namespace

void write_mqtt_plan(Pki& pki, const MqttPlan& plan, const std::filesystem::path& directory) {
    const std::string group = share_group(pki.ca_file().parent_path());
    std::vector<std::string> names;
    for (const std::string& server : plan.servers) {
        names.push_back(Pki::server_id_of(server));
        const auto folder = make_folder(directory / ("server-" + server), pki);
        write_identity(folder, "server", pki.issue_server(server));
        write_private_file(folder / kShareGroupFile, group);
    }
    const auto folder = make_folder(directory / "broker", pki);
    write_identity(folder, "broker", pki.issue_broker(plan.host));
    write_private_file(folder / "revoked.pem", read_file(pki.revocation_file()));
    write_private_file(folder / "access.acl", shared_access_list(names));
    write_private_file(
        folder / "mosquitto.conf",
        "# For servers to share: mosquitto -c mosquitto.conf, in this folder.\n" +
            broker_configuration({"ca.pem", "broker.pem", "broker.key", "revoked.pem", {}, true},
                                 "access.acl", plan.port) +
            "pid_file " + kBrokerPidFile + "\nlog_dest file " + kBrokerLogFile + "\n");
}

std::string share_group(const std::filesystem::path& pki_directory) {
    const auto file = pki_directory / kShareGroupFile;
    if (!std::filesystem::exists(file)) write_private_file(file, new_secret("ingest-"));
    return read_file(file);
}

}  // namespace ganglion::fleet
