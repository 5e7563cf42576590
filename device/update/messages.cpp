#include "device/update/messages.hpp"

#include <algorithm>

#include "device/event/map_reader.hpp"

namespace ganglion::update {
namespace {

enum StatusKey : uint32_t { kBoot, kKeyList, kParts, kTransfer, kRefusal, kDeferred, kScores };
enum WantKey : uint32_t { kWantComponent, kWantSequence, kFirst, kCount, kBase };
enum PieceKey : uint32_t { kPieceSequence, kNumber, kBytes };
enum UndoKey : uint32_t { kUndoComponent, kUndoSequence };

constexpr size_t kMaxReason = 48;

constexpr uint32_t keys_through(uint32_t last) {
    return (1U << (last + 1)) - 1;
}

size_t finished(const CborWriter& out) {
    return out.ok() ? out.size() : 0;
}

bool has(CborReader& in, size_t items) {
    size_t count = 0;
    return in.array(count) && count == items;
}

template <typename Enum>
bool read_enum(CborReader& in, Enum last, Enum& value) {
    uint32_t number = 0;
    if (!in.uint(number) || number > static_cast<uint32_t>(last)) return false;
    value = static_cast<Enum>(number);
    return true;
}

bool read_prefix(CborReader& in, DigestPrefix& prefix) {
    std::span<const uint8_t> bytes;
    if (!in.bytes(bytes) || bytes.size() != prefix.size()) return false;
    std::copy(bytes.begin(), bytes.end(), prefix.begin());
    return true;
}

bool read_reason(CborReader& in, std::string_view& text) {
    return in.text(text) && text.size() <= kMaxReason && is_utf8(text);
}

bool read_part(CborReader& in, UpdateStatus::Part& part) {
    if (!has(in, 6) || !read_enum(in, Phase::restoring, part.phase) ||
        !read_enum(in, Ended::undone, part.ended) || !in.uint(part.confirmed) ||
        !in.uint(part.floor) || !has(in, part.version.size()))
        return false;
    for (uint32_t& number : part.version)
        if (!in.uint(number)) return false;
    return read_prefix(in, part.digest);
}

bool read_parts(CborReader& in, std::array<UpdateStatus::Part, kComponents>& parts) {
    if (!has(in, parts.size())) return false;
    for (UpdateStatus::Part& part : parts)
        if (!read_part(in, part)) return false;
    return true;
}

bool read_transfer(CborReader& in, std::optional<UpdateStatus::Transfer>& to) {
    UpdateStatus::Transfer transfer;
    if (!has(in, 4) || !read_enum(in, Component::firmware, transfer.component) ||
        !in.uint(transfer.sequence) || !in.uint(transfer.next) || !in.uint(transfer.pieces) ||
        transfer.next > transfer.pieces)
        return false;
    to = transfer;
    return true;
}

bool read_refusal(CborReader& in, std::optional<UpdateStatus::Refusal>& to) {
    UpdateStatus::Refusal refusal;
    if (!has(in, 2) || !in.uint(refusal.sequence) || !read_reason(in, refusal.why)) return false;
    to = refusal;
    return true;
}

bool read_scores(CborReader& in, std::optional<UpdateStatus::Scores>& to) {
    UpdateStatus::Scores scores;
    if (!has(in, 4) || !in.uint(scores.sequence) || !in.uint(scores.counts.inferences) ||
        !in.uint(scores.counts.alerts) || !has(in, scores.counts.bins.size()))
        return false;
    uint64_t sum = 0;
    for (uint32_t& bin : scores.counts.bins) {
        if (!in.uint(bin)) return false;
        sum += bin;
    }
    if (sum != scores.counts.inferences || scores.counts.alerts > scores.counts.inferences)
        return false;
    to = scores;
    return true;
}

void write_part(CborWriter& out, const UpdateStatus::Part& part) {
    out.array(6);
    out.uint(static_cast<uint8_t>(part.phase));
    out.uint(static_cast<uint8_t>(part.ended));
    out.uint(part.confirmed);
    out.uint(part.floor);
    out.array(part.version.size());
    for (const uint32_t number : part.version) out.uint(number);
    out.bytes(std::span<const uint8_t>(part.digest));
}

}  // namespace

DigestPrefix prefix_of(const Digest& digest) {
    DigestPrefix prefix;
    std::copy_n(digest.begin(), prefix.size(), prefix.begin());
    return prefix;
}

size_t encode(const UpdateStatus& status, std::span<uint8_t> buffer) {
    CborWriter out(buffer);
    out.map(3 + (status.transfer ? 1U : 0U) + (status.refusal ? 1U : 0U) +
            (status.deferred.empty() ? 0U : 1U) + (status.scores ? 1U : 0U));
    out.uint(kBoot), out.uint(status.boot);
    out.uint(kKeyList), out.uint(status.key_list);
    out.uint(kParts), out.array(status.parts.size());
    for (const UpdateStatus::Part& part : status.parts) write_part(out, part);
    if (status.transfer) {
        out.uint(kTransfer), out.array(4);
        out.uint(static_cast<uint8_t>(status.transfer->component));
        for (const uint32_t number :
             {status.transfer->sequence, status.transfer->next, status.transfer->pieces})
            out.uint(number);
    }
    if (status.refusal) {
        out.uint(kRefusal), out.array(2);
        out.uint(status.refusal->sequence);
        out.text(status.refusal->why.substr(0, kMaxReason));
    }
    if (!status.deferred.empty())
        out.uint(kDeferred), out.text(status.deferred.substr(0, kMaxReason));
    if (status.scores) {
        const ScoreCounts& counts = status.scores->counts;
        out.uint(kScores), out.array(4);
        for (const uint32_t number : {status.scores->sequence, counts.inferences, counts.alerts})
            out.uint(number);
        out.array(counts.bins.size());
        for (const uint32_t bin : counts.bins) out.uint(bin);
    }
    return finished(out);
}

bool decode(std::span<const uint8_t> payload, UpdateStatus& status) {
    status = {};
    CborReader in(payload);
    return read_map(in, keys_through(kParts),
                    [&](uint64_t key) {
                        switch (key) {
                            case kBoot:
                                return in.uint(status.boot);
                            case kKeyList:
                                return in.uint(status.key_list);
                            case kParts:
                                return read_parts(in, status.parts);
                            case kTransfer:
                                return read_transfer(in, status.transfer);
                            case kRefusal:
                                return read_refusal(in, status.refusal);
                            case kDeferred:
                                return read_reason(in, status.deferred);
                            case kScores:
                                return read_scores(in, status.scores);
                            default:
                                return in.skip();
                        }
                    }) &&
           in.at_end();
}

size_t encode(const Want& want, std::span<uint8_t> buffer) {
    CborWriter out(buffer);
    out.map(want.base ? 5 : 4);
    out.uint(kWantComponent), out.uint(static_cast<uint8_t>(want.component));
    out.uint(kWantSequence), out.uint(want.sequence);
    out.uint(kFirst), out.uint(want.first);
    out.uint(kCount), out.uint(want.count);
    if (want.base) out.uint(kBase), out.bytes(std::span<const uint8_t>(*want.base));
    return finished(out);
}

bool decode(std::span<const uint8_t> payload, Want& want) {
    want = {};
    CborReader in(payload);
    return read_map(in, keys_through(kCount),
                    [&](uint64_t key) {
                        switch (key) {
                            case kWantComponent:
                                return read_enum(in, Component::firmware, want.component);
                            case kWantSequence:
                                return in.uint(want.sequence);
                            case kFirst:
                                return in.uint(want.first);
                            case kCount:
                                return in.uint(want.count);
                            case kBase:
                                return read_prefix(in, want.base.emplace());
                            default:
                                return in.skip();
                        }
                    }) &&
           in.at_end() && want.count >= 1 && want.count <= kMaxWanted;
}

size_t encode(const Piece& piece, std::span<uint8_t> buffer) {
    CborWriter out(buffer);
    out.map(3);
    out.uint(kPieceSequence), out.uint(piece.sequence);
    out.uint(kNumber), out.uint(piece.number);
    out.uint(kBytes), out.bytes(piece.bytes);
    return finished(out);
}

bool decode(std::span<const uint8_t> payload, Piece& piece) {
    piece = {};
    CborReader in(payload);
    return read_map(in, keys_through(kBytes),
                    [&](uint64_t key) {
                        switch (key) {
                            case kPieceSequence:
                                return in.uint(piece.sequence);
                            case kNumber:
                                return in.uint(piece.number);
                            case kBytes:
                                return in.bytes(piece.bytes);
                            default:
                                return in.skip();
                        }
                    }) &&
           in.at_end() && piece.bytes.size() <= kPieceBytes;
}

size_t encode(const Undo& undo, std::span<uint8_t> buffer) {
    CborWriter out(buffer);
    out.map(2);
    out.uint(kUndoComponent), out.uint(static_cast<uint8_t>(undo.component));
    out.uint(kUndoSequence), out.uint(undo.sequence);
    return finished(out);
}

bool decode(std::span<const uint8_t> payload, Undo& undo) {
    undo = {};
    CborReader in(payload);
    return read_map(in, keys_through(kUndoSequence),
                    [&](uint64_t key) {
                        switch (key) {
                            case kUndoComponent:
                                return read_enum(in, Component::firmware, undo.component);
                            case kUndoSequence:
                                return in.uint(undo.sequence);
                            default:
                                return in.skip();
                        }
                    }) &&
           in.at_end();
}

}  // namespace ganglion::update
