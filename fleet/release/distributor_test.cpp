#include "fleet/release/distributor.hpp"

#include <gtest/gtest.h>

#include <map>

#include "fleet/testing/simulated_fleet.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet {
namespace {

using testing::ReleaseLab;
using testing::TemporaryDirectory;
using update::kPieceBytes;

struct DistributorTest : ::testing::Test {
    TemporaryDirectory directory;
    ReleaseLab lab{directory.path() / "releases"};
    std::vector<PackageObjects> packages;
    std::string index, payload;
    Distributor distributor{lab.store()};

    void SetUp() override {
        ReleaseParts parts;
        parts.name = "wake_word";
        parts.description.sequence = 5;
        parts.image.resize(10 * kPieceBytes + 100);
        for (size_t i = 0; i < parts.image.size(); ++i)
            parts.image[i] = static_cast<uint8_t>((i * 2654435761U) >> 13);
        parts.bases = {parts.image};
        parts.bases[0][7] ^= 1;
        packages = make_release(parts, lab.signer(), lab.store().objects(), 0).release.packages;
        index = *lab.store().objects().get(packages[0].index);
        payload = *lab.store().objects().get(packages[0].payload);
    }
    void want(const std::string& device, uint32_t first, uint32_t count, uint64_t limit = 0) {
        distributor.want(device, {update::Component::bundle, 5, first, count, {}}, packages, 1,
                         limit);
    }
    /// Pieces by number, of one device.
    static std::map<uint32_t, std::string> pieces(const std::vector<Distributor::Sent>& sent,
                                                  const std::string& device) {
        std::map<uint32_t, std::string> all;
        for (const auto& one : sent) {
            if (one.device != device) continue;
            update::Piece piece;
            EXPECT_TRUE(update::decode(
                {reinterpret_cast<const uint8_t*>(one.payload.data()), one.payload.size()}, piece));
            EXPECT_EQ(piece.sequence, 5U);
            all[piece.number] = {piece.bytes.begin(), piece.bytes.end()};
        }
        return all;
    }
};

TEST_F(DistributorTest, sends_the_index_then_the_chunks) {
    want("a", 0, 100);
    const auto got = pieces(distributor.pump(0), "a");
    ASSERT_EQ(got.size(), 1U + 11U);
    EXPECT_EQ(got.at(0), index);
    std::string whole;
    for (uint32_t number = 1; number <= 11; ++number) whole += got.at(number);
    EXPECT_EQ(whole, payload);
    EXPECT_TRUE(distributor.idle());
}

TEST_F(DistributorTest, a_delta_goes_to_who_has_its_base) {
    ASSERT_EQ(packages.size(), 2U);
    const std::vector<uint8_t> base = bytes_of_hex(packages[1].base);
    update::Want want{update::Component::bundle, 5, 1, 1, std::array<uint8_t, 8>{}};
    distributor.want("stranger", want, packages, 1, 0);
    EXPECT_TRUE(distributor.idle());  // no such base
    std::copy(base.begin(), base.end(), want.base->begin());
    distributor.want("a", want, packages, 1, 0);
    EXPECT_EQ(pieces(distributor.pump(0), "a").at(1),
              lab.store().objects().get(packages[1].payload));
}

TEST_F(DistributorTest, keeps_within_the_bandwidth_and_lets_nobody_starve) {
    constexpr uint64_t limit = 4 * kPieceBytes;  // a second
    for (const char* device : {"a", "b", "c"}) want(device, 1, 10, limit);
    uint64_t bytes = 0;
    std::map<std::string, size_t> count;
    int64_t now = 0;
    for (; !distributor.idle() && now < 60'000; now += 100)
        for (const auto& one : distributor.pump(now)) {
            bytes += one.payload.size();
            ++count[one.device];
            // What a second allows, and the first second's purse.
            EXPECT_LE(bytes, limit * static_cast<uint64_t>(now + 1000) / 1000 + limit / 8) << now;
        }
    EXPECT_EQ(count["a"], 10U);
    EXPECT_EQ(count["b"], 10U);
    EXPECT_EQ(count["c"], 10U);
    EXPECT_GT(now, 5'000);
    EXPECT_LT(now, 10'000);
}

TEST_F(DistributorTest, a_newer_wish_replaces_the_older_one) {
    want("a", 1, 10);
    want("a", 4, 1);
    EXPECT_EQ(pieces(distributor.pump(0), "a").size(), 1U);
    EXPECT_TRUE(distributor.idle());
    want("a", 50, 4);  // there is no such piece
    EXPECT_TRUE(distributor.pump(0).empty());
    EXPECT_TRUE(distributor.idle());
}

}  // namespace
}  // namespace ganglion::fleet
