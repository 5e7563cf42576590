#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "device/update/testing/believe_all.hpp"
#include "device/update/updater.hpp"

namespace {

using namespace ganglion;
using namespace ganglion::update;

constexpr uint32_t kBlock = Flash::kBlockBytes;
constexpr Layout kLayout{.state = 0,
                         .keys = 4 * kBlock,
                         .journal = 6 * kBlock,
                         .index = 7 * kBlock,
                         .index_bytes = kBlock,
                         .delta = 8 * kBlock,
                         .delta_bytes = 2 * kBlock,
                         .bundle = {Slot{10 * kBlock, 3 * kBlock}, Slot{13 * kBlock, 3 * kBlock}},
                         .firmware = 16 * kBlock,
                         .firmware_bytes = 3 * kBlock,
                         .staging = 19 * kBlock};

// A key list of one key, whose id is the first bytes of the digest that kBelieveAll gives.
std::vector<uint8_t> any_key_list() {
    std::vector<uint8_t> list(kEnvelopePrefix.begin(), kEnvelopePrefix.end());
    const std::array<uint8_t, 9> payload_start{0xa3, 0, 1, 1, 1, 2, 0x81, 0xa1, 0};
    list.insert(list.end(), 8, 0);
    list.push_back(0xa0);
    list.insert(list.end(), {0x58, payload_start.size() + 66});
    list.insert(list.end(), payload_start.begin(), payload_start.end());
    list.insert(list.end(), {0x58, 64});
    list.insert(list.end(), 64, 1);
    list.insert(list.end(), {0x58, 64});
    list.insert(list.end(), 64, 2);
    return list;
}

}  // namespace

/// libFuzzer entry: any bytes, signed or not, are refused as a manifest or begin a transfer whose
/// every piece lies within its place; any pieces then leave all other places as they were. The
/// first half of the input is the manifest (its length in the first two bytes), the rest is sent as
/// pieces. Returns -1 for a refused manifest.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) return -1;
    const size_t wanted = size_t{data[0]} << 8U | data[1];
    const std::span<const uint8_t> input(data + 2, size - 2);
    const auto manifest = input.first(std::min(wanted, input.size()));
    auto rest = input.subspan(manifest.size());
    KeyList keys;
    keys.parse(manifest, PublicKey{}, kBelieveAll);

    static std::vector<uint8_t> memory;
    memory.assign(22 * kBlock, 0xff);
    MappedFlash flash(memory);
    const Identity identity{};
    Updater updater(flash, kLayout, identity, kBelieveAll);
    if (updater.mount() != Status::ok || updater.take_keys(any_key_list()) != Status::ok)
        std::abort();
    if (updater.offer(manifest) != Status::ok) return -1;
    const Slot target = updater.pending_slot();
    std::vector<uint8_t> before = memory;
    Transfer& transfer = updater.transfer();
    std::array<uint8_t, kPieceBytes> piece;
    while (!transfer.received()) {
        const uint32_t bytes = transfer.piece_bytes(transfer.next_piece());
        if (bytes == 0 || bytes > piece.size()) std::abort();
        for (uint32_t i = 0; i < bytes; ++i) piece[i] = i < rest.size() ? rest[i] : 0;
        rest = rest.subspan(std::min<size_t>(rest.size(), bytes));
        if (transfer.take(transfer.next_piece(), std::span(piece).first(bytes)) != Status::ok)
            break;
    }
    if (transfer.received() && updater.assemble() == Status::ok) updater.install();
    for (size_t i = 0; i < memory.size(); ++i) {
        const bool open = i < kLayout.keys || (i >= kLayout.index && i < 10 * kBlock) ||
                          (i >= target.offset && i < target.offset + target.bytes);
        if (!open && memory[i] != before[i]) std::abort();
    }
    return 0;
}
