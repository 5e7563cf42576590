#include "device/event/cbor.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <vector>

#include "device/event/map_reader.hpp"
#include "device/event/raw_samples.hpp"

namespace ganglion {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes written(const CborWriter& out) {
    return {out.written().begin(), out.written().end()};
}

// RFC 8949, appendix A.
TEST(cbor, unsigned_numbers_of_the_rfc) {
    const std::pair<uint64_t, Bytes> cases[] = {
        {0, {0x00}},
        {23, {0x17}},
        {24, {0x18, 0x18}},
        {255, {0x18, 0xff}},
        {256, {0x19, 0x01, 0x00}},
        {1000, {0x19, 0x03, 0xe8}},
        {1000000, {0x1a, 0x00, 0x0f, 0x42, 0x40}},
        {1000000000000, {0x1b, 0x00, 0x00, 0x00, 0xe8, 0xd4, 0xa5, 0x10, 0x00}},
        {UINT64_MAX, {0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
    };
    for (const auto& [value, bytes] : cases) {
        uint8_t buffer[16];
        CborWriter out(buffer);
        out.uint(value);
        EXPECT_EQ(written(out), bytes);
        CborReader in(bytes);
        uint64_t read = ~value;
        EXPECT_TRUE(in.uint(read));
        EXPECT_EQ(read, value);
        EXPECT_TRUE(in.at_end());
    }
}

TEST(cbor, strings_booleans_and_containers) {
    uint8_t buffer[32];
    CborWriter out(buffer);
    out.map(1);
    out.text("IETF");
    out.array(2);
    out.boolean(true);
    out.bytes(Bytes{1, 2});
    EXPECT_EQ(written(out), (Bytes{0xa1, 0x64, 'I', 'E', 'T', 'F', 0x82, 0xf5, 0x42, 0x01, 0x02}));
    CborReader in(out.written());
    size_t count = 0;
    std::string_view text;
    bool yes = false;
    std::span<const uint8_t> bytes;
    EXPECT_FALSE(in.array(count));
    EXPECT_TRUE(in.map(count) && count == 1);
    EXPECT_FALSE(in.bytes(bytes));
    EXPECT_TRUE(in.text(text) && text == "IETF");
    EXPECT_TRUE(in.array(count) && count == 2);
    EXPECT_TRUE(in.boolean(yes) && yes);
    EXPECT_TRUE(in.bytes(bytes) && bytes.size() == 2 && bytes[1] == 2);
    EXPECT_TRUE(in.at_end());
}

TEST(cbor, writer_that_runs_full_stays_failed) {
    uint8_t buffer[4];
    CborWriter out(buffer);
    out.uint(1000);
    EXPECT_TRUE(out.ok());
    out.uint(1000);
    EXPECT_FALSE(out.ok());
    out.uint(1);
    EXPECT_FALSE(out.ok());
    EXPECT_EQ(out.size(), 3U);
}

TEST(cbor, reader_refuses_what_is_not_there) {
    const Bytes cases[] = {
        {},                                                      // nothing
        {0x18},                                                  // head cut
        {0x1b, 0, 0, 0},                                         // head cut
        {0x1c},                                                  // reserved
        {0x1f},                                                  // indefinite
        {0x20},                                                  // negative
        {0xf9, 0, 0},                                            // float
        {0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},  // absurd length
        {0x62, 'a'},                                             // text cut
        {0x9a, 0xff, 0xff, 0xff, 0xff},                          // more items than bytes
    };
    for (const auto& bytes : cases) {
        CborReader in(bytes);
        uint64_t number = 0;
        std::string_view text;
        std::span<const uint8_t> view;
        size_t count = 0;
        bool yes = false;
        EXPECT_FALSE(in.uint(number) || in.text(text) || in.bytes(view) || in.array(count) ||
                     in.map(count) || in.boolean(yes));
        EXPECT_EQ(in.position(), 0U);
    }
}

TEST(cbor, narrow_number_refuses_a_wide_one_and_keeps_its_place) {
    const Bytes bytes{0x1b, 0, 0, 0, 1, 0, 0, 0, 0};
    CborReader in(bytes);
    uint32_t narrow = 0;
    EXPECT_FALSE(in.uint(narrow));
    uint64_t wide = 0;
    EXPECT_TRUE(in.uint(wide));
    EXPECT_EQ(wide, uint64_t{1} << 32);
}

TEST(cbor, skip_steps_over_any_item) {
    const Bytes items[] = {
        {0x00},
        {0x39, 1, 0},
        {0x43, 1, 2, 3},
        {0x82, 0x01, 0x82, 0x02, 0x03},
        {0xa1, 0x01, 0xa1, 0x02, 0x80},
        {0xc1, 0x1a, 0x51, 0x4b, 0x67, 0xb0},
        {0xf6},
        {0xfb, 0, 0, 0, 0, 0, 0, 0, 0},
    };
    for (Bytes bytes : items) {
        const size_t size = bytes.size();
        bytes.push_back(0x07);
        CborReader in(bytes);
        EXPECT_TRUE(in.skip());
        EXPECT_EQ(in.position(), size);
        bytes.resize(size - 1);
        CborReader cut(bytes);
        EXPECT_FALSE(cut.skip());
        EXPECT_EQ(cut.position(), 0U);
    }
}

TEST(cbor, skip_bounds_nesting) {
    Bytes deep(1000, 0x81);
    deep.push_back(0x00);
    EXPECT_FALSE(CborReader(deep).skip());
    Bytes shallow(6, 0x81);
    shallow.push_back(0x00);
    EXPECT_TRUE(CborReader(shallow).skip());
}

template <typename T>
concept WritableAsCbor = requires(CborWriter& out, const T& value) {
    out.bytes(value);
};

TEST(cbor, no_writer_takes_raw_samples) {
    static_assert(WritableAsCbor<std::vector<uint8_t>>);
    static_assert(!WritableAsCbor<RawSamples>);
    static_assert(!std::convertible_to<RawSamples, std::span<const uint8_t>>);
    static_assert(!std::convertible_to<std::span<const int16_t>, RawSamples>);
}

TEST(cbor, utf8) {
    for (std::string_view good : {"", "alexa", "Motorwächter", "電動機", "\xf0\x9f\x8e\xa4"})
        EXPECT_TRUE(is_utf8(good)) << good;
    for (std::string_view bad : {"\x1b[31m", "\xff", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                                 "\xf5\x80\x80\x80", "a\xc3", "\x7f", "\xc2\x85"})
        EXPECT_FALSE(is_utf8(bad));
}

}  // namespace
}  // namespace ganglion
