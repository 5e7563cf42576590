#include "device/update/delta.hpp"

#include <gtest/gtest.h>

#include <random>

#include "update/delta_maker.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace ganglion::update {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes random_bytes(size_t count, uint32_t seed) {
    std::mt19937 random(seed);
    Bytes bytes(count);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    return bytes;
}

Bytes decode(const Bytes& base, const Bytes& delta, size_t image_bytes, Status& status) {
    Bytes memory = base;
    memory.insert(memory.end(), delta.begin(), delta.end());
    const MappedFlash flash(memory);
    DeltaDecoder decoder(flash, 0, static_cast<uint32_t>(base.size()),
                         static_cast<uint32_t>(base.size()), static_cast<uint32_t>(delta.size()),
                         static_cast<uint32_t>(image_bytes));
    Bytes image(image_bytes + 10);
    image.resize(decoder.next(image, status));
    return image;
}

void expect_round_trip(const Bytes& base, const Bytes& image, size_t at_most) {
    const Bytes delta = make_delta(base, image);
    EXPECT_LE(delta.size(), at_most);
    Status status = Status::io_error;
    EXPECT_TRUE(decode(base, delta, image.size(), status) == image);
    EXPECT_EQ(status, Status::ok);
}

TEST(delta, the_same_image_costs_a_few_bytes) {
    const Bytes base = random_bytes(50000, 1);
    expect_round_trip(base, base, 40);
}

TEST(delta, nothing_in_common_costs_little_more_than_the_image) {
    expect_round_trip(random_bytes(3000, 1), random_bytes(5000, 2), 5300);
    expect_round_trip({}, random_bytes(5000, 2), 5300);
    expect_round_trip(random_bytes(5000, 2), {7}, 12);
}

TEST(delta, a_replaced_part_costs_about_itself) {
    const Bytes base = random_bytes(50000, 1);
    Bytes image = base;
    const Bytes part = random_bytes(2000, 3);
    std::copy(part.begin(), part.end(), image.begin() + 30000);
    expect_round_trip(base, image, 2250);
}

TEST(delta, small_changes_of_values_cost_less_than_the_values) {
    Bytes base = random_bytes(50000, 1);
    Bytes image = base;
    std::mt19937 random(4);
    for (size_t i = 20000; i < 24000; ++i)
        image[i] = static_cast<uint8_t>(image[i] + random() % 3 - 1);
    expect_round_trip(base, image, 1200);
}

TEST(delta, inserted_removed_and_moved_parts) {
    const Bytes base = random_bytes(20000, 5);
    Bytes image(base.begin() + 12000, base.end());
    const Bytes part = random_bytes(37, 6);
    image.insert(image.end(), part.begin(), part.end());
    image.insert(image.end(), base.begin(), base.begin() + 9000);
    expect_round_trip(base, image, 130);
}

TEST(delta, long_runs_and_few_symbols) {
    Bytes base(30000, 0);
    for (size_t i = 0; i < base.size(); i += 97) base[i] = static_cast<uint8_t>(i / 97 % 3);
    Bytes image = base;
    image.insert(image.begin() + 5000, 1000, 0);
    image.resize(40000, 0xff);
    expect_round_trip(base, image, 1500);
}

TEST(delta, random_edits_of_every_kind) {
    std::mt19937 random(8);
    for (uint32_t round = 0; round < 60; ++round) {
        const Bytes base = random_bytes(random() % 3000, round);
        Bytes image = base;
        for (uint32_t edit = 0; edit < 4; ++edit) {
            const size_t at = image.empty() ? 0 : random() % image.size();
            const Bytes part = random_bytes(random() % 60, round + edit);
            if (random() % 2 == 0)
                image.insert(image.begin() + static_cast<long>(at), part.begin(), part.end());
            else
                image.resize(at + random() % 50);
        }
        if (image.empty()) continue;
        Status status = Status::io_error;
        ASSERT_TRUE(decode(base, make_delta(base, image), image.size(), status) == image) << round;
    }
}

TEST(delta, a_short_delta_is_truncated) {
    const Bytes base = random_bytes(3000, 1);
    const Bytes image = random_bytes(3000, 2);
    Bytes delta = make_delta(base, image);
    for (const size_t bytes : {size_t{0}, size_t{3}, delta.size() / 2, delta.size() - 6}) {
        delta.resize(bytes);
        Status status = Status::ok;
        EXPECT_LT(decode(base, delta, image.size(), status).size(), image.size());
        EXPECT_NE(status, Status::ok) << bytes;
    }
}

TEST(delta, needs_two_kilobytes) {
    EXPECT_LE(sizeof(DeltaDecoder), 2100U);
}

TEST(delta_fuzz, mutations_of_good_deltas) {
    std::mt19937 random(9);
    const Bytes base = random_bytes(600, 1);
    Bytes image = base;
    image.resize(1 + 40 * 16, 3);
    image.insert(image.begin() + 100, {1, 2, 3, 4, 5, 6, 7, 8, 9});
    image.resize(1 + 40 * 16);
    const Bytes delta = make_delta(base, image);
    Bytes good{0, 40};
    good.insert(good.end(), base.begin(), base.end());
    good.insert(good.end(), delta.begin(), delta.end());
    // The base's share, rounded down, must come out exactly.
    while (static_cast<size_t>(good.size() - 2) * 200 / 256 < base.size()) good.push_back(0);
    good[0] = 200;
    ASSERT_GE((good.size() - 2) * 200 / 256, base.size());
    unsigned accepted = 0;
    for (int round = 0; round < 20000; ++round) {
        Bytes bytes = good;
        for (unsigned i = 0; i < 1 + random() % 6; ++i)
            bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
        if (random() % 4 == 0) bytes.resize(random() % bytes.size());
        accepted += LLVMFuzzerTestOneInput(bytes.data(), bytes.size()) == 0 ? 1 : 0;
    }
    EXPECT_GT(accepted, 0U);
    EXPECT_LT(accepted, 20000U);
}

}  // namespace
}  // namespace ganglion::update
