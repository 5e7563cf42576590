#include "device/update/swap.hpp"

#include <algorithm>
#include <array>

namespace ganglion::update {
namespace {

constexpr uint32_t kBlock = Flash::kBlockBytes;
constexpr uint32_t kPart = 256;
constexpr int kTries = 3;

using Mark = std::array<uint8_t, Flash::kGranuleBytes>;
using Part = std::array<uint8_t, kPart>;

}  // namespace

Status Swap::clear_journal() {
    for (uint32_t at = 0; at < layout_.journal_bytes(); at += kBlock)
        if (const Status status = flash_.erase(layout_.journal + at); status != Status::ok)
            return status;
    // An old mark that stayed would pass for a step done.
    for (uint32_t mark = 0; mark < layout_.journal_bytes() / Flash::kGranuleBytes; ++mark) {
        Mark stored;
        if (flash_.read(mark_offset(mark), stored) != Status::ok) return Status::io_error;
        for (const uint8_t byte : stored)
            if (byte != 0xff) return Status::io_error;
    }
    return Status::ok;
}

bool Swap::is_marked(uint32_t mark) const {
    Mark stored;
    return flash_.read(mark_offset(mark), stored) == Status::ok && stored == Mark{};
}

Status Swap::set_mark(uint32_t mark) {
    return program_checked(flash_, mark_offset(mark), Mark{});
}

Status Swap::copy_block(uint32_t from, uint32_t to) {
    Status status = Status::io_error;
    for (int i = 0; i < kTries && status != Status::ok; ++i) {
        status = flash_.erase(to);
        for (uint32_t at = 0; at < kBlock && status == Status::ok; at += kPart) {
            Part part;
            status = flash_.read(from + at, part);
            const bool blank =
                std::all_of(part.begin(), part.end(), [](uint8_t byte) { return byte == 0xff; });
            // Read back where blank, too: the erase may not have worked.
            if (status == Status::ok && !blank) status = program_checked(flash_, to + at, part);
        }
        if (status == Status::ok && !same_block(from, to)) status = Status::io_error;
    }
    return status;
}

bool Swap::same_block(uint32_t a, uint32_t b) const {
    for (uint32_t at = 0; at < kBlock; at += kPart) {
        Part first;
        Part second;
        if (flash_.read(a + at, first) != Status::ok || flash_.read(b + at, second) != Status::ok ||
            first != second)
            return false;
    }
    return true;
}

Status Swap::run(uint32_t blocks) {
    // Two steps a block: save the old one, put the new one in its place. A step's mark is set when
    // it is done; the source of a step without a mark is untouched, so it can be done again.
    uint32_t step = 0;
    while (step < 2 * blocks && is_marked(step)) ++step;
    // The last mark may be half written and read differently next time: make it last before
    // anything relies on it.
    if (step != 0)
        if (const Status status = set_mark(step - 1); status != Status::ok) return status;
    for (; step < 2 * blocks; ++step) {
        const uint32_t block = step / 2;
        moved_ = (step + 1) / 2;
        const uint32_t firmware = layout_.firmware + block * kBlock;
        const uint32_t staging = layout_.staging + block * kBlock;
        Status status =
            step % 2 == 0 ? copy_block(firmware, staging) : copy_block(staging + kBlock, firmware);
        if (status == Status::ok) status = set_mark(step);
        if (status != Status::ok) return status;
    }
    moved_ = blocks;
    return Status::ok;
}

Status Swap::restore(uint32_t blocks) {
    for (uint32_t block = 0; block < blocks; ++block) {
        // Also where it reads alike: a cut may have left it weak.
        const Status status =
            copy_block(layout_.staging + block * kBlock, layout_.firmware + block * kBlock);
        if (status != Status::ok) return status;
    }
    return Status::ok;
}

}  // namespace ganglion::update
