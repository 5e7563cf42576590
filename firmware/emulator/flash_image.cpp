#include "firmware/emulator/flash_image.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "device/core/crc32.hpp"
#include "device/update/installed.hpp"
#include "firmware/emulator/board.hpp"

namespace ganglion::firmware {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
    throw std::runtime_error("flash image " + file.string() + ": " + what);
}

}  // namespace

FlashImage::FlashImage(const std::filesystem::path& file) : file_(file) {
    descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor_ < 0) fail(file, std::strerror(errno));
    try {
        if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0)
            fail(file, "another board uses it; give each board its own");
        struct stat status {};
        ::fstat(descriptor_, &status);
        const bool fresh = status.st_size == 0;
        if (!fresh && status.st_size != kImageBytes)
            fail(file,
                 "is no flash image (its size is not 16 MB); remove it or choose another file");
        if (fresh && ::ftruncate(descriptor_, kImageBytes) != 0) fail(file, std::strerror(errno));
        void* mapped =
            ::mmap(nullptr, kImageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
        if (mapped == MAP_FAILED) fail(file, std::strerror(errno));
        memory_ = static_cast<uint8_t*>(mapped);
        if (fresh) std::memset(memory_, 0xff, kUpdateFlashBytes);
    } catch (...) {
        ::close(descriptor_);
        throw;
    }
}

FlashImage::~FlashImage() {
    ::munmap(memory_, kImageBytes);
    ::close(descriptor_);
}

void FlashImage::write_provisioning(const Provisioning& provisioning) {
    const std::span<uint8_t> page(memory_ + kProvisioningOffset, kProvisioningBytes);
    std::fill(page.begin(), page.end(), uint8_t{0xff});
    if (firmware::write_provisioning(provisioning, page) == 0)
        fail(file_, "certificates and keys are larger than the provisioning page (16 KB)");
}

void FlashImage::write_bundle(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw std::runtime_error("bundle " + file.string() + ": cannot be read");
    const std::vector<char> bytes{std::istreambuf_iterator<char>(in),
                                  std::istreambuf_iterator<char>()};
    if (bytes.size() > kBundleSlotBytes)
        throw std::runtime_error("bundle " + file.string() +
                                 ": larger than the board's slot (1.5 MB)");
    const std::span<uint8_t> slot(memory_ + kBundleSlotOffset[0], kBundleSlotBytes);
    const auto end = std::copy(bytes.begin(), bytes.end(), slot.begin());
    std::fill(end, slot.end(), uint8_t{0xff});
}

void FlashImage::write_factory(const BoardFactory& factory) {
    IdentityPage page;
    std::memcpy(&page, memory_ + kIdentityOffset, sizeof page);
    if (page.magic == IdentityPage::kMagic) return;
    MappedFlash flash({memory_, kUpdateFlashBytes});
    const auto must = [&](Status status, const char* what) {
        if (status != Status::ok) fail(file_, std::string(what) + ": " + to_string(status));
    };
    const auto fill = [&](const update::Slot& slot, const std::vector<uint8_t>& manifest,
                          const std::vector<uint8_t>& image, const char* what) {
        if (image.size() > slot.room()) fail(file_, std::string(what) + " is larger than its slot");
        must(update::write_blob(flash, slot.offset, manifest), what);
        must(update::write_area(flash, slot.image(), image), what);
    };
    for (uint32_t copy = 0; copy < update::Layout::kKeyBlocks; ++copy)
        must(update::write_blob(flash, kUpdateLayout.keys + copy * kEraseBlock, factory.key_list),
             "key list");
    fill(kUpdateLayout.bundle[0], factory.manifest, factory.bundle, "bundle");
    if (!factory.firmware.empty())
        fill(kUpdateLayout.firmware_slot(), factory.firmware_manifest, factory.firmware,
             "firmware");
    // The identity last: with it the flash is as it should be.
    page = factory.identity;
    page.magic = IdentityPage::kMagic;
    page.crc = crc32({reinterpret_cast<const uint8_t*>(&page) + offsetof(IdentityPage, vendor),
                      sizeof page - offsetof(IdentityPage, vendor)});
    std::memcpy(memory_ + kIdentityOffset, &page, sizeof page);
}

void FlashImage::reset_port(bool fast, uint32_t speed) {
    std::memset(memory_ + kSamplePortOffset, 0, sizeof(SamplePort));
    port().magic = kSamplePortMagic;
    port().pace = fast ? 1 : 0;
    port().speed = speed;
}

volatile SamplePort& FlashImage::port() const {
    return *reinterpret_cast<volatile SamplePort*>(memory_ + kSamplePortOffset);
}

size_t FlashImage::put(std::span<const int16_t> values) {
    volatile SamplePort& to = port();
    const uint32_t written = to.written;
    const size_t count = std::min<size_t>(values.size(), kSampleRingValues - (written - to.taken));
    auto* ring = reinterpret_cast<int16_t*>(memory_ + kSampleRingOffset);
    for (size_t i = 0; i < count; ++i)
        ring[(written + static_cast<uint32_t>(i)) % kSampleRingValues] = values[i];
    std::atomic_thread_fence(std::memory_order_release);
    to.written = written + static_cast<uint32_t>(count);
    return count;
}

}  // namespace ganglion::firmware
