#include "fleet/server/organisations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "fleet/access/secret.hpp"
#include "fleet/client/api_client.hpp"
#include "fleet/client/enrol_client.hpp"
#include "fleet/client/follower.hpp"
#include "fleet/server/server.hpp"
#include "fleet/testing/device_client.hpp"
#include "fleet/testing/postgres_cluster.hpp"
#include "fleet/testing/temporary_directory.hpp"
#include "fleet/testing/wait.hpp"

// Two organisations in one installation: what one has the other cannot see, whatever it asks for.

namespace ganglion::fleet {
namespace {

using nlohmann::json;
using testing::DeviceClient;
using testing::eventually;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

constexpr const char* kPassword = "correct horse battery";
/// In everything that acme has.
constexpr const char* kMark = "only-acme";
constexpr const char* kPump = "only-acme-pump";

class OrganisationsTest : public ::testing::Test {
  protected:
    OrganisationsTest() {
        add_organisation(state(), "acme", "ada", kPassword);
        add_organisation(state(), "globex", "gus", kPassword);
        server_.start();
        ada_ = address("acme");
        ada_.token = log_in(ada_, "ada", kPassword);
        gus_ = address("globex");
        gus_.token = log_in(gus_, "gus", kPassword);
    }

    std::filesystem::path state() const { return directory_.path() / "state"; }
    ApiAddress address(const std::string& organisation) const {
        ApiAddress made;
        made.port = server_.http_port();
        made.organisation = organisation;
        return made;
    }
    httplib::Result send(const std::string& token, const std::string& method,
                         const std::string& path, const std::string& body = {}) const {
        httplib::Client client("127.0.0.1", server_.http_port());
        client.set_read_timeout(20);
        httplib::Headers headers;
        if (!token.empty()) headers.emplace("Authorization", "Bearer " + token);
        if (method == "get") return client.Get(path, headers);
        if (method == "post") return client.Post(path, headers, body, "application/json");
        if (method == "put") return client.Put(path, headers, body, "application/json");
        return client.Delete(path, headers, body, "application/json");
    }

    /// One of everything that an organisation can have without a signed release.
    void furnish_acme() {
        DeviceClient pump(server_.pki("acme"), kPump, server_.mqtt_port("acme"));
        ASSERT_TRUE(pump.wait_until_connected());
        StatusMessage status;
        status.online = true;
        status.application = "only-acme";
        pump.send_status(status);
        pump.add_event("only-acme");
        ASSERT_TRUE(pump.deliver(20s));
        const auto ask = [&](const char* method, const std::string& path, const json& body) {
            return call_api(ada_, method, path, body);
        };
        ask("put", "/api/devices/only-acme-pump/attributes",
            {{"attributes", {{"site", "only-acme"}}}});
        ask("post", "/api/operators",
            {{"name", "only-acme-vera"}, {"role", "viewer"}, {"password", kPassword}});
        ask("post", "/api/tokens",
            {{"owner", "ada"}, {"scope", "viewer"}, {"label", "only-acme"}, {"days", 1}});
        token_id_ = get_json(ada_, "/api/tokens")[0].at("id");
        ask("post", "/api/claims",
            {{"device", "only-acme-next"}, {"minutes", 5}, {"replace", false}});
        ask("post", "/api/alarm-rules", {{"label", "only-acme"}, {"severity", "critical"}});
        ask("put", "/api/privacy/budgets/only-acme-pump", {{"bytes_gate", 1}, {"bytes_sent", 1}});
        object_ = digest_of("only-acme: a part");
        ASSERT_EQ(send(ada_.token, "put", "/api/objects/" + object_, "only-acme: a part")->status,
                  204);
    }

    /// A path of the document that names what acme has.
    std::string named(std::string path) const {
        const bool of_device = path.find("/devices/") != std::string::npos;
        const bool of_token = path.find("/tokens/") != std::string::npos;
        const std::map<std::string, std::string> names{{"{id}", of_device  ? kPump
                                                                : of_token ? token_id_
                                                                           : "1"},
                                                       {"{name}", "only-acme-vera"},
                                                       {"{device}", kPump},
                                                       {"{label}", "only-acme"},
                                                       {"{application}", "only-acme"},
                                                       {"{version}", "1"},
                                                       {"{digest}", object_}};
        for (const auto& [parameter, name] : names)
            if (const size_t at = path.find(parameter); at != std::string::npos)
                path.replace(at, parameter.size(), name);
        EXPECT_EQ(path.find('{'), std::string::npos) << path << ": what is it that acme has?";
        return path;
    }
    /// method, path as in the document, whether it asks who you are; made from the routing's table.
    template <typename Visit>
    void for_every_path(const Visit& visit) const {
        const json document = json::parse(send("", "get", "/api/openapi.json")->body);
        for (const auto& [path, methods] : document["paths"].items())
            for (const auto& [method, operation] : methods.items())
                visit(method, path, !operation["security"].empty());
    }

    testing::TemporaryDirectory directory_;
    Server server_{[this] {
        ServerConfig config;
        config.state_dir = state();
        config.log = [](std::string_view) {};
        return config;
    }()};
    ApiAddress ada_, gus_;
    std::string token_id_, object_;
};

TEST_F(OrganisationsTest, NoPathShowsWhatAnotherOrganisationHas) {
    furnish_acme();
    int shown_to_acme = 0, asked = 0;
    for_every_path([&](const std::string& method, const std::string& path, bool) {
        if (method != "get" || path == "/api/stream") return;
        for (const char* query :
             {"", "?device=only-acme-pump&search=only-acme&scope=device:only-acme-pump"}) {
            ++asked;
            const auto own = send(ada_.token, "get", named(path) + query);
            shown_to_acme += own->body.find(kMark) != std::string::npos && own->status == 200;
            // To the other's owner; and to anybody on the machine, whose the installation's own is.
            for (const std::string& stranger : {gus_.token, std::string()}) {
                const auto other = send(stranger, "get", named(path) + query);
                if (other->status != 200) continue;
                EXPECT_THAT(other->body, Not(HasSubstr(kMark))) << path;
            }
        }
    });
    EXPECT_GE(asked, 50);
    EXPECT_GE(shown_to_acme, 16) << "what could not be shown to anybody proves nothing";
}

TEST_F(OrganisationsTest, NoPathChangesWhatAnotherOrganisationHas) {
    furnish_acme();
    const auto snapshot = [&] {
        std::map<std::string, std::string> all;
        for (const char* path :
             {"/api/devices", "/api/events", "/api/attributes", "/api/operators", "/api/tokens",
              "/api/claims", "/api/certificates", "/api/alarm-rules", "/api/privacy",
              "/api/releases", "/api/rollouts", "/api/audit"})
            all[path] = send(ada_.token, "get", path)->body;
        return all;
    };
    const auto before = snapshot();
    const std::string body = json{{"name", "only-acme-vera"},
                                  {"role", "viewer"},
                                  {"password", kPassword},
                                  {"owner", "gus"},
                                  {"scope", "viewer"},
                                  {"label", "x"},
                                  {"days", 1},
                                  {"device", kPump},
                                  {"minutes", 5},
                                  {"replace", true},
                                  {"reason", "x"},
                                  {"severity", "warning"},
                                  {"bytes_gate", 7},
                                  {"bytes_sent", 7},
                                  {"attributes", {{"site", "elsewhere"}}}}
                                 .dump();
    int done = 0;
    for_every_path([&](const std::string& method, const std::string& path, bool) {
        if (method == "get") return;
        const auto answer = send(gus_.token, method, named(path), body);
        done += answer->status < 300;
    });
    EXPECT_GE(done, 5) << "what is refused to everybody proves nothing";
    EXPECT_EQ(snapshot(), before);
    EXPECT_EQ(get_json(ada_, "/api/me").at("organisation"), "acme");
}

TEST_F(OrganisationsTest, ASecretIsOfOneOrganisationWhateverTheRequestSays) {
    furnish_acme();
    const std::string bare = ada_.token.substr(ada_.token.find('/') + 1);
    for_every_path([&](const std::string& method, const std::string& path, bool asks) {
        if (!asks || path == "/api/stream") return;
        EXPECT_EQ(send("globex/" + bare, method, named(path), "{}")->status, 401) << path;
        EXPECT_EQ(send("nobody/" + bare, method, named(path), "{}")->status, 401) << path;
        EXPECT_EQ(send("", method, named(path) + "?organisation=acme", "{}")->status, 401) << path;
    });
    EXPECT_EQ(json::parse(send(ada_.token, "get", "/api/me?organisation=globex")->body)
                  .at("organisation"),
              "acme");
    EXPECT_THROW((void)log_in(address("globex"), "ada", kPassword), std::runtime_error);
    EXPECT_THROW((void)log_in(address("nobody"), "ada", kPassword), std::runtime_error);
    EXPECT_THROW((void)log_in(address(""), "ada", kPassword), std::runtime_error);
}

TEST_F(OrganisationsTest, ADeviceOfOneIsNoneOfAnother) {
    DeviceClient pump(server_.pki("acme"), "pump", server_.mqtt_port("acme"));
    DeviceClient namesake(server_.pki("globex"), "pump", server_.mqtt_port("globex"));
    DeviceClient intruder(server_.pki("acme"), "pump", server_.mqtt_port("globex"));
    ASSERT_TRUE(pump.wait_until_connected() && namesake.wait_until_connected());
    std::atomic<bool> stop{false};
    std::atomic<int> heard{0}, foreign{0};
    std::thread follower([&] {
        follow(gus_, 0,
               {[&](const json& event) {
                    ++heard;
                    foreign += event.at("label") == "acme";
                },
                [](const json&) {}, [](const std::string&) {}},
               stop);
    });
    for (int i = 0; i < 3; ++i) pump.add_event("acme");
    EXPECT_TRUE(pump.deliver(20s));
    namesake.add_event("globex");
    EXPECT_TRUE(namesake.deliver(20s));
    EXPECT_TRUE(eventually([&] { return heard == 1; }));
    EXPECT_FALSE(intruder.is_connected());
    stop = true;
    follower.join();
    EXPECT_EQ(foreign, 0);
    EXPECT_EQ(server_.store("acme").device("pump")->events, 3U);
    EXPECT_EQ(server_.store("globex").device("pump")->events, 1U);
    EXPECT_FALSE(server_.store().device("pump"));
}

TEST_F(OrganisationsTest, ADeviceEnrolsWhereItsCodeIsFrom) {
    const std::string code = call_api(ada_, "post", "/api/claims",
                                      {{"device", "pump"}, {"minutes", 5}, {"replace", false}})
                                 .at("code");
    EXPECT_THROW(enrol_device(address("globex"), code, directory_.path() / "wrong"),
                 std::runtime_error);
    EXPECT_EQ(enrol_device(address("acme"), code, directory_.path() / "right"), "pump");
    EXPECT_EQ(renew_device(address("acme"), directory_.path() / "right"), "pump");
    EXPECT_THROW(renew_device(address("globex"), directory_.path() / "right"), std::runtime_error);
}

TEST(Organisations, ShareADatabaseAndNothingInIt) {
    if (!testing::PostgresCluster::is_installed()) GTEST_SKIP() << "no PostgreSQL on this machine";
    const testing::TemporaryDirectory directory;
    ServerConfig config;
    config.state_dir = directory.path();
    config.store = testing::PostgresCluster::shared().new_database();
    config.log = [](std::string_view) {};
    for (const char* name : {"acme", "globex"})
        add_organisation(directory.path(), name, "ada", kPassword);
    Server server(config);
    server.start();
    DeviceClient pump(server.pki("acme"), "pump", server.mqtt_port("acme"));
    ASSERT_TRUE(pump.wait_until_connected());
    pump.add_event();
    ASSERT_TRUE(pump.deliver(20s));
    EXPECT_EQ(server.store("acme").summary().events, 1U);
    EXPECT_EQ(server.store("globex").summary().devices, 0U);
    EXPECT_EQ(server.store().summary().devices, 0U);
}

TEST(Organisations, NamesAreWordsAndTakenOnce) {
    const testing::TemporaryDirectory directory;
    for (const char* name : {"", "Acme", "../acme", "a-b", "1a", "a/b", "a b"})
        EXPECT_THROW(add_organisation(directory.path(), name, "ada", kPassword), std::runtime_error)
            << name;
    add_organisation(directory.path(), "acme", "ada", kPassword);
    EXPECT_THROW(add_organisation(directory.path(), "acme", "eve", kPassword), std::runtime_error);
    EXPECT_EQ(organisations_in(directory.path()), std::vector<std::string>{"acme"});
}

}  // namespace
}  // namespace ganglion::fleet
