// Chaos by itself, for tests: fleet_chaos ROUNDS SEED DIRECTORY [cluster|shared-broker|outage];
// exit status 0 where nothing was lost.
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "fleet/testing/chaos.hpp"

int main(int count, char** arguments) {
    using namespace ganglion::fleet::testing;
    std::vector<std::string> given(arguments + 1, arguments + count);
    try {
        if (!given.empty() && given[0] == "part")
            return run_chaos_part({given.begin() + 1, given.end()});
        if (given.size() != 3 && given.size() != 4) {
            std::cerr
                << "usage: fleet_chaos ROUNDS SEED DIRECTORY [cluster|shared-broker|outage]\n";
            return 2;
        }
        ChaosConfig config;
        config.rounds = static_cast<uint32_t>(std::stoul(given[0]));
        config.seed = std::stoull(given[1]);
        config.directory = given[2];
        config.part = {"/proc/self/exe", "part"};
        const std::string kind = given.size() == 4 ? given[3] : "";
        const ChaosResult result = kind == "cluster"         ? run_cluster_chaos(config)
                                   : kind == "shared-broker" ? run_shared_broker_chaos(config)
                                   : kind == "outage"        ? run_outage_chaos(config)
                                                             : run_chaos(config);
        std::cout << result.appended << " appended, " << result.acknowledged << " acknowledged, "
                  << result.stored << " stored, " << result.damaged << " damaged; kills: device "
                  << result.device_kills << ", broker " << result.broker_kills << " + "
                  << result.broker_power_losses << ", server " << result.server_kills
                  << ", network " << result.network_cuts << ", edge " << result.edge_kills
                  << ", node " << result.node_kills << ", gateway " << result.gateway_kills
                  << ", database " << result.database_kills << "\nthrough the gateway "
                  << result.promised << ", dropped " << result.dropped << ", on disk "
                  << result.disk_bytes << "\nacknowledged and missing "
                  << result.acknowledged_missing << ", missing " << result.missing
                  << ", duplicates " << result.duplicates << ", gaps wrong " << result.gaps_wrong
                  << ", waiting forever " << result.waiting_forever << '\n';
        return result.is_clean() ? 0 : 1;
    } catch (const std::exception& error) {
        std::cerr << "fleet_chaos: " << error.what() << '\n';
        return 2;
    }
}
