#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fleet/api/access_routes.hpp"
#include "fleet/api/fleet_routes.hpp"
#include "fleet/api/http_api.hpp"
#include "fleet/client/api_client.hpp"
#include "fleet/store/sqlite_store.hpp"
#include "fleet/testing/http.hpp"
#include "fleet/testing/json_schema.hpp"
#include "fleet/testing/log_lines.hpp"
#include "fleet/testing/temporary_directory.hpp"

// Who may do what through the API, and that its OpenAPI document tells the truth.

namespace ganglion::fleet {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr const char* kPassword = "correct horse battery";

class AccessApiTest : public ::testing::Test {
  protected:
    AccessApiTest() {
        Routes routes = fleet_routes(store_, stream_);
        for (Route& route : access_routes(access_, audit_, log_ins_, audit_file()))
            routes.push_back(std::move(route));
        api_ =
            std::make_unique<HttpApi>(std::vector<Tenant>{{"", std::move(routes), access_, stream_,
                                                           [] { return std::vector<Metric>{}; }}},
                                      HttpApi::Config{0, directory_.path() / "absent",
                                                      [] { return std::nullopt; }, log_.log()});
    }

    std::filesystem::path audit_file() const { return directory_.path() / "audit.jsonl"; }

    /// Three operators, one of each role.
    void add_people() {
        access_.add_operator("olga", Role::owner, kPassword);
        access_.add_operator("otto", Role::fleet_operator, kPassword);
        access_.add_operator("vera", Role::viewer, kPassword);
    }

    httplib::Headers as(const std::string& name) {
        const Role role = name == "olga"   ? Role::owner
                          : name == "otto" ? Role::fleet_operator
                                           : Role::viewer;
        return {{"Authorization", "Bearer " + access_.add_token(name, role, 60'000, "test")}};
    }

    httplib::Result send(const std::string& method, const std::string& path,
                         const httplib::Headers& headers = {}, const json& body = nullptr) {
        httplib::Client client = testing::patient_client(api_->port());
        const std::string text = body.is_null() ? "" : body.dump();
        if (method == "get") return testing::answered(client.Get(path, headers));
        if (method == "post")
            return testing::answered(client.Post(path, headers, text, "application/json"));
        if (method == "put")
            return testing::answered(client.Put(path, headers, text, "application/json"));
        return testing::answered(client.Delete(path, headers));
    }
    int status(const std::string& method, const std::string& path,
               const httplib::Headers& headers = {}, const json& body = nullptr) {
        return send(method, path, headers, body)->status;
    }

    testing::TemporaryDirectory directory_;
    testing::LogLines log_;
    SqliteStore store_{directory_.path() / "fleet.db"};
    Access access_{directory_.path() / "access.db"};
    AuditLog audit_{audit_file()};
    RateLimit log_ins_{0.001, 10};
    EventStream stream_{store_};
    std::unique_ptr<HttpApi> api_;
};

TEST_F(AccessApiTest, OpenUntilThereIsAnOperatorAndThenClosed) {
    EXPECT_EQ(status("get", "/api/devices"), 200);
    EXPECT_EQ(json::parse(send("get", "/api/me")->body)["open"], true);
    EXPECT_EQ(status("post", "/api/operators", {},
                     {{"name", "olga"}, {"role", "owner"}, {"password", kPassword}}),
              204);
    for (const char* path : {"/api/devices", "/api/stream", "/api/me", "/api/audit", "/metrics"})
        EXPECT_EQ(status("get", path), 401) << path;
    EXPECT_EQ(status("get", "/healthz"), 200);
    EXPECT_EQ(status("get", "/api/openapi.json"), 200);
}

TEST_F(AccessApiTest, EveryRouteAsksForItsRole) {
    add_people();
    const json document = json::parse(send("get", "/api/openapi.json")->body);
    int asked = 0;
    for (const auto& [path, methods] : document["paths"].items()) {
        for (const auto& [method, operation] : methods.items()) {
            std::string concrete = path;
            if (const size_t brace = concrete.find('{'); brace != std::string::npos)
                concrete = concrete.substr(0, brace) + "nobody";
            if (operation["security"].empty()) continue;
            ++asked;
            EXPECT_EQ(status(method, concrete), 401) << method << " " << path;
            const bool for_owners =
                operation["description"].get<std::string>().find("owner") != std::string::npos;
            if (for_owners) {
                EXPECT_EQ(status(method, concrete, as("otto")), 403) << method << " " << path;
                EXPECT_EQ(status(method, concrete, as("vera")), 403) << method << " " << path;
            }
        }
    }
    EXPECT_GE(asked, 15);
}

TEST_F(AccessApiTest, AnswersFollowTheOpenApiDocument) {
    EventsMessage content{5000, 1, {{1, 1, 5000, 0, "alexa", 900, 320, 3, {}}}};
    store_.commit(std::vector<Message>{{"speaker", 1'700'000'000'000, content},
                                       {"motor", 1'700'000'000'000, StatusRecord{}}});
    add_people();
    const auto owner = as("olga");
    const json document = json::parse(send("get", "/api/openapi.json")->body);
    int checked = 0;
    for (const auto& [path, methods] : document["paths"].items()) {
        if (!methods.contains("get") || path == "/api/stream") continue;
        const auto answer = send("get", path, owner);
        ASSERT_EQ(answer->status, 200) << path;
        const json& schema =
            methods["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        EXPECT_EQ(testing::fault_against(schema, json::parse(answer->body)), "") << path;
        ++checked;
    }
    EXPECT_GE(checked, 9);
}

TEST_F(AccessApiTest, ABrowsersSession) {
    add_people();
    EXPECT_EQ(status("post", "/api/login", {}, {{"name", "vera"}, {"password", "wrong wrong"}}),
              401);
    const auto in = send("post", "/api/login", {}, {{"name", "vera"}, {"password", kPassword}});
    ASSERT_EQ(in->status, 204);
    const std::string cookie = in->get_header_value("Set-Cookie");
    EXPECT_THAT(cookie, HasSubstr("HttpOnly"));
    EXPECT_THAT(cookie, HasSubstr("SameSite=Strict"));
    const httplib::Headers session{{"Cookie", "other=1; " + cookie.substr(0, cookie.find(';'))}};
    EXPECT_EQ(json::parse(send("get", "/api/me", session)->body)["name"], "vera");
    httplib::Headers elsewhere = session;
    elsewhere.emplace("Origin", "http://evil.example");
    EXPECT_EQ(status("post", "/api/logout", elsewhere), 403) << "another site's page";
    EXPECT_EQ(status("post", "/api/logout", session), 204);
    EXPECT_EQ(status("get", "/api/me", session), 401);
}

TEST_F(AccessApiTest, AProgramLogsInForItsFirstToken) {
    add_people();
    ApiAddress address{"127.0.0.1", api_->port(), ""};
    EXPECT_THROW((void)log_in(address, "olga", "wrong wrong"), std::runtime_error);
    address.token = log_in(address, "olga", kPassword);
    address.token = call_api(address, "post", "/api/tokens",
                             {{"owner", "olga"}, {"scope", "viewer"}, {"label", "x"}, {"days", 1}})
                        .at("secret");
    EXPECT_EQ(get_json(address, "/api/me").at("role"), "viewer");
    EXPECT_THAT([&] { (void)get_json(address, "/api/operators"); },
                ThrowsMessage<std::runtime_error>(HasSubstr("needs the role owner")));
}

TEST_F(AccessApiTest, WhoAsksWithoutRestIsSlowedAndTheOthersAreNot) {
    add_people();
    constexpr int at_once = 20;
    HttpApi slow(std::vector<Tenant>{{"", fleet_routes(store_, stream_), access_, stream_,
                                      [] { return std::vector<Metric>{}; }}},
                 {.dashboard_dir = directory_.path() / "absent",
                  .health = [] { return std::nullopt; },
                  .log = log_.log(),
                  .requests_per_second = 0.001,
                  .requests_at_once = at_once});
    const auto vera = as("vera"), otto = as("otto");
    httplib::Client client = testing::patient_client(slow.port());
    for (int i = 0; i < at_once; ++i)
        EXPECT_EQ(testing::answered(client.Get("/api/summary", vera))->status, 200);
    const auto refused = testing::answered(client.Get("/api/summary", vera));
    EXPECT_EQ(refused->status, 429);
    EXPECT_EQ(refused->get_header_value("Retry-After"), "1");
    EXPECT_EQ(testing::answered(client.Get("/api/summary", otto))->status, 200);
    EXPECT_EQ(testing::answered(client.Get("/livez"))->status, 200);
}

TEST_F(AccessApiTest, GuessingPasswordsIsSlow) {
    add_people();
    const json wrong{{"name", "vera"}, {"password", "wrong wrong"}};
    for (int i = 0; i < 10; ++i) EXPECT_EQ(status("post", "/api/login", {}, wrong), 401);
    EXPECT_EQ(status("post", "/api/login", {}, wrong), 429);
    EXPECT_EQ(status("post", "/api/login", {}, {{"name", "vera"}, {"password", kPassword}}), 429);
}

TEST_F(AccessApiTest, WhatIsChangedIsInTheAuditLog) {
    add_people();
    const auto owner = as("olga");
    EXPECT_EQ(status("put", "/api/operators/vera", owner, {{"role", "operator"}}), 204);
    EXPECT_EQ(status("delete", "/api/operators/olga", owner), 400) << "the last owner";
    const auto token = send("post", "/api/tokens", owner,
                            {{"owner", "vera"}, {"scope", "viewer"}, {"label", "x"}, {"days", 3}});
    EXPECT_EQ(token->status, 200);
    const json log = json::parse(send("get", "/api/audit?limit=4", owner)->body)["entries"];
    ASSERT_EQ(log.size(), 4U);
    EXPECT_EQ(log[0]["action"], "operator.role");
    EXPECT_THAT(log[0]["actor"].get<std::string>(), HasSubstr("olga (token"));
    EXPECT_EQ(log[1]["action"], "operator.remove");
    EXPECT_EQ(log[2]["action"], "operator.remove.refused");
    EXPECT_EQ(log[3]["action"], "token.add");
    EXPECT_EQ(json(log).dump().find(json::parse(token->body)["secret"].get<std::string>()),
              std::string::npos);
    EXPECT_FALSE(verify_audit_log(audit_file()).fault);
}

TEST_F(AccessApiTest, WrongBodiesAreToldWhatIsRight) {
    const json cases[] = {
        json::array(), {{"name", 3}}, {{"name", "x"}, {"role", "king"}, {"password", kPassword}}};
    for (const json& body : cases)
        EXPECT_EQ(status("post", "/api/operators", {}, body), 400) << body;
    EXPECT_EQ(status("post", "/api/tokens", {},
                     {{"owner", "x"}, {"scope", "viewer"}, {"label", ""}, {"days", 0}}),
              400);
}

}  // namespace
}  // namespace ganglion::fleet
