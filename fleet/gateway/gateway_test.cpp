#include "fleet/gateway/gateway.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <random>

#include "fleet/base/port.hpp"
#include "fleet/server/server.hpp"
#include "fleet/testing/temporary_directory.hpp"
#include "fleet/testing/wait.hpp"

/// Aborts where a line breaks a promise (line_fuzz.cpp).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace ganglion::fleet {
namespace {

using ::testing::ElementsAre;
using testing::eventually;
using ::testing::HasSubstr;
using testing::TemporaryDirectory;

std::string line_of(const std::string& device, uint64_t number, const std::string& label = "hot") {
    return R"({"device":")" + device + R"(","number":)" + std::to_string(number) + R"(,"label":")" +
           label + R"(","score":870})";
}

std::string fault_of(const std::string& line) {
    const auto parsed = parse_line(line);
    const auto* fault = std::get_if<std::string>(&parsed);
    return fault == nullptr ? "" : *fault;
}

TEST(GatewayLine, IsReadOrRefusedWithAReason) {
    const auto parsed = parse_line(R"({"device":"press-3","label":"hot","score":7,"sample":9})");
    const auto& event = std::get<LineEvent>(parsed);
    EXPECT_EQ(event.device, "press-3");
    EXPECT_FALSE(event.number);
    EXPECT_EQ(event.score_permille, 7);
    EXPECT_EQ(event.sample, 9U);
    EXPECT_EQ(fault_of(line_of("press-3", 1)), "");
    EXPECT_THAT(fault_of("hot"), HasSubstr("no JSON"));
    EXPECT_THAT(fault_of(line_of(".", 1)), HasSubstr("no id"));
    EXPECT_THAT(fault_of(line_of("press-3", 0)), HasSubstr("number"));
    EXPECT_THAT(fault_of(line_of("press-3", 1, "a label of 16 by")), HasSubstr("label"));
    EXPECT_THAT(fault_of(line_of("press-3", 1, "\\u0000")), HasSubstr("label"));
    EXPECT_THAT(fault_of(line_of("press-3", 1, "\xff")), HasSubstr("no JSON"));
    EXPECT_THAT(fault_of(R"({"device":"a","label":"b","score":1001})"), HasSubstr("score"));
    EXPECT_THAT(fault_of(R"({"device":"a","label":"b","sample":-1})"), HasSubstr("sample"));
    EXPECT_THAT(fault_of(std::string(600, ' ')), HasSubstr("longer"));
    EXPECT_THAT(fault_of(std::string(500, '[')), HasSubstr("no JSON"));
}

TEST(GatewayLine, NothingThatComesBreaksIt) {
    std::mt19937 random(7);
    for (int i = 0; i < 20'000; ++i) {
        std::string line = line_of("press-3", 17);
        for (int change = 0; change < 3; ++change)
            line[random() % line.size()] = static_cast<char>(random());
        LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(line.data()), line.size());
    }
}

std::vector<uint32_t> sequences(const std::vector<Event>& events) {
    std::vector<uint32_t> found;
    found.reserve(events.size());
    for (const Event& event : events) found.push_back(event.sequence);
    return found;
}

TEST(GatewaySpool, KeepsWhatItTookOnceThroughAnEndAndDropsTheOldest) {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "spool.db";
    const auto event = [](const std::string& device, uint64_t number) {
        return LineEvent{device, number, "hot", 1, 0};
    };
    uint32_t boot = 0;
    {
        Spool spool(file, 4);
        boot = spool.boot();
        spool.take(std::vector{event("a", 1), event("b", 1), event("a", 2)});
        spool.take(std::vector{event("a", 2), event("a", 3)});
        EXPECT_EQ(spool.waiting(), 4U);
        EXPECT_THAT(sequences(spool.oldest("a", 9)), ElementsAre(1, 2, 3));
    }
    Spool spool(file, 4);
    EXPECT_EQ(spool.boot(), boot);
    EXPECT_EQ(spool.waiting(), 4U);
    spool.take(std::vector{event("a", 3), event("a", 4), event("b", 2)});
    EXPECT_EQ(spool.waiting(), 4U) << "the two oldest went";
    EXPECT_THAT(sequences(spool.oldest("a", 2)), ElementsAre(2, 3));
    EXPECT_THAT(sequences(spool.oldest("b", 9)), ElementsAre(2));
    spool.acknowledge("a", 3);
    EXPECT_THAT(sequences(spool.oldest("a", 9)), ElementsAre(4));
    EXPECT_EQ(spool.waiting(), 2U);
}

/// Sends lines to a file and reads as many answers.
std::vector<std::string> talk(int file, const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    EXPECT_EQ(::write(file, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    std::vector<std::string> answers(1);
    for (char letter = 0; answers.size() <= lines.size() && ::read(file, &letter, 1) == 1;)
        letter == '\n' ? void(answers.emplace_back()) : answers.back().push_back(letter);
    answers.pop_back();
    return answers;
}

int connect_to(uint16_t port) {
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(port);
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int file = ::socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(::connect(file, reinterpret_cast<const sockaddr*>(&place), sizeof place), 0);
    return file;
}

TEST(GatewayLines, EndsWithOneWhoDoesNotReadItsAnswers) {
    // Larger than any socket's buffer, so that it cannot be taken at once.
    const LinesIn lines(
        {}, [](const auto&) { return std::vector{std::string(1 << 26, 'x')}; }, [](auto&&...) {});
    const int file = connect_to(lines.port());
    ASSERT_EQ(::write(file, "a\n", 2), 2);
    std::string heard(1 << 20, ' ');
    size_t all = 0;
    ssize_t size = 0;
    while ((size = ::read(file, heard.data(), heard.size())) > 0) all += static_cast<size_t>(size);
    EXPECT_LT(all, size_t{1} << 26) << "no half of an answer goes before another";
    ::close(file);
}

/// As `ganglion device enrol` leaves it.
void put_identity(Pki& pki, const std::string& id, const std::filesystem::path& identities) {
    pki.issue_device(id);
    create_private_directory(identities / id);
    write_private_file(identities / id / "ca.pem", read_file(pki.ca_file()));
    write_private_file(identities / id / "device.pem",
                       read_file(pki.certificate_file("devices/" + id)) +
                           read_file(pki.key_file("devices/" + id)));
}

TEST(GatewayPath, LinesFromTcpAndSerialReachTheStoreOnceThroughOutagesAndKills) {
    const TemporaryDirectory directory;
    ServerConfig server_config;
    server_config.state_dir = directory.path() / "server";
    server_config.log = [](std::string_view) {};
    std::optional<Server> server(std::in_place, server_config);
    server->start();
    for (const char* id : {"press", "oven"})
        put_identity(server->pki(), id, directory.path() / "identities");

    // A pseudo-terminal stands for a serial line: what is at its other end cannot tell.
    const int line = ::posix_openpt(O_RDWR | O_NOCTTY);
    ASSERT_TRUE(line >= 0 && ::grantpt(line) == 0 && ::unlockpt(line) == 0);
    termios raw{};
    ::tcgetattr(line, &raw);
    ::cfmakeraw(&raw);
    ::tcsetattr(line, TCSANOW, &raw);
    GatewayConfig config;
    config.state_dir = directory.path() / "gateway";
    config.identities = directory.path() / "identities";
    config.brokers = {{loopback, server->mqtt_port()}};
    config.lines.serial = {::ptsname(line)};
    config.log = [](std::string_view) {};
    std::optional<Gateway> gateway(std::in_place, config);
    int tcp = connect_to(gateway->port());

    EXPECT_THAT(talk(tcp, {line_of("press", 1), "nonsense", line_of("stranger", 1)}),
                ElementsAre("ok 1", HasSubstr("error no JSON"), HasSubstr("no identity")));
    EXPECT_THAT(talk(line, {line_of("oven", 1)}), ElementsAre("ok 1"));
    EXPECT_TRUE(eventually([&] { return gateway->waiting() == 0; }));
    const auto stored = [&](const char* id) {
        const auto device = server->store().device(id);
        return device ? device->events : 0;
    };
    EXPECT_EQ(stored("press"), 1U);
    EXPECT_EQ(stored("oven"), 1U);
    EXPECT_TRUE(server->store().device("press")->online);

    // The server is away; meanwhile the gateway ends too, and a device did not get its answer.
    server.reset();
    std::vector<std::string> more;
    for (uint64_t number = 2; number <= 300; ++number) more.push_back(line_of("press", number));
    EXPECT_EQ(talk(tcp, more).back(), "ok 300");
    EXPECT_THAT(talk(line, {line_of("oven", 2)}), ElementsAre("ok 2"));
    ::close(tcp);
    gateway.reset();
    gateway.emplace(config);
    EXPECT_EQ(gateway->waiting(), 300U);
    tcp = connect_to(gateway->port());
    EXPECT_THAT(talk(tcp, {line_of("press", 300), line_of("press", 301)}),
                ElementsAre("ok 300", "ok 301"));
    server.emplace(server_config);
    server->start();
    EXPECT_TRUE(eventually([&] { return gateway->waiting() == 0; }));
    EXPECT_EQ(stored("press"), 301U);
    EXPECT_EQ(stored("oven"), 2U);
    EXPECT_TRUE(server->store().gaps({}).empty());
    ::close(tcp);
    ::close(line);
}

TEST(GatewayPath, WhatDidNotFitTheDiskIsInTheGapLedger) {
    const TemporaryDirectory directory;
    ServerConfig server_config;
    server_config.state_dir = directory.path() / "server";
    server_config.log = [](std::string_view) {};
    std::optional<Server> server(std::in_place, server_config);
    server->start();
    put_identity(server->pki(), "press", directory.path() / "identities");
    GatewayConfig config;
    config.state_dir = directory.path() / "gateway";
    config.identities = directory.path() / "identities";
    config.brokers = {{loopback, server->mqtt_port()}};
    config.most_events = 50;
    config.log = [](std::string_view) {};
    server.reset();
    Gateway gateway(config);
    const int tcp = connect_to(gateway.port());
    std::vector<std::string> lines;
    for (uint64_t number = 1; number <= 120; ++number) lines.push_back(line_of("press", number));
    EXPECT_EQ(talk(tcp, lines).back(), "ok 120");
    EXPECT_EQ(gateway.waiting(), 50U);
    server.emplace(server_config);
    server->start();
    EXPECT_TRUE(eventually([&] { return gateway.waiting() == 0; }));
    EXPECT_EQ(server->store().device("press")->events, 50U);
    const auto gaps = server->store().gaps({});
    ASSERT_EQ(gaps.size(), 1U);
    EXPECT_EQ(gaps[0].first, 1U);
    EXPECT_EQ(gaps[0].last, 70U);
    ::close(tcp);
}

TEST(GatewayPath, DaysWithoutTheServerStayWithinTheDiskAndKeepTheirTimes) {
    const TemporaryDirectory directory;
    ServerConfig server_config;
    server_config.state_dir = directory.path() / "server";
    server_config.log = [](std::string_view) {};
    std::optional<Server> server(std::in_place, server_config);
    server->start();
    put_identity(server->pki(), "press", directory.path() / "identities");
    constexpr int64_t every_ms = 60'000, week_ms = int64_t{7} * 24 * 3600 * 1000;
    constexpr uint64_t all = week_ms / every_ms, kept = 2000;
    GatewayConfig config;
    config.state_dir = directory.path() / "gateway";
    config.identities = directory.path() / "identities";
    config.brokers = {{loopback, server->mqtt_port()}};
    config.most_events = kept;
    config.log = [](std::string_view) {};
    std::atomic<int64_t> gateway_ms{now_ms() - week_ms};
    config.clock = [&] { return gateway_ms.load(); };
    server.reset();
    std::optional<Gateway> gateway(std::in_place, config);
    uint64_t most_bytes = 0;
    int tcp = connect_to(gateway->port());
    for (uint64_t number = 1; number <= all; ++number) {
        gateway_ms += every_ms;
        ASSERT_THAT(talk(tcp, {line_of("press", number)}),
                    ElementsAre("ok " + std::to_string(number)));
        if (number % 2000 != 0) continue;
        uint64_t bytes = 0;
        for (const auto& file : std::filesystem::directory_iterator(config.state_dir))
            bytes += file.file_size();
        most_bytes = std::max(most_bytes, bytes);
        ::close(tcp);
        gateway.reset();
        gateway.emplace(config);
        tcp = connect_to(gateway->port());
    }
    EXPECT_LT(most_bytes, 8U << 20) << "SQLite's log keeps up to 4 MB";
    EXPECT_EQ(gateway->waiting(), kept);
    const int64_t back_ms = now_ms();
    server.emplace(server_config);
    server->start();
    EXPECT_TRUE(eventually([&] { return gateway->waiting() == 0; }));
    EXPECT_EQ(server->store().device("press")->events, kept);
    const auto gaps = server->store().gaps({});
    ASSERT_EQ(gaps.size(), 1U);
    EXPECT_EQ(gaps[0].first, 1U);
    EXPECT_EQ(gaps[0].last, all - kept);
    const auto events = server->store().events({"press", int64_t{0}, {}, 10});
    ASSERT_FALSE(events.empty());
    EXPECT_EQ(events[0].event.sequence, all - kept + 1);
    const int64_t age_ms = back_ms - events[0].time_ms;
    const auto expected_ms = static_cast<int64_t>(kept - 1) * every_ms;
    EXPECT_NEAR(static_cast<double>(age_ms), static_cast<double>(expected_ms), 60'000.0);
    ::close(tcp);
}

}  // namespace
}  // namespace ganglion::fleet
