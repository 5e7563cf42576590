#include "fleet/release/object_relay.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "fleet/testing/http.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet {
namespace {

using testing::TemporaryDirectory;

/// The fleet's server, as far as the relay sees it.
struct Upstream {
    std::map<std::string, std::string> objects;
    std::atomic<int> asked = 0;
    httplib::Server server;
    int port = 0;
    std::thread thread;

    Upstream() {
        server.Get(R"(/api/objects/(\w+))", [this](const auto& request, auto& response) {
            ++asked;
            const auto found = objects.find(request.matches[1]);
            if (found == objects.end()) return void(response.status = 404);
            response.set_content(found->second, "application/octet-stream");
        });
        port = server.bind_to_any_port("127.0.0.1");
        thread = std::thread([this] { server.listen_after_bind(); });
        while (!server.is_running()) std::this_thread::yield();
    }
    ~Upstream() {
        server.stop();
        thread.join();
    }
    std::string add(const std::string& bytes) {
        return objects.emplace(sha256_hex(bytes), bytes).first->first;
    }
};

struct RelayTest : ::testing::Test {
    TemporaryDirectory directory;
    std::unique_ptr<Upstream> upstream = std::make_unique<Upstream>();

    ObjectRelay::Config config(uint64_t most_bytes = 1 << 20) const {
        return {.upstream = {"127.0.0.1", static_cast<uint16_t>(upstream->port), ""},
                .directory = directory.path(),
                .port = 0,
                .most_bytes = most_bytes};
    }
    static httplib::Result get(const ObjectRelay& relay, const std::string& digest,
                               const httplib::Headers& headers = {}) {
        return testing::answered(
            testing::patient_client(relay.port()).Get("/api/objects/" + digest, headers));
    }
};

TEST_F(RelayTest, each_part_is_fetched_once_and_then_served_while_the_server_is_away) {
    const std::string body(5000, 'x');
    const std::string digest = upstream->add(body);
    {
        ObjectRelay relay(config());
        for (int i = 0; i < 3; ++i) EXPECT_EQ(get(relay, digest)->body, body);
        EXPECT_EQ(upstream->asked, 1);
        const auto part = get(relay, digest, {httplib::make_range_header({{1000, 1999}})});
        EXPECT_EQ(part->status, 206);
        EXPECT_EQ(part->body, body.substr(1000, 1000));
        EXPECT_EQ(part->get_header_value("Content-Range"), "bytes 1000-1999/5000");
        EXPECT_EQ(relay.fetched(), 1U);
        EXPECT_EQ(get(relay, std::string(64, '0'))->status, 404);
    }
    const auto same = config();
    upstream.reset();
    ObjectRelay again(same);
    EXPECT_EQ(get(again, digest)->body, body);
    EXPECT_EQ(get(again, sha256_hex("unknown"))->status, 502);
}

TEST_F(RelayTest, other_bytes_than_the_digests_are_not_served) {
    const std::string digest = sha256_hex("right");
    upstream->objects[digest] = "wrong";
    ObjectRelay relay(config());
    EXPECT_EQ(get(relay, digest)->status, 502);
    upstream->objects[digest] = "right";
    EXPECT_EQ(get(relay, digest)->body, "right");
    std::ofstream(directory.path() / digest.substr(0, 2) / digest.substr(2)) << "damaged";
    EXPECT_EQ(get(relay, digest)->body, "right");
    EXPECT_EQ(relay.fetched(), 2U);
}

TEST_F(RelayTest, keeps_within_its_bytes) {
    ObjectRelay relay(config(2500));
    std::vector<std::string> digests;
    for (char c : {'a', 'b', 'c'}) {
        digests.push_back(upstream->add(std::string(1000, c)));
        get(relay, digests.back());
    }
    EXPECT_EQ(relay.fetched(), 3U);
    EXPECT_EQ(get(relay, digests[2])->status, 200);
    EXPECT_EQ(get(relay, digests[1])->status, 200);
    EXPECT_EQ(relay.fetched(), 3U);
    EXPECT_EQ(get(relay, digests[0])->status, 200);
    EXPECT_EQ(relay.fetched(), 4U);  // the oldest had gone
}

}  // namespace
}  // namespace ganglion::fleet
