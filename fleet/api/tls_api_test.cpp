// The API over TLS, asked by the clients that people use.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "fleet/api/access_routes.hpp"
#include "fleet/client/api_client.hpp"
#include "fleet/client/follower.hpp"
#include "fleet/pki/pki.hpp"
#include "fleet/testing/http_api_fixture.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class TlsApiTest : public testing::HttpApiTest {
  protected:
    TlsApiTest() {
        write_identity(directory_.path(), "api", pki_.issue_broker("fleet.example.org"));
        start({.certificate = file("api.pem"), .key = file("api.key")});
    }

    ~TlsApiTest() override { api_.reset(); }

    std::filesystem::path file(const std::string& name) const { return directory_.path() / name; }

    void start(const FrontConfig& front) {
        api_.reset();
        HttpApi::Config with_front = config(page());
        with_front.front = front;
        std::vector<Tenant> tenants = alone(followed_);
        for (Route& route : access_routes(access_, audit_, log_ins_, file("audit.jsonl")))
            tenants.front().routes.push_back(std::move(route));
        api_ = std::make_unique<HttpApi>(std::move(tenants), with_front);
    }

    ApiAddress address(const std::string& host = "https://127.0.0.1") const {
        return {.host = host, .port = api_->port(), .tls_ca = pki_.ca_file()};
    }

    Pki pki_ = Pki::create(directory_.path() / "pki");
    AuditLog audit_{directory_.path() / "audit.jsonl"};
    RateLimit log_ins_{10, 10};
    EventStream followed_{store_};  // the end of an API ends its streams
};

TEST_F(TlsApiTest, AClientThatChecksTheCertificateIsAnswered) {
    EXPECT_EQ(call_api(address(), "get", "/api/devices"), nlohmann::json::array());
    EXPECT_EQ(api_->url(), "https://127.0.0.1:" + std::to_string(api_->port()) + "/");
}

TEST_F(TlsApiTest, AClientDoesNotSpeakWithAServerOfAnotherAuthorityOrName) {
    const Pki other = Pki::create(file("other"));
    ApiAddress stranger = address();
    stranger.tls_ca = other.ca_file();
    EXPECT_THAT([&] { call_api(stranger, "get", "/api/devices"); },
                ThrowsMessage<std::runtime_error>(HasSubstr("--tls-ca")));
    stranger.tls_ca.clear();
    EXPECT_THAT([&] { call_api(stranger, "get", "/api/devices"); },
                ThrowsMessage<std::runtime_error>(HasSubstr("does not trust")));
    write_identity(directory_.path(), "node", pki_.issue_node("fleet.example.org"));
    start({.certificate = file("node.pem"), .key = file("node.key")});
    EXPECT_THAT([&] { call_api(address(), "get", "/api/devices"); },
                ThrowsMessage<std::runtime_error>(HasSubstr("not for that host")));
    EXPECT_EQ(api_->url(), "https://fleet.example.org:" + std::to_string(api_->port()) + "/");
}

TEST_F(TlsApiTest, ANewCertificateIsShownToNewConnectionsWithoutAStart) {
    EXPECT_EQ(call_api(address(), "get", "/api/devices"), nlohmann::json::array());
    // Of another authority, one file after the other.
    Pki other = Pki::create(file("other"));
    const Identity renewed = other.issue_broker("fleet.example.org");
    write_private_file(file("api.pem"), renewed.cert_pem);
    EXPECT_EQ(call_api(address(), "get", "/api/devices"), nlohmann::json::array());
    EXPECT_TRUE(log_.contains("goes on with the certificate before"));
    write_private_file(file("api.key"), renewed.key_pem);
    ApiAddress again = address();
    EXPECT_THAT([&] { call_api(again, "get", "/api/devices"); },
                ThrowsMessage<std::runtime_error>(HasSubstr("does not trust")));
    again.tls_ca = other.ca_file();
    EXPECT_EQ(call_api(again, "get", "/api/devices"), nlohmann::json::array());
    EXPECT_TRUE(log_.contains("shows the new certificate"));
}

TEST_F(TlsApiTest, ThoseThatLeadToTheAuthorityAreShownToo) {
    const Key middle_key = new_key(), key = new_key();
    const Certificate middle = new_certificate(middle_key.get(), "middle", Purpose::authority,
                                               nullptr, middle_key.get(), 1);
    const Certificate own = new_certificate(key.get(), "fleet.example.org", Purpose::broker,
                                            middle.get(), middle_key.get(), 1);
    write_private_file(file("chain.pem"), to_pem(own.get()) + to_pem(middle.get()));
    write_private_file(file("chain.key"), to_pem(key.get()));
    start({.certificate = file("chain.pem"), .key = file("chain.key")});
    httplib::SSLClient client("127.0.0.1", api_->port());
    client.enable_server_certificate_verification(false);
    int shown = 0;
    SSL_CTX_set_verify(client.ssl_context(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(
        client.ssl_context(),
        [](X509_STORE_CTX* store, void* count) {
            *static_cast<int*>(count) = sk_X509_num(X509_STORE_CTX_get0_untrusted(store));
            return 1;
        },
        &shown);
    EXPECT_TRUE(client.Get("/livez"));
    EXPECT_EQ(shown, 2);
}

TEST_F(TlsApiTest, PlainHttpAndOldTlsAreNotAnswered) {
    EXPECT_FALSE(testing::patient_client(api_->port()).Get("/api/devices"));
    httplib::SSLClient old("127.0.0.1", api_->port());
    old.enable_server_certificate_verification(false);
    EXPECT_TRUE(old.Get("/api/devices"));
    httplib::SSLClient older("127.0.0.1", api_->port());
    older.enable_server_certificate_verification(false);
    SSL_CTX_set_security_level(older.ssl_context(), 0);
    SSL_CTX_set_max_proto_version(older.ssl_context(), TLS1_1_VERSION);
    EXPECT_FALSE(older.Get("/api/devices"));
}

TEST_F(TlsApiTest, BrowsersKeepToTlsAndSendTheCookieThereAlone) {
    access_.add_operator("ada", Role::owner, "correct horse");
    httplib::SSLClient browser("127.0.0.1", api_->port());
    browser.set_ca_cert_path(pki_.ca_file().string());
    const std::string own = "https://127.0.0.1:" + std::to_string(api_->port());
    const auto log_in = [&](const std::string& origin) {
        return testing::answered(browser.Post("/api/login", {{"Origin", origin}},
                                              R"({"name":"ada","password":"correct horse"})",
                                              "application/json"));
    };
    const auto in = log_in(own);
    EXPECT_EQ(in->status, 204) << in->body;
    EXPECT_THAT(in->get_header_value("Set-Cookie"), HasSubstr("; Secure"));
    EXPECT_THAT(in->get_header_value("Strict-Transport-Security"), HasSubstr("max-age="));
    EXPECT_EQ(log_in("http" + own.substr(5))->status, 403) << "a page that came in the clear";
    const auto host = [&](const std::string& name) {
        return testing::answered(browser.Get("/livez", {{"Host", name}}))->status;
    };
    EXPECT_EQ(host("fleet.example.org:8042"), 200) << "the certificate's own name";
    EXPECT_EQ(host("evil.example"), 403);
    // The command line's way in.
    ApiAddress client = address();
    client.token = fleet::log_in(address(), "ada", "correct horse");
    EXPECT_EQ(call_api(client, "get", "/api/me").at("name"), "ada");
}

TEST_F(TlsApiTest, AFollowerHearsEventsOverTls) {
    commit_events(1, 3);
    std::atomic<bool> stop = false;
    std::atomic<int> heard = 0;
    std::thread following([&] {
        follow(address(), 0,
               {[&](const nlohmann::json&) { ++heard; }, [](const nlohmann::json&) {},
                [](const std::string& why) { ADD_FAILURE() << why; }},
               stop);
    });
    EXPECT_TRUE(testing::eventually([&] { return heard == 3; }));
    followed_.publish(store_.commit(std::vector{testing::events({testing::event(1, 4)})}));
    EXPECT_TRUE(testing::eventually([&] { return heard == 4; }));
    stop = true;
    following.join();
}

TEST_F(TlsApiTest, WhatCannotBeUsedIsSaidBeforeItListens) {
    const auto front = [](const FrontConfig& config) { const Front unused(config); };
    EXPECT_THAT([&] { front({.certificate = file("api.pem")}); },
                ThrowsMessage<std::runtime_error>(HasSubstr("give both")));
    EXPECT_THAT([&] { front({.certificate = file("none.pem"), .key = file("api.key")}); },
                ThrowsMessage<std::runtime_error>(HasSubstr("none.pem")));
    write_identity(directory_.path(), "other", pki_.issue_broker("other.example.org"));
    EXPECT_THAT([&] { front({.certificate = file("api.pem"), .key = file("other.key")}); },
                ThrowsMessage<std::runtime_error>(HasSubstr("is not the key of")));
}

TEST(Front, OthersReachItByTlsAlone) {
    for (const char* listen : {"0.0.0.0", "192.0.2.7", "::", "fleet.example.org"}) {
        EXPECT_THAT([&] { const Front front({.listen = listen}); },
                    ThrowsMessage<std::runtime_error>(HasSubstr("in the clear")))
            << listen;
    }
    for (const char* listen : {"127.0.0.1", "127.1.2.3", "localhost", "::1"})
        EXPECT_NO_THROW(const Front front({.listen = listen})) << listen;
    EXPECT_NO_THROW(const Front front({.listen = "0.0.0.0", .proxied_as = "fleet.example.org"}));
}

TEST(Front, ThisMachineIsWhoConnectsFromItAndNotAProxy) {
    httplib::Request request;
    request.remote_addr = "127.0.0.1";
    EXPECT_TRUE(Front({}).is_from_this_machine(request));
    EXPECT_FALSE(Front({.proxied_as = "fleet.example.org"}).is_from_this_machine(request));
    request.remote_addr = "192.0.2.7";
    EXPECT_FALSE(Front({}).is_from_this_machine(request));
}

TEST_F(TlsApiTest, BehindAProxyNobodyIsOwnerForWantOfOperators) {
    start({.proxied_as = "fleet.example.org"});
    EXPECT_EQ(get("/api/devices")->status, 401);
    EXPECT_EQ(get("/livez", {{"Host", "fleet.example.org"}})->status, 200);
    EXPECT_EQ(get("/livez", {{"Host", "evil.example"}})->status, 403);
    access_.add_operator("ada", Role::owner, "correct horse");
    httplib::Client client = testing::patient_client(api_->port());
    const auto log_in = [&](const httplib::Headers& headers) {
        return testing::answered(client.Post("/api/login", headers,
                                             R"({"name":"ada","password":"correct horse"})",
                                             "application/json"));
    };
    const auto in = log_in({{"Origin", "https://fleet.example.org"}});
    EXPECT_EQ(in->status, 204) << in->body;
    EXPECT_THAT(in->get_header_value("Set-Cookie"), HasSubstr("; Secure"));
    EXPECT_EQ(log_in({{"Origin", "https://evil.example"}})->status, 403);
}

}  // namespace
}  // namespace ganglion::fleet
