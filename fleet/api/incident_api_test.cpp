#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/api/http_api.hpp"
#include "fleet/api/incident_routes.hpp"
#include "fleet/store/sqlite_store.hpp"
#include "fleet/testing/http.hpp"
#include "fleet/testing/json_schema.hpp"
#include "fleet/testing/log_lines.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class IncidentApiTest : public ::testing::Test {
  protected:
    IncidentApiTest()
        : routes_(incident_routes(incidents_, audit_)),
          api_({{"", routes_, access_, stream_, [] { return std::vector<Metric>{}; }}},
               HttpApi::Config{0, directory_.path() / "absent", [] { return std::nullopt; },
                               log_.log()}) {}

    httplib::Client client() { return testing::patient_client(api_.port()); }
    int post(const std::string& path, const json& body) {
        return testing::answered(
                   client().Post(path, body.is_null() ? "" : body.dump(), "application/json"))
            ->status;
    }
    int put(const std::string& path, const json& body) {
        return testing::answered(client().Put(path, body.dump(), "application/json"))->status;
    }
    int remove(const std::string& path) { return testing::answered(client().Delete(path))->status; }
    json answer(const std::string& path, const std::string& route) {
        const auto result = testing::answered(client().Get(path));
        EXPECT_EQ(result->status, 200) << result->body;
        json value = json::parse(result->body);
        for (const Route& known : routes_) {
            if (known.path == route && known.method == "get") {
                EXPECT_EQ(testing::fault_against(known.answer, value), "");
            }
        }
        return value;
    }

    testing::TemporaryDirectory directory_;
    testing::LogLines log_;
    SqliteStore store_{directory_.path() / "fleet.db"};
    Access access_{directory_.path() / "access.db"};
    AuditLog audit_{directory_.path() / "audit.jsonl"};
    EventStream stream_{store_};
    Incidents incidents_{directory_.path() / "incidents.db", nullptr};
    Routes routes_;
    HttpApi api_;
};

TEST_F(IncidentApiTest, an_incident_is_shown_acknowledged_and_resolved) {
    incidents_.observe({1000, {{"fault", "motor", "", Severity::critical, "stuck", 900}}, {}, {}});
    const json list = answer("/api/incidents", "/api/incidents");
    ASSERT_EQ(list.size(), 1U);
    const std::string path = "/api/incidents/" + list[0].at("id").dump();
    EXPECT_EQ(post(path + "/acknowledge", nullptr), 204);
    json shown = answer(path, "/api/incidents/{id}");
    EXPECT_NE(shown["incident"]["acknowledged_by"], "");
    EXPECT_EQ(shown["members"][0]["subject"], "motor");
    EXPECT_EQ(post(path + "/resolve", nullptr), 204);
    EXPECT_EQ(post(path + "/resolve", nullptr), 404) << "once";
    EXPECT_EQ(answer("/api/incidents", "/api/incidents").size(), 0U);
    EXPECT_EQ(answer("/api/incidents?state=all", "/api/incidents").size(), 1U);
    EXPECT_GE(audit_.head().entries, 2U);
}

TEST_F(IncidentApiTest, a_channels_secret_and_address_are_shown_to_nobody) {
    EXPECT_EQ(put("/api/channels/hook", {{"kind", "webhook"},
                                         {"url", "https://chat.example.org/hook/k3y"},
                                         {"secret", "s3cret"},
                                         {"least", "critical"},
                                         {"after_minutes", 15}}),
              204);
    const json list = answer("/api/channels", "/api/channels");
    EXPECT_EQ(list[0]["after_minutes"], 15);
    EXPECT_THAT(list.dump(), Not(HasSubstr("k3y")));
    EXPECT_THAT(list.dump(), Not(HasSubstr("s3cret")));
    for (const json& entry : read_audit_log(directory_.path() / "audit.jsonl", 10)) {
        EXPECT_THAT(entry.dump(), Not(HasSubstr("s3cret")));
        EXPECT_THAT(entry.dump(), Not(HasSubstr("k3y")));
    }
    EXPECT_EQ(post("/api/channels/hook/test", nullptr), 204);
    EXPECT_EQ(post("/api/channels/nobody/test", nullptr), 404);
    EXPECT_EQ(incidents_.waiting(), 1U);
    EXPECT_EQ(remove("/api/channels/hook"), 204);
}

TEST_F(IncidentApiTest, channels_that_could_do_harm_are_refused) {
    json mail = {{"kind", "email"}, {"url", "smtp://127.0.0.1:25"},
                 {"to", "a@b"},     {"sender", "f@b"},
                 {"least", "info"}, {"after_minutes", 0}};
    EXPECT_EQ(put("/api/channels/desk", mail), 204);
    for (const auto& [name, value] :
         std::vector<std::pair<std::string, json>>{{"url", "file:///etc/passwd"},
                                                   {"url", "http://127.0.0.1/"},
                                                   {"sender", "f@b\r\nBcc: eve"},
                                                   {"sender", "<f@b> eve"},
                                                   {"to", ""},
                                                   {"kind", "pigeon"},
                                                   {"least", "awful"},
                                                   {"after_minutes", -1}}) {
        json odd = mail;
        odd[name] = value;
        EXPECT_EQ(put("/api/channels/desk", odd), 400) << name << " " << value;
    }
}

TEST_F(IncidentApiTest, silences_and_rules_come_and_go) {
    EXPECT_EQ(post("/api/silences", {{"kind", ""}, {"scope", ""}, {"minutes", 5}, {"reason", "x"}}),
              400);
    EXPECT_EQ(post("/api/silences",
                   {{"kind", ""}, {"scope", "site:north"}, {"minutes", 5}, {"reason", "repair"}}),
              200);
    const json silences = answer("/api/silences", "/api/silences");
    ASSERT_EQ(silences.size(), 1U);
    EXPECT_EQ(remove("/api/silences/" + silences[0]["id"].dump()), 204);
    EXPECT_EQ(answer("/api/silences", "/api/silences").size(), 0U);
    EXPECT_EQ(post("/api/alarm-rules", {{"label", "fall"}, {"severity", "critical"}}), 204);
    EXPECT_EQ(answer("/api/alarm-rules", "/api/alarm-rules")[0]["label"], "fall");
    EXPECT_EQ(remove("/api/alarm-rules/fall"), 204);
    EXPECT_EQ(remove("/api/alarm-rules/fall"), 404);
}

}  // namespace
}  // namespace ganglion::fleet
