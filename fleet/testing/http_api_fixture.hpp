#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "fleet/api/fleet_routes.hpp"
#include "fleet/api/http_api.hpp"
#include "fleet/base/files.hpp"
#include "fleet/store/sqlite_store.hpp"
#include "fleet/testing/http.hpp"
#include "fleet/testing/log_lines.hpp"
#include "fleet/testing/store_messages.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet::testing {

/// The API over a store of its own, with a page.
class HttpApiTest : public ::testing::Test {
  protected:
    HttpApiTest() {
        write_private_file(directory_.path() / "dashboard.html", "");
        create_private_directory(page());
        write_private_file(page() / "index.html", "<!doctype html>the page");
        write_private_file(page() / "app.js", "const page = true;");
        write_private_file(directory_.path() / "secret", "keys");
        api_ = std::make_unique<HttpApi>(alone(stream_), config(page()));
    }

    HttpApi::Config config(const std::filesystem::path& dashboard, uint16_t port = 0) {
        return {port, dashboard, [this] { return fault_; }, log_.log()};
    }
    std::vector<Tenant> alone(EventStream& stream) {
        return {{"", fleet_routes(store_, stream), access_, stream, [] {
                     return std::vector<Metric>{{"ganglion_up", "Up.", "gauge", {{"", 1}}}};
                 }}};
    }

    std::filesystem::path page() const { return directory_.path() / "page"; }
    std::filesystem::path database() const { return directory_.path() / "fleet.db"; }

    httplib::Result get(const std::string& path, const httplib::Headers& headers = {}) {
        httplib::Client client = patient_client(api_->port());
        client.set_url_encode(false);
        return answered(client.Get(path, headers));
    }
    nlohmann::json get_json(const std::string& path, int status = 200) {
        const auto result = get(path);
        EXPECT_EQ(result->status, status) << path;
        EXPECT_EQ(result->get_header_value("Content-Type"), "application/json") << path;
        return nlohmann::json::parse(result->body);
    }

    /// As ingestion does: first the store, then the stream.
    void commit(const std::vector<Message>& messages) { stream_.publish(store_.commit(messages)); }

    void commit_events(uint32_t first, uint32_t last, const std::string& device = "speaker") {
        EventsMessage content{5000, 1, {}};
        for (uint32_t sequence = first; sequence <= last; ++sequence) {
            content.events.push_back({1, sequence, 5000, 0, "alexa", 900, 320, {}, {}});
        }
        commit({{device, kNoon, content}});
    }

    TemporaryDirectory directory_;
    LogLines log_;
    SqliteStore store_{database()};
    Access access_{directory_.path() / "access.db"};
    EventStream stream_{store_};
    std::optional<std::string> fault_;
    std::unique_ptr<HttpApi> api_;
};

}  // namespace ganglion::fleet::testing
