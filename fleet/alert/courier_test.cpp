#include "fleet/alert/courier.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "fleet/alert/send.hpp"
#include "fleet/base/clock.hpp"
#include "fleet/testing/sinks.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using testing::SmtpSink;
using testing::WebhookSink;

constexpr int64_t kNoon = 1'700'000'000'000;
constexpr CourierTimes kAtOnce{0, 1000, 8000};

Alarm fault(const std::string& device, const std::string& text) {
    return {"fault", device, "", Severity::critical, text, kNoon};
}

Channel mail_to(const SmtpSink& sink) {
    return {"desk",
            "email",
            sink.url(),
            "ada@example.org, bob@example.org",
            "fleet@example.org",
            "",
            "",
            Severity::warning,
            0};
}
Channel hook_to(const WebhookSink& sink, const std::string& secret = "") {
    return {"hook", "webhook", sink.url(), "", "", "", secret, Severity::warning, 0};
}

class CourierTest : public ::testing::Test {
  protected:
    std::filesystem::path file() const { return directory_.path() / "incidents.db"; }
    void fail(const std::string& device, const std::string& text, int64_t now_ms = kNoon) {
        incidents_.observe({now_ms, {fault(device, text)}, {}, {}});
        incidents_.tick(now_ms + IncidentTimes{}.gather_ms);
    }

    testing::TemporaryDirectory directory_;
    Incidents incidents_{file(), nullptr};
};

TEST_F(CourierTest, AMailArrivesWithTheIncidentInItsSubject) {
    const SmtpSink sink;
    incidents_.put(mail_to(sink));
    fail("motor", "sensor stuck");
    Courier courier(incidents_, kAtOnce);
    EXPECT_THAT(courier.round(kNoon + 60'000), IsEmpty());
    ASSERT_THAT(sink.mails(), SizeIs(1));
    const testing::Mail mail = sink.mails().front();
    EXPECT_EQ(mail.sender, "fleet@example.org");
    EXPECT_THAT(mail.recipients, ElementsAre("ada@example.org", "bob@example.org"));
    EXPECT_THAT(mail.text, HasSubstr("Subject: [ganglion] incident 1 opened: critical: fault, "
                                     "device:motor: sensor stuck\n"));
    EXPECT_THAT(mail.text, HasSubstr("Date: Tue, 14 Nov 2023 22:14:20 +0000\n"));
    EXPECT_THAT(courier.round(kNoon + 120'000), IsEmpty());
    EXPECT_THAT(sink.mails(), SizeIs(1)) << "sent once";
}

TEST_F(CourierTest, ATextFromADeviceMakesNoHeaderAndNoEndOfTheMail) {
    const SmtpSink sink;
    incidents_.put(mail_to(sink));
    fail("motor", "hot\r\nBcc: eve@example.org\r\n.\r\nMAIL FROM:<eve@example.org> schön");
    Courier(incidents_, kAtOnce).round(kNoon + 60'000);
    ASSERT_THAT(sink.mails(), SizeIs(1));
    EXPECT_THAT(sink.mails().front().recipients, SizeIs(2));
    EXPECT_THAT(sink.mails().front().text, Not(HasSubstr("\nBcc:")));
    EXPECT_THAT(sink.mails().front().text, HasSubstr("Subject: =?UTF-8?B?"));
}

TEST_F(CourierTest, WhatIsRefusedIsTriedAgainLaterAndLater) {
    SmtpSink sink;
    sink.refuse(2);
    incidents_.put(mail_to(sink));
    fail("motor", "sensor stuck");
    Courier courier(incidents_, kAtOnce);
    const int64_t at = kNoon + 60'000;
    EXPECT_THAT(courier.round(at), ElementsAre(HasSubstr("451")));
    EXPECT_THAT(courier.round(at + 999), IsEmpty()) << "not yet";
    EXPECT_THAT(courier.round(at + 1000), SizeIs(1));
    EXPECT_THAT(courier.round(at + 2999), IsEmpty()) << "the pause has doubled";
    EXPECT_THAT(sink.mails(), IsEmpty());
    EXPECT_THAT(courier.round(at + 3000), IsEmpty());
    EXPECT_THAT(sink.mails(), SizeIs(1));
    EXPECT_EQ(incidents_.waiting(), 0U);
}

TEST_F(CourierTest, AWebhookIsSigned) {
    WebhookSink sink;
    incidents_.put(hook_to(sink, "shared"));
    fail("motor", "sensor stuck");
    Courier(incidents_, kAtOnce).round(kNoon + 60'000);
    ASSERT_THAT(sink.posts(), SizeIs(1));
    const auto post = sink.posts().front();
    EXPECT_EQ(post.signature, signature_of(post.text, "shared"));
    EXPECT_NE(post.signature, signature_of(post.text, "other"));
    EXPECT_EQ(post.body.at("deliveries").at(0).at("reason"), "opened");
    // RFC 4231, test case 2.
    EXPECT_EQ(signature_of("what do ya want for nothing?", "Jefe"),
              "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_F(CourierTest, AFloodOfIncidentsIsOneMessageForEachPace) {
    const WebhookSink sink;
    incidents_.put(hook_to(sink));
    Courier courier(incidents_, {30'000, 1000, 8000});
    for (int64_t second = 0; second < 120; ++second) {
        // Kinds of their own: nothing that could be grouped.
        const std::string kind = "kind " + std::to_string(second);
        const int64_t now = kNoon + second * 1000;
        incidents_.observe({now, {{kind, "motor", "", Severity::critical, "x", now}}, {}, {}});
        incidents_.tick(now);
        courier.round(now);
    }
    courier.round(kNoon + 200'000);
    EXPECT_LE(sink.posts().size(), 6U);
    EXPECT_GE(sink.deliveries().size(), 100U);
    EXPECT_EQ(incidents_.waiting(), 0U);
}

TEST_F(CourierTest, AChannelThatIsGoneOwesNothing) {
    incidents_.put({"hook", "webhook", "http://127.0.0.1:1/", "", "", "", "", Severity::info, 0});
    fail("motor", "x");
    EXPECT_THAT(Courier(incidents_, kAtOnce).round(kNoon + 60'000), SizeIs(1));
    incidents_.remove_channel("hook");
    EXPECT_EQ(incidents_.waiting(), 0U);
}

/// Opens incident after incident and sends them, until killed; writes each once it is stored.
[[noreturn]] void alert_until_killed(const std::filesystem::path& file, int32_t first, int pipe) {
    Incidents incidents(file, nullptr, {0, 0, 60'000, 3'600'000});
    Courier courier(incidents, kAtOnce);
    for (int32_t number = first;; ++number) {
        const int64_t now = now_ms();
        const std::string kind = "kind " + std::to_string(number);
        incidents.observe({now, {{kind, "motor", "", Severity::critical, "x", now}}, {}, number});
        if (::write(pipe, &number, sizeof number) != sizeof number) ::_exit(1);
        incidents.tick(now);
        courier.round(now);
    }
}

TEST_F(CourierTest, NothingIsLostHoweverOftenItIsKilled) {
    WebhookSink sink;
    incidents_.put(hook_to(sink));
    int32_t observed = 0;
    constexpr int rounds = 12;
    for (int round = 0; round < rounds; ++round) {
        if (round % 3 == 1) sink.refuse(2);
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) alert_until_killed(file(), observed + 1, ends[1]);
        ::close(ends[1]);
        const int32_t wanted = observed + 5;
        while (observed<wanted&& ::read(ends[0], &observed, sizeof observed)> 0) {
        }
        ::usleep(static_cast<useconds_t>(700 * round));
        ::kill(child, SIGKILL);
        while (::read(ends[0], &observed, sizeof observed) > 0) {
        }
        ::close(ends[0]);
        int status = 0;
        ::waitpid(child, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
        observed = static_cast<int32_t>(incidents_.cursor());
    }
    // What the killed ones owed is sent by the next.
    Incidents last(file(), nullptr, {0, 0, 60'000, 3'600'000});
    last.tick(now_ms());
    Courier courier(last, kAtOnce);
    for (int64_t later = 0; last.waiting() > 0 && later < 100; ++later)
        courier.round(now_ms() + later * 10'000);
    EXPECT_EQ(last.waiting(), 0U);
    EXPECT_GE(observed, rounds * 5);
    const auto arrived = sink.deliveries();
    size_t opened = 0;
    for (const Incident& incident : last.list(std::nullopt, 100'000)) {
        ++opened;
        const auto owed = last.deliveries(incident.id);
        ASSERT_THAT(owed, SizeIs(1)) << "decided once";
        EXPECT_TRUE(arrived.contains(owed.front().id)) << "lost: " << owed.front().line;
    }
    EXPECT_EQ(opened, static_cast<size_t>(observed));
}

}  // namespace
}  // namespace ganglion::fleet
