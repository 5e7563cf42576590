#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "device/event/messages.hpp"
#include "fleet/client/api_client.hpp"
#include "fleet/server/server.hpp"
#include "fleet/testing/log_lines.hpp"
#include "fleet/testing/postgres_cluster.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet::testing {

/// Several servers on one PostgreSQL: "first" has the authority, all others an identity of it.
class SharedFleetTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!PostgresCluster::is_installed()) GTEST_SKIP() << "no PostgreSQL on this machine";
        database_ = PostgresCluster::shared().new_database();
    }

    std::filesystem::path state(const std::string& server) const {
        return directory_.path() / server;
    }
    ServerConfig shared_config(const std::string& name, const std::string& broker,
                               const std::filesystem::path& identity) {
        ServerConfig config;
        config.state_dir = state(name);
        config.store = database_;
        config.broker = broker;
        if (name != "first") config.identity = identity;
        config.log = log_.log();
        return config;
    }
    static std::unique_ptr<Server> started(const ServerConfig& config) {
        auto server = std::make_unique<Server>(config);
        server->start();
        return server;
    }
    static void revoke(const Server& server, const std::string& device) {
        call_api({"127.0.0.1", server.http_port()}, "post", "/api/devices/" + device + "/revoke",
                 {{"reason", "stolen"}});
    }

    TemporaryDirectory directory_;
    LogLines log_;
    std::string database_;
};

inline StatusMessage online_status() {
    StatusMessage status;
    status.online = true;
    status.application = "wake_word";
    return status;
}

/// Long enough for a client that tries every 100 ms to have come back several times.
inline void give_it_time() {
    std::this_thread::sleep_for(std::chrono::milliseconds(800));
}

}  // namespace ganglion::fleet::testing
