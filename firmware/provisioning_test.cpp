#include "firmware/provisioning.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "device/core/crc32.hpp"

namespace ganglion::firmware {
namespace {

using namespace std::string_view_literals;

Provisioning sample() {
    Provisioning provisioning;
    provisioning.device_id = "motor-1.hall_2";
    provisioning.broker_address = 0x0a000202;
    provisioning.broker_port = 8883;
    provisioning.broker_name = "broker.example";
    provisioning.unix_time = 1'718'000'000;
    for (size_t i = 0; i < provisioning.seed.size(); ++i)
        provisioning.seed[i] = static_cast<uint8_t>(i);
    provisioning.authority = "authority\0"sv;
    provisioning.certificate = "certificate\0"sv;
    provisioning.private_key = "private key\0"sv;
    provisioning.bundle_key = "bundle key\0"sv;
    return provisioning;
}

std::vector<uint8_t> page_of(const Provisioning& provisioning) {
    std::vector<uint8_t> page(1024, 0xff);
    page.resize(write_provisioning(provisioning, page));
    return page;
}

void fix_checksum(std::vector<uint8_t>& page) {
    const uint32_t crc = crc32(std::span(page).subspan(16));
    for (size_t i = 0; i < 4; ++i) page[8 + i] = static_cast<uint8_t>(crc >> (8 * i));
}

TEST(provisioning, round_trip) {
    const std::vector<uint8_t> page = page_of(sample());
    Provisioning read;
    ASSERT_EQ(read_provisioning(page, read), Status::ok);
    EXPECT_EQ(read.device_id, sample().device_id);
    EXPECT_EQ(read.broker_address, sample().broker_address);
    EXPECT_EQ(read.broker_port, sample().broker_port);
    EXPECT_EQ(read.broker_name, sample().broker_name);
    EXPECT_EQ(read.unix_time, sample().unix_time);
    EXPECT_EQ(read.seed, sample().seed);
    EXPECT_EQ(read.authority, sample().authority);
    EXPECT_EQ(read.certificate, sample().certificate);
    EXPECT_EQ(read.private_key, sample().private_key);
    EXPECT_EQ(read.bundle_key, sample().bundle_key);
    EXPECT_TRUE(read.coordinator.empty());
}

TEST(provisioning, a_coordinators_key_is_whole_or_not_there) {
    const std::vector<uint8_t> point(64, 7);
    Provisioning provisioning = sample();
    provisioning.coordinator = point;
    const std::vector<uint8_t> page = page_of(provisioning);
    Provisioning read;
    ASSERT_EQ(read_provisioning(page, read), Status::ok);
    EXPECT_TRUE(
        std::equal(point.begin(), point.end(), read.coordinator.begin(), read.coordinator.end()));
    provisioning.coordinator = std::span(point).first(63);
    EXPECT_EQ(read_provisioning(page_of(provisioning), read), Status::bad_value);
}

TEST(provisioning, blank_cut_and_damaged_pages) {
    Provisioning read;
    EXPECT_EQ(read_provisioning(std::vector<uint8_t>(4096, 0xff), read), Status::not_found);
    EXPECT_EQ(read_provisioning({}, read), Status::truncated);
    const std::vector<uint8_t> page = page_of(sample());
    for (size_t size = 0; size < page.size(); ++size)
        EXPECT_NE(read_provisioning(std::span(page).first(size), read), Status::ok);
    for (size_t at = 0; at < page.size(); ++at) {
        if (at >= 12 && at < 16) continue;  // reserved
        std::vector<uint8_t> damaged = page;
        damaged[at] ^= 0x10;
        EXPECT_NE(read_provisioning(damaged, read), Status::ok) << at;
    }
}

TEST(provisioning, refuses_what_makes_no_device) {
    Provisioning read;
    for (std::string_view id : {""sv, "a/b"sv, "a+"sv, "a b"sv, "#"sv, "\xc3\xa4"sv}) {
        Provisioning bad = sample();
        bad.device_id = id;
        EXPECT_EQ(read_provisioning(page_of(bad), read), Status::bad_value) << id;
    }
    Provisioning bad = sample();
    bad.broker_port = 0;
    EXPECT_EQ(read_provisioning(page_of(bad), read), Status::bad_value);
    bad = sample();
    bad.private_key = "not terminated";
    EXPECT_EQ(read_provisioning(page_of(bad), read), Status::bad_value);
}

TEST(provisioning, does_not_fit) {
    std::vector<uint8_t> page(64);
    EXPECT_EQ(write_provisioning(sample(), page), 0U);
    EXPECT_EQ(write_provisioning(sample(), std::span(page).first(3)), 0U);
}

TEST(provisioning, random_mutations_behind_a_good_checksum) {
    std::mt19937 random(7);
    const std::vector<uint8_t> page = page_of(sample());
    for (int round = 0; round < 20000; ++round) {
        std::vector<uint8_t> mutated = page;
        for (unsigned edits = 1 + random() % 3; edits > 0; --edits)
            mutated[16 + random() % (mutated.size() - 16)] = static_cast<uint8_t>(random());
        fix_checksum(mutated);
        Provisioning read;
        if (read_provisioning(mutated, read) != Status::ok) continue;
        EXPECT_FALSE(read.device_id.empty());
        EXPECT_EQ(read.private_key.back(), '\0');
    }
}

}  // namespace
}  // namespace ganglion::firmware
