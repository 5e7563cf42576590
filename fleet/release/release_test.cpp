#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "compile/bundle_signature.hpp"
#include "fleet/base/files.hpp"
#include "fleet/release/make_release.hpp"
#include "fleet/release/release_store.hpp"
#include "fleet/testing/temporary_directory.hpp"
#include "update/host_crypto.hpp"
#include "update/package.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryDirectory;
using ::testing::ThrowsMessage;

struct ReleaseTest : ::testing::Test {
    TemporaryDirectory directory;
    const std::string signer = compile::generate_signing_key();
    ReleaseStore store{directory.path() / "releases"};

    ReleaseParts parts(uint32_t sequence) const {
        ReleaseParts made;
        made.name = "wake_word";
        made.description.vendor = {1};
        made.description.hardware_class = {2};
        made.description.sequence = sequence;
        made.description.version = {1, sequence, 0};
        made.image.assign(5000, static_cast<uint8_t>(sequence));
        made.bases = {std::vector<uint8_t>(5000, 0)};
        made.back = std::vector<uint8_t>(5000, 0);
        made.back_version = {1, 0, 0};
        made.card = "# Card\n";
        made.report = "{}";
        return made;
    }
    SignedRelease make(uint32_t sequence) {
        return make_release(parts(sequence), signer, store.objects(), 1'700'000'000'000);
    }
    std::filesystem::path file_of(const std::string& digest) const {
        return directory.path() / "releases" / "objects" / digest.substr(0, 2) / digest.substr(2);
    }
    auto adding(const SignedRelease& made) {
        return [this, made] { store.add(made.description, made.signature); };
    }
};

TEST_F(ReleaseTest, is_named_by_what_it_is_and_kept) {
    const SignedRelease made = make(5);
    const Release added = store.add(made.description, made.signature);
    EXPECT_EQ(added.id, sha256_hex(made.description));
    ASSERT_EQ(added.packages.size(), 2U);
    EXPECT_EQ(added.packages[0].base, "");
    EXPECT_NE(added.packages[1].base, "");
    EXPECT_LT(added.packages[1].bytes, added.packages[0].bytes / 4);  // a delta
    EXPECT_EQ(added.back_sequence, 6U);
    EXPECT_EQ(store.objects().get(added.card), "# Card\n");

    ReleaseStore again(directory.path() / "releases");
    ASSERT_EQ(again.list().size(), 1U);
    EXPECT_EQ(description_of(again.list()[0]), made.description);
    EXPECT_EQ(again.find(added.id.substr(0, 8))->id, added.id);
    EXPECT_FALSE(again.find(added.id.substr(0, 7)));
    EXPECT_FALSE(again.find("0123456789"));
}

TEST_F(ReleaseTest, nothing_else_than_what_was_signed_is_taken) {
    const SignedRelease made = make(5);
    SignedRelease other = made;
    other.description.replace(other.description.find("1.5.0"), 5, "1.6.0");
    EXPECT_THAT(adding(other),
                ThrowsMessage<std::runtime_error>(HasSubstr("not signed by the release's key")));
    other = made;
    other.description += " ";
    EXPECT_THAT(adding(other), ThrowsMessage<std::runtime_error>(HasSubstr("one form")));
    other = made;
    other.signature[0] = other.signature[0] == '0' ? '1' : '0';
    EXPECT_THROW(adding(other)(), std::runtime_error);
    other.signature = "00";
    EXPECT_THAT(adding(other), ThrowsMessage<std::runtime_error>(HasSubstr("length")));
    EXPECT_TRUE(store.list().empty());
}

TEST_F(ReleaseTest, a_part_that_is_missing_or_damaged_is_named) {
    const SignedRelease made = make(5);
    const std::string payload = made.release.packages[0].payload;
    std::filesystem::remove(file_of(payload));
    EXPECT_THAT(adding(made), ThrowsMessage<std::runtime_error>(HasSubstr(payload)));
    std::ofstream(file_of(payload)) << "something else";
    EXPECT_THAT(adding(made), ThrowsMessage<std::runtime_error>(HasSubstr("is damaged")));
}

TEST_F(ReleaseTest, the_parts_of_two_releases_do_not_mix) {
    const SignedRelease first = make(5);
    const SignedRelease second = make(7);
    // Signed by the right key, but each package is checked against its own index and manifest.
    Release mixed = first.release;
    mixed.packages[0].payload = second.release.packages[0].payload;
    EXPECT_THAT(([&] { check_release(mixed, first.signature, store.objects()); }),
                ThrowsMessage<std::runtime_error>(HasSubstr("not signed")));
}

TEST_F(ReleaseTest, sequences_rise) {
    const SignedRelease fifth = make(5);
    const SignedRelease fourth = make(4);
    store.add(fifth.description, fifth.signature);
    EXPECT_THAT(adding(fourth), ThrowsMessage<std::runtime_error>(HasSubstr("not above")));
    store.add(fifth.description, fifth.signature);  // the same again is no news
    EXPECT_EQ(store.list().size(), 1U);
}

TEST_F(ReleaseTest, a_revoked_key_releases_nothing_more) {
    const std::string root = compile::generate_signing_key();
    const std::string next = compile::generate_signing_key();
    const std::string root_hex = hex_of(update::public_point_of(root));
    const auto list = [&](uint32_t version, bool revoked) {
        const std::vector<update::ListedKey> keys{{update::public_point_of(signer), revoked},
                                                  {update::public_point_of(next)}};
        const auto bytes = update::make_key_list(version, keys, root);
        return std::string(bytes.begin(), bytes.end());
    };
    store.set_keys(list(1, false), root_hex);
    const SignedRelease before = make(5);
    store.add(before.description, before.signature);
    store.set_keys(list(2, true), root_hex);
    EXPECT_THAT(adding(make(7)), ThrowsMessage<std::runtime_error>(HasSubstr("revoked")));
    const SignedRelease after = make_release(parts(8), next, store.objects(), 1'700'000'000'000);
    EXPECT_NO_THROW(adding(after)());
    EXPECT_THAT([&] { store.set_keys(list(1, false), root_hex); },
                ThrowsMessage<std::runtime_error>(HasSubstr("higher")));
    EXPECT_THAT([&] { store.set_keys(list(3, false), hex_of(update::public_point_of(next))); },
                ThrowsMessage<std::runtime_error>(HasSubstr("another root")));
    EXPECT_EQ(ReleaseStore(directory.path() / "releases").keys().version, 2U);
}

TEST(ObjectStore, keeps_by_digest_and_notices_damage) {
    const TemporaryDirectory directory;
    ObjectStore objects(directory.path());
    const std::string digest = objects.put("bytes");
    EXPECT_EQ(digest, sha256_hex("bytes"));
    EXPECT_EQ(objects.put("bytes"), digest);
    EXPECT_EQ(objects.get(digest), "bytes");
    EXPECT_FALSE(objects.get(sha256_hex("others")));
    EXPECT_FALSE(objects.get("../" + digest));
}

TEST(ReleaseText, versions_and_hex_are_read_strictly) {
    EXPECT_EQ(version_of("1.20.3"), (update::Version{1, 20, 3}));
    for (const char* bad : {"", "1", "1.2", "1.2.3.4", "1.2.x", "1.2.", "-1.2.3", "1..2"})
        EXPECT_THROW(version_of(bad), std::runtime_error) << bad;
    EXPECT_EQ(hex_of(bytes_of_hex("00ff10")), "00ff10");
    for (const char* bad : {"0", "0g", "0 "}) EXPECT_THROW(bytes_of_hex(bad), std::runtime_error);
}

}  // namespace
}  // namespace ganglion::fleet
