#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <random>
#include <thread>

#include "compile/bundle_signature.hpp"
#include "device/core/crc32.hpp"
#include "device/update/updater.hpp"
#include "firmware/emulator/process.hpp"
#include "firmware/update_layout.hpp"
#include "paths.hpp"
#include "update/host_crypto.hpp"
#include "update/package.hpp"

// The boot loader itself on the emulated board, its flash in a file; the emulator is killed at
// random.

namespace ganglion::firmware {
namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<uint8_t>;

std::filesystem::path built(const std::string& name) {
    return std::filesystem::path(GANGLION_SOURCE_DIR) / "build/cortex-m4/firmware" / name;
}

Bytes read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

struct BootTest : ::testing::Test {
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("boot_test." + std::to_string(getpid()));
    const std::filesystem::path image = folder / "flash.img";
    const std::filesystem::path console = folder / "console.log";
    const std::string root = compile::generate_signing_key();
    const std::string signer = compile::generate_signing_key();
    update::HostCrypto host;
    update::Crypto crypto = host.callbacks();
    update::Identity identity{{1}, {2}, {}, update::public_point_of(root)};
    uint8_t* memory = nullptr;

    void SetUp() override {
        if (!std::filesystem::exists(built("boot.elf")))
            GTEST_SKIP() << "SKIPPED: needs " << built("boot.elf").string()
                         << " (cmake --preset cortex-m4 && cmake --build --preset cortex-m4)";
        std::filesystem::create_directories(folder);
        const int descriptor = open(image.c_str(), O_RDWR | O_CREAT, 0600);
        ASSERT_EQ(ftruncate(descriptor, kImageBytes), 0);
        void* mapped =
            mmap(nullptr, kImageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
        close(descriptor);
        ASSERT_NE(mapped, MAP_FAILED);
        memory = static_cast<uint8_t*>(mapped);
        provision();
    }
    void TearDown() override {
        if (memory != nullptr) munmap(memory, kImageBytes);
        std::filesystem::remove_all(folder);
    }

    MappedFlash flash() { return MappedFlash({memory, kUpdateFlashBytes}); }

    update::Manifest description(uint32_t sequence) const {
        update::Manifest manifest;
        manifest.vendor = identity.vendor;
        manifest.hardware_class = identity.hardware_class;
        manifest.component = update::Component::firmware;
        manifest.sequence = sequence;
        manifest.version = {sequence, 0, 0};
        return manifest;
    }

    // As it leaves the factory: identity, keys, and the app `one`.
    void provision() {
        std::fill_n(memory, kUpdateFlashBytes, uint8_t{0xff});
        IdentityPage page{IdentityPage::kMagic, 0, identity.vendor, identity.hardware_class,
                          identity.root};
        page.crc = crc32({reinterpret_cast<const uint8_t*>(&page) + offsetof(IdentityPage, vendor),
                          sizeof page - offsetof(IdentityPage, vendor)});
        std::memcpy(memory + kIdentityOffset, &page, sizeof page);
        MappedFlash to = flash();
        const std::vector<update::ListedKey> keys{{update::public_point_of(signer)}};
        const Bytes list = update::make_key_list(1, keys, root);
        for (uint32_t copy = 0; copy < 2; ++copy)
            ASSERT_EQ(update::write_blob(to, kUpdateLayout.keys + copy * kEraseBlock, list),
                      Status::ok);
        const Bytes app = read_file(built("boot_app_one.bin"));
        const auto package = update::make_package(description(1), app, signer);
        const update::Slot slot = kUpdateLayout.firmware_slot();
        ASSERT_EQ(update::write_blob(to, slot.offset, package.manifest), Status::ok);
        ASSERT_EQ(update::write_area(to, slot.image(), app), Status::ok);
    }

    // What the running firmware would do: takes the update and asks the boot loader to swap.
    void request(const std::string& app, uint32_t sequence, bool delta) {
        MappedFlash to = flash();
        update::Updater updater(to, kUpdateLayout, identity, crypto);
        ASSERT_EQ(updater.mount(), Status::ok);
        const Bytes now = read_file(built("boot_app_one.bin"));
        std::optional<std::span<const uint8_t>> base;
        if (delta) base = now;
        const auto package =
            update::make_package(description(sequence), read_file(built(app)), signer, base);
        ASSERT_EQ(updater.offer(package.manifest), Status::ok);
        while (!updater.transfer().received()) {
            const uint32_t piece = updater.transfer().next_piece();
            ASSERT_EQ(updater.transfer().take(piece, package.piece(piece)), Status::ok);
        }
        ASSERT_EQ(updater.assemble(), Status::ok);
        ASSERT_EQ(updater.install(), Status::ok);
    }

    // Runs until the app ends the emulator or the boot loader gives up, or for so long; returns
    // what the console says.
    std::string run(std::chrono::milliseconds at_most, bool& ended) {
        std::filesystem::remove(console);
        const std::vector<std::string> command{
            "qemu-system-arm",
            "-M",
            "mps2-an386",
            "-display",
            "none",
            "-monitor",
            "none",
            "-kernel",
            built("boot.elf").string(),
            "-nic",
            "none",
            "-semihosting-config",
            "enable=on,target=native",
            "-serial",
            "file:" + console.string(),
            "-icount",
            "shift=5,sleep=off",
            "-object",
            "memory-backend-file,id=ps,size=16M,share=on,mem-path=" + image.string(),
            "-machine",
            "memory-backend=ps"};
        Process emulator(command, -1, folder / "emulator.log");
        const auto until = std::chrono::steady_clock::now() + at_most;
        std::string text;
        do {
            ended = emulator.wait(20ms);
            const Bytes bytes = read_file(console);
            text.assign(bytes.begin(), bytes.end());
        } while (!ended && std::chrono::steady_clock::now() < until &&
                 text.find("boot:") == std::string::npos);
        emulator.kill();
        return text;
    }

    std::string run_to_the_end() {
        bool ended = false;
        std::string text = run(60s, ended);
        EXPECT_TRUE(ended) << text << read_file(folder / "emulator.log").size();
        return text;
    }
};

TEST_F(BootTest, starts_swaps_and_reverts) {
    EXPECT_EQ(run_to_the_end(), "app one\nruns\n");
    request("boot_app_silent.bin", 2, false);
    EXPECT_EQ(run_to_the_end(), "app silent\napp silent\napp silent\napp one\nruns\n");
    request("boot_app_two.bin", 3, true);
    EXPECT_EQ(run_to_the_end(), "app two\nconfirmed\n");
    EXPECT_EQ(run_to_the_end(), "app two\nruns\n");
}

TEST_F(BootTest, a_damaged_or_unsigned_image_does_not_run) {
    memory[kUpdateLayout.firmware_slot().image() + 1000] ^= 1;
    bool ended = true;
    const std::string text = run(60s, ended);
    EXPECT_FALSE(ended);
    EXPECT_TRUE(text.starts_with("boot: no firmware that may run\n")) << text;
}

TEST_F(BootTest, comes_to_the_end_though_the_emulator_is_killed_at_random) {
    std::mt19937 random(1);
    request("boot_app_two.bin", 2, true);
    bool ended = false;
    for (int i = 0; i < 20 && !ended; ++i) {
        const std::string text = run(std::chrono::milliseconds(20 + random() % 700), ended);
        ASSERT_EQ(text.find("boot:"), std::string::npos) << text;
    }
    const std::string last = run_to_the_end();
    EXPECT_TRUE(last == "app two\nconfirmed\n" || last == "app two\nruns\n") << last;
}

}  // namespace
}  // namespace ganglion::firmware
