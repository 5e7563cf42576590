#include "device/update/messages.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace ganglion::update {
namespace {

template <typename Message>
std::vector<uint8_t> encoded(const Message& message, size_t room = kMaxUpdateMessageBytes) {
    std::vector<uint8_t> bytes(room);
    bytes.resize(encode(message, bytes));
    return bytes;
}

UpdateStatus full_status() {
    constexpr uint32_t most = UINT32_MAX;
    UpdateStatus status;
    status.boot = most;
    status.key_list = most;
    status.parts[0] = {Phase::trial, Ended::undone, most, most, {most, most, most}, {1, 2, 3}};
    status.parts[1] = {Phase::restoring, Ended::unhealthy, 7, 8, {1, 2, 3}, {9}};
    status.transfer = {Component::firmware, most, most - 1, most};
    status.refusal = {most, "signed by a key that this device does not trust"};
    status.deferred = "machine stopped: wait for a person to start it ";
    status.scores = {most, {most, 5, {most - 8, 1, 1, 1, 1, 1, 1, 2}}};
    return status;
}

TEST(update_messages, the_longest_status_fits_and_comes_back) {
    const UpdateStatus status = full_status();
    const auto bytes = encoded(status, kMaxUpdateStatusBytes);
    ASSERT_FALSE(bytes.empty());
    UpdateStatus read;
    ASSERT_TRUE(decode(bytes, read));
    EXPECT_EQ(read.parts[0].version, status.parts[0].version);
    EXPECT_EQ(read.parts[0].phase, Phase::trial);
    EXPECT_EQ(read.parts[1].ended, Ended::unhealthy);
    EXPECT_EQ(read.transfer->next, UINT32_MAX - 1);
    EXPECT_EQ(read.refusal->why, status.refusal->why);
    EXPECT_EQ(read.deferred, status.deferred);
    EXPECT_EQ(read.scores->counts.bins[7], 2U);
}

TEST(update_messages, what_breaks_the_cddl_is_refused) {
    UpdateStatus status;
    status.scores = {1, {10, 3, {5, 5}}};
    auto bytes = encoded(status);
    UpdateStatus read;
    ASSERT_TRUE(decode(bytes, read));
    status.scores->counts.bins[0] = 6;  // more scores than inferences
    EXPECT_FALSE(decode(encoded(status), read));
    status.scores->counts = {10, 11, {5, 5}};  // more alerts than inferences
    EXPECT_FALSE(decode(encoded(status), read));
    bytes.push_back(0);
    EXPECT_FALSE(decode(bytes, read));
    Want want;
    EXPECT_FALSE(decode(encoded(Want{.count = 0, .base = {}}), want));
    EXPECT_FALSE(decode(encoded(Want{.count = kMaxWanted + 1, .base = {}}), want));
}

TEST(update_messages, pieces_wants_and_undoes_come_back) {
    std::vector<uint8_t> bytes(kPieceBytes, 7);
    Piece piece;
    const auto sent = encoded(Piece{UINT32_MAX, UINT32_MAX, bytes});
    ASSERT_TRUE(decode(sent, piece));
    EXPECT_TRUE(std::equal(piece.bytes.begin(), piece.bytes.end(), bytes.begin(), bytes.end()));
    EXPECT_EQ(piece.number, UINT32_MAX);
    Want want;
    ASSERT_TRUE(decode(encoded(Want{Component::firmware, 3, 4, 5, DigestPrefix{6}}), want));
    EXPECT_EQ(want.base, DigestPrefix{6});
    EXPECT_EQ(want.count, 5U);
    Undo undo;
    ASSERT_TRUE(decode(encoded(Undo{Component::firmware, 9}), undo));
    EXPECT_EQ(undo.sequence, 9U);
}

TEST(update_messages, survive_damage) {
    std::mt19937 random(1);
    const auto good = encoded(full_status());
    for (int round = 0; round < 20000; ++round) {
        auto bytes = good;
        for (unsigned i = 0; i <= random() % 4; ++i)
            bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
        if (random() % 4 == 0) bytes.resize(random() % bytes.size());
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
}

}  // namespace
}  // namespace ganglion::update
