#include <algorithm>
#include <fstream>
#include <iterator>

#include "firmware/emulator/testing/update_fixture.hpp"

// The agent takes a whole firmware over the network: the boot loader swaps it in, it confirms
// itself or comes back.

namespace ganglion::firmware {
namespace {

std::filesystem::path built(const char* name) {
    return firmware_elf().parent_path() / name;
}

Bytes read_image(const char* name) {
    std::ifstream file(built(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

constexpr std::string_view kVersion = GANGLION_VERSION;

/// The same firmware with another number: what it says of itself.
Bytes with_version(Bytes image, std::string_view version) {
    const auto at = std::search(image.begin(), image.end(), kVersion.begin(), kVersion.end());
    EXPECT_NE(at, image.end());
    EXPECT_EQ(version.size(), kVersion.size());
    std::copy(version.begin(), version.end(), at);
    return image;
}

struct AgentFirmwareTest : AgentUpdateTest {
    const Bytes old_firmware = read_image("firmware_slot.bin");

    static update::Manifest describe_firmware(uint32_t sequence) {
        update::Manifest manifest = describe(Component::firmware, sequence);
        manifest.health.starts = 4;
        manifest.health.min_ms = 500;
        manifest.health.max_ms = 20'000;
        manifest.health.reconnect = true;
        return manifest;
    }

    /// Starts with the boot loader, which starts what lies in the slot.
    BoardConfig booted(const std::string& id) {
        BoardConfig made = updatable(id);
        made.firmware = built("boot.elf");
        made.factory->firmware = old_firmware;
        made.factory->firmware_manifest =
            update::make_package(describe_firmware(1), old_firmware, signer).manifest;
        return made;
    }

    Package firmware_package(uint32_t sequence, const Bytes& image) const {
        return update::make_package(describe_firmware(sequence), image, signer, old_firmware);
    }
};

#define NEEDS_SLOT_FIRMWARE()                                       \
    if (!std::filesystem::exists(built("firmware_slot.bin")))       \
    GTEST_SKIP() << "SKIPPED: needs " << built("firmware_slot.bin") \
                 << " (cmake --preset cortex-m4 && cmake --build --preset cortex-m4)"

TEST_F(AgentFirmwareTest, a_firmware_comes_over_the_network_and_confirms_itself) {
    NEEDS_SLOT_FIRMWARE();
    Server server(authority, broker.port());  // acknowledges events: the board is answered
    EmulatedBoard board(booted("whole"));
    UpdateFleet fleet(authority, broker.port(), "whole");
    board.start();
    ASSERT_TRUE(eventually(60s, [&] { return board.state().connected != 0; })) << board.console();
    const Package package = firmware_package(2, with_version(old_firmware, "9.8.7"));
    EXPECT_LT(package.payload.size(), old_firmware.size() / 100) << "a version costs a delta";
    fleet.offer(package);
    ASSERT_TRUE(eventually(120s, [&] { return fleet.seen().firmware.confirmed == 2; }))
        << board.console();
    EXPECT_EQ(fleet.seen().firmware.version, (update::Version{2, 0, 0}));
    EXPECT_EQ(fleet.seen().boot, 2U);
    EXPECT_NE(board.console().find("version 9.8.7"), std::string::npos) << board.console();
    // The bundle decides on, under the new firmware.
    EXPECT_EQ(board.state().state, static_cast<uint32_t>(AgentState::deciding));
}

TEST_F(AgentFirmwareTest, a_firmware_that_loses_its_network_comes_back_alone) {
    NEEDS_SLOT_FIRMWARE();
    Server server(authority, broker.port());
    EmulatedBoard board(booted("mute"));
    UpdateFleet fleet(authority, broker.port(), "mute");
    board.start();
    ASSERT_TRUE(eventually(60s, [&] { return board.state().connected != 0; })) << board.console();
    fleet.offer(firmware_package(2, read_image("firmware_mute.bin")));
    // Nobody can reach the device while it runs that.
    ASSERT_TRUE(eventually(200s, [&] { return fleet.seen().firmware.ended == Ended::unhealthy; }))
        << board.console();
    EXPECT_EQ(fleet.seen().firmware.confirmed, 0U);  // the factory's
    EXPECT_EQ(fleet.seen().firmware.floor, 2U);      // and never again that one
    EXPECT_EQ(fleet.seen().boot, 3U);                // the old one, the mute one, the old one again
}

}  // namespace
}  // namespace ganglion::firmware
