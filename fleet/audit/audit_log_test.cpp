#include "fleet/audit/audit_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include "fleet/base/files.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class AuditLogTest : public ::testing::Test {
  protected:
    void fill(int entries) {
        AuditLog log(file_, [this] { return ++time_; });
        for (int i = 0; i < entries; ++i)
            log.append(
                {"ada", "device.revoke", "motor-" + std::to_string(i), {{"reason", "lost"}}});
    }
    void replace(const std::string& content) const {
        std::ofstream(file_, std::ios::binary | std::ios::trunc) << content;
    }

    testing::TemporaryDirectory directory_;
    std::filesystem::path file_ = directory_.path() / "audit.jsonl";
    int64_t time_ = 0;
};

TEST_F(AuditLogTest, VerifiesWhatItWroteAcrossRestarts) {
    fill(3);
    fill(2);
    const AuditVerdict verdict = verify_audit_log(file_);
    EXPECT_FALSE(verdict.fault);
    EXPECT_EQ(verdict.head.entries, 5U);
    const auto entries = read_audit_log(file_, 2);
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[1].at("object"), "motor-1");
    EXPECT_EQ(entries[1].at("number"), 5);
}

TEST_F(AuditLogTest, AnyChangedByteIsFound) {
    fill(4);
    const std::string whole = read_file(file_);
    for (size_t at = 0; at + 1 < whole.size(); ++at) {
        std::string changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        replace(changed);
        EXPECT_TRUE(verify_audit_log(file_).fault) << "byte " << at;
    }
}

TEST_F(AuditLogTest, ARemovedOrMovedLineIsFound) {
    fill(3);
    const std::string whole = read_file(file_);
    const size_t first = whole.find('\n') + 1;
    const size_t second = whole.find('\n', first) + 1;
    replace(whole.substr(0, first) + whole.substr(second));
    EXPECT_EQ(verify_audit_log(file_).fault->line, 2U);
    replace(whole.substr(first, second - first) + whole.substr(0, first) + whole.substr(second));
    EXPECT_EQ(verify_audit_log(file_).fault->line, 1U);
    EXPECT_THAT([&] { AuditLog log(file_); },
                ThrowsMessage<std::runtime_error>(HasSubstr("somebody changed it")));
}

TEST_F(AuditLogTest, AnEarlierHeadFindsACutOffEndAndARewrittenLog) {
    fill(5);
    const AuditHead head = verify_audit_log(file_).head;
    const std::string whole = read_file(file_);
    EXPECT_FALSE(verify_audit_log(file_, head).fault);
    fill(1);
    EXPECT_FALSE(verify_audit_log(file_, head).fault) << "grown since";
    replace(whole.substr(0, whole.rfind('\n', whole.size() - 2) + 1));
    ASSERT_TRUE(verify_audit_log(file_, head).fault);
    EXPECT_THAT(verify_audit_log(file_, head).fault->what, HasSubstr("ends before"));
    replace("");
    fill(6);
    EXPECT_THAT(verify_audit_log(file_, head).fault->what, HasSubstr("another hash"));
}

TEST_F(AuditLogTest, AnUnfinishedLastLineIsCutOffAndSaid) {
    fill(2);
    const std::string whole = read_file(file_);
    replace(whole + R"({"action":"device.rev)");
    fill(1);
    const auto entries = read_audit_log(file_, 2);
    EXPECT_EQ(entries[0].at("action"), "audit.unfinished");
    EXPECT_EQ(entries[0].at("detail").at("bytes"), 21);
    EXPECT_FALSE(verify_audit_log(file_).fault);
    EXPECT_EQ(verify_audit_log(file_).head.entries, 4U);
}

TEST_F(AuditLogTest, TextThatIsNoUtf8IsKeptReadable) {
    {
        AuditLog log(file_);
        log.append({"a\xff", "x", "\xc3\x28", {}});
    }
    EXPECT_FALSE(verify_audit_log(file_).fault);
}

TEST_F(AuditLogTest, AFullDiskIsSaidAndLeavesTheLogWhole) {
    fill(2);
    AuditLog log(file_);
    rlimit usual{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &usual), 0);
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit tight{std::filesystem::file_size(file_) + 50, usual.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
    EXPECT_THAT(
        [&] {
            log.append({"ada", "x", "", {}});
        },
        ThrowsMessage<std::runtime_error>(HasSubstr("nothing was done")));
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &usual), 0);
    log.append({"ada", "y", "", {}});
    EXPECT_FALSE(verify_audit_log(file_).fault);
    EXPECT_EQ(verify_audit_log(file_).head.entries, 3U);
}

}  // namespace
}  // namespace ganglion::fleet
