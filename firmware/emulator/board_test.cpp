#include "firmware/emulator/board.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "firmware/emulator/flash_image.hpp"
#include "firmware/emulator/process.hpp"
#include "firmware/emulator/qmp.hpp"

namespace ganglion::firmware {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

struct BoardTest : ::testing::Test {
    std::filesystem::path folder;

    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "ganglion_XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    void write(const std::string& name, const std::string& text) const {
        std::ofstream(folder / name) << text;
    }
};

TEST_F(BoardTest, image_is_made_blank_and_kept) {
    {
        FlashImage image(folder / "flash.img");
        image.reset_port(true);
        EXPECT_EQ(image.port().magic, kSamplePortMagic);
        EXPECT_EQ(image.port().pace, 1U);
    }
    ASSERT_EQ(std::filesystem::file_size(folder / "flash.img"), kImageBytes);
    std::fstream file(folder / "flash.img", std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(kOutboxOffset);
    EXPECT_EQ(file.get(), 0xff);
    file.seekp(kOutboxOffset);
    file.put('x');
    file.close();
    const FlashImage again(folder / "flash.img");
    std::ifstream reread(folder / "flash.img", std::ios::binary);
    reread.seekg(kOutboxOffset);
    EXPECT_EQ(reread.get(), 'x');
}

TEST_F(BoardTest, image_of_another_kind_or_in_use_is_refused) {
    write("text", "hello");
    EXPECT_THAT([&] { FlashImage image(folder / "text"); },
                ThrowsMessage<std::runtime_error>(HasSubstr("is no flash image")));
    EXPECT_THAT([&] { FlashImage image(folder / "nowhere" / "flash.img"); },
                ThrowsMessage<std::runtime_error>(HasSubstr("No such file")));
    const FlashImage image(folder / "flash.img");
    EXPECT_THAT([&] { FlashImage second(folder / "flash.img"); },
                ThrowsMessage<std::runtime_error>(HasSubstr("another board uses it")));
}

TEST_F(BoardTest, bundle_that_is_not_there_or_too_large_is_refused) {
    FlashImage image(folder / "flash.img");
    EXPECT_THAT([&] { image.write_bundle(folder / "none"); },
                ThrowsMessage<std::runtime_error>(HasSubstr("cannot be read")));
    write("large", std::string(kBundleSlotBytes + 1, 'x'));
    EXPECT_THAT([&] { image.write_bundle(folder / "large"); },
                ThrowsMessage<std::runtime_error>(HasSubstr("larger than")));
}

TEST_F(BoardTest, ring_takes_what_fits_and_wraps) {
    FlashImage image(folder / "flash.img");
    image.reset_port(false);
    image.port().taken = UINT32_MAX - 1;
    image.port().written = UINT32_MAX - 1;
    const std::vector<int16_t> values(kSampleRingValues + 10, 7);
    EXPECT_EQ(image.put(values), kSampleRingValues);
    EXPECT_EQ(image.put(values), 0U);
    EXPECT_EQ(image.port().written, kSampleRingValues - 2);
    image.port().taken = image.port().taken + 5;
    EXPECT_EQ(image.put(values), 5U);
}

TEST_F(BoardTest, board_without_firmware_or_emulator_says_what_to_do) {
    BoardConfig config;
    config.firmware = folder / "none.elf";
    config.image = folder / "flash.img";
    config.work_dir = folder;
    config.identity.device_id = "d";
    {
        EmulatedBoard board(config);
        EXPECT_THAT([&] { board.start(); },
                    ThrowsMessage<std::runtime_error>(HasSubstr("cmake --preset cortex-m4")));
        EXPECT_FALSE(board.running());
        EXPECT_FALSE(board.feed(std::vector<int16_t>(10)));
        EXPECT_FALSE(board.wait_finished(std::chrono::milliseconds(1)));
        EXPECT_THAT([&] { board.set_network(false); },
                    ThrowsMessage<std::runtime_error>(HasSubstr("does not run")));
    }
    write("none.elf", "not an ELF");
    config.emulator = "ganglion-no-such-emulator";
    EmulatedBoard board(config);
    EXPECT_THAT([&] { board.start(); },
                ThrowsMessage<std::runtime_error>(HasSubstr("apt-get install qemu-system-arm")));
}

TEST_F(BoardTest, emulator_that_fails_is_quoted) {
    BoardConfig config;
    config.firmware = folder / "fw.elf";
    config.image = folder / "flash.img";
    config.work_dir = folder;
    config.identity.device_id = "d";
    config.emulator = folder / "emulator";
    write("fw.elf", "");
    write("emulator", "#!/bin/sh\necho 'no such machine' >&2\nexit 1\n");
    std::filesystem::permissions(folder / "emulator", std::filesystem::perms::owner_all);
    EmulatedBoard board(config);
    EXPECT_THAT([&] { board.start(); },
                ThrowsMessage<std::runtime_error>(HasSubstr("no such machine")));
    EXPECT_FALSE(board.running());
}

TEST_F(BoardTest, process_ends_when_told) {
    Process sleeper({"sleep", "100"}, 0, folder / "log");
    EXPECT_TRUE(sleeper.running());
    EXPECT_FALSE(sleeper.wait(std::chrono::milliseconds(20)));
    sleeper.kill();
    EXPECT_FALSE(sleeper.running());
    Process quick({"true"}, 0, folder / "log");
    EXPECT_TRUE(quick.wait(std::chrono::seconds(10)));
}

struct QmpTest : ::testing::Test {
    int sockets[2];
    void SetUp() override { ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0); }
    void TearDown() override { ::close(sockets[1]); }

    void say(const std::string& text) const {
        ASSERT_EQ(::write(sockets[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }
};

TEST_F(QmpTest, steps_over_events_and_reports_errors) {
    say("{\"QMP\": {}}\r\n{\"return\": {}}\r\n");
    Qmp qmp(sockets[0]);
    say("{\"event\": \"RESUME\"}\r\n{\"return\": {}}\r\n");
    qmp.command("cont");
    say("{\"error\": {\"class\": \"DeviceNotFound\", \"desc\": \"Device 'n0' not found\"}}\r\n");
    EXPECT_THAT([&] { qmp.command("set_link", R"({"name": "n0", "up": false})"); },
                ThrowsMessage<std::runtime_error>(HasSubstr("Device 'n0' not found")));
    say("rubbish\r\n");
    EXPECT_THAT([&] { qmp.command("cont"); },
                ThrowsMessage<std::runtime_error>(HasSubstr("no JSON")));
}

TEST_F(QmpTest, emulator_that_ends_is_noticed) {
    ::shutdown(sockets[1], SHUT_RDWR);
    EXPECT_THAT([&] { Qmp qmp(sockets[0]); },
                ThrowsMessage<std::runtime_error>(HasSubstr("the emulator ended")));
}

}  // namespace
}  // namespace ganglion::firmware
