#include "fleet/base/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryDirectory;
using ::testing::ThrowsMessage;

TEST(Files, ReplacesAWholeFile) {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "port";
    write_private_file(file, "a longer text");
    write_private_file(file, "short");
    EXPECT_EQ(read_file(file), "short");
    size_t entries = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory.path()))
        ++entries;
    EXPECT_EQ(entries, 1u);
}

TEST(Files, ErrorsNameTheFile) {
    const TemporaryDirectory directory;
    EXPECT_THAT([&] { read_file(directory.path() / "absent"); },
                ThrowsMessage<std::runtime_error>(HasSubstr("absent: No such file")));
    EXPECT_THAT([&] { write_private_file(directory.path() / "no" / "folder", ""); },
                ThrowsMessage<std::runtime_error>(HasSubstr("cannot create")));
    write_private_file(directory.path() / "file", "");
    EXPECT_THAT([&] { create_private_directory(directory.path() / "file" / "below"); },
                ThrowsMessage<std::runtime_error>(HasSubstr("cannot create folder")));
}

TEST(DirectoryLock, IsForOneAtATime) {
    const TemporaryDirectory directory;
    {
        const DirectoryLock lock(directory.path());
        EXPECT_THAT(
            [&] { DirectoryLock(directory.path()); },
            ThrowsMessage<std::runtime_error>(HasSubstr("another fleet server already runs")));
    }
    EXPECT_NO_THROW(DirectoryLock(directory.path()));
}

}  // namespace
}  // namespace ganglion::fleet
