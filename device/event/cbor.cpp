#include "device/event/cbor.hpp"

#include <cstring>

namespace ganglion {
namespace {

constexpr unsigned kMaxSkipDepth = 8;

enum Major : uint8_t {
    kUint = 0,
    kNegative = 1,
    kBytes = 2,
    kText = 3,
    kArray = 4,
    kMap = 5,
    kTag = 6,
    kSimple = 7
};

constexpr uint8_t kFalse = 20;
constexpr uint8_t kTrue = 21;

}  // namespace

void CborWriter::append(std::span<const uint8_t> bytes) {
    if (!ok_ || bytes.size() > buffer_.size() - size_) {
        ok_ = false;
        return;
    }
    if (!bytes.empty()) std::memcpy(buffer_.data() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
}

void CborWriter::head(uint8_t major, uint64_t argument) {
    uint8_t encoded[9];
    const uint8_t type = static_cast<uint8_t>(major << 5);
    size_t following = 0;
    if (argument < 24) {
        encoded[0] = static_cast<uint8_t>(type | argument);
    } else {
        const unsigned log_bytes = argument <= 0xff          ? 0
                                   : argument <= 0xffff      ? 1
                                   : argument <= 0xffffffffU ? 2
                                                             : 3;
        following = size_t{1} << log_bytes;
        encoded[0] = static_cast<uint8_t>(type | (24 + log_bytes));
        for (size_t i = 0; i < following; ++i)
            encoded[1 + i] = static_cast<uint8_t>(argument >> (8 * (following - 1 - i)));
    }
    append({encoded, 1 + following});
}

void CborWriter::text(std::string_view value) {
    head(kText, value.size());
    append({reinterpret_cast<const uint8_t*>(value.data()), value.size()});
}

void CborWriter::bytes(std::span<const uint8_t> value) {
    head(kBytes, value.size());
    append(value);
}

bool CborReader::peek(Head& head) const {
    if (position_ >= input_.size()) return false;
    const uint8_t initial = input_[position_];
    head.major = initial >> 5;
    head.info = initial & 31;
    head.next = position_ + 1;
    head.argument = head.info;
    if (head.info < 24) return true;
    if (head.info > 27) return false;  // reserved, or an indefinite length
    const size_t following = size_t{1} << (head.info - 24);
    if (following > input_.size() - head.next) return false;
    head.argument = 0;
    for (size_t i = 0; i < following; ++i)
        head.argument = head.argument << 8 | input_[head.next + i];
    head.next += following;
    return true;
}

bool CborReader::uint(uint64_t& value) {
    Head head;
    if (!peek(head) || head.major != kUint) return false;
    value = head.argument;
    position_ = head.next;
    return true;
}

bool CborReader::uint(uint32_t& value) {
    const size_t start = position_;
    uint64_t wide = 0;
    if (!uint(wide)) return false;
    if (wide > UINT32_MAX) {
        position_ = start;
        return false;
    }
    value = static_cast<uint32_t>(wide);
    return true;
}

bool CborReader::integer(int32_t& value) {
    Head head;
    if (!peek(head) || head.major > kNegative || head.argument > INT32_MAX) return false;
    const int32_t argument = static_cast<int32_t>(head.argument);
    value = head.major == kUint ? argument : -1 - argument;
    position_ = head.next;
    return true;
}

bool CborReader::boolean(bool& value) {
    Head head;
    if (!peek(head) || head.major != kSimple || (head.info != kFalse && head.info != kTrue))
        return false;
    value = head.info == kTrue;
    position_ = head.next;
    return true;
}

bool CborReader::string(uint8_t major, std::span<const uint8_t>& value) {
    Head head;
    if (!peek(head) || head.major != major || head.argument > input_.size() - head.next)
        return false;
    value = input_.subspan(head.next, static_cast<size_t>(head.argument));
    position_ = head.next + value.size();
    return true;
}

bool CborReader::text(std::string_view& value) {
    std::span<const uint8_t> bytes;
    if (!string(kText, bytes)) return false;
    value = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    return true;
}

bool CborReader::bytes(std::span<const uint8_t>& value) {
    return string(kBytes, value);
}

bool CborReader::count(uint8_t major, size_t& value) {
    Head head;
    // Every item takes a byte at least, so a larger count cannot be met; it also keeps loops over
    // it short.
    if (!peek(head) || head.major != major || head.argument > input_.size() - head.next)
        return false;
    value = static_cast<size_t>(head.argument);
    position_ = head.next;
    return true;
}

bool CborReader::array(size_t& items) {
    return count(kArray, items);
}

bool CborReader::map(size_t& pairs) {
    return count(kMap, pairs);
}

bool CborReader::skip() {
    const size_t start = position_;
    // Items still to be read on each level; the walk is iterative so that hostile nesting cannot
    // use up the stack.
    uint64_t open[kMaxSkipDepth] = {1};
    size_t depth = 0;
    while (true) {
        while (open[depth] == 0) {
            if (depth == 0) return true;
            --depth;
        }
        --open[depth];
        Head head;
        if (!peek(head)) break;
        const size_t left = input_.size() - head.next;
        position_ = head.next;
        if (head.major == kBytes || head.major == kText) {
            if (head.argument > left) break;
            position_ += static_cast<size_t>(head.argument);
        } else if (head.major == kArray || head.major == kMap || head.major == kTag) {
            if (head.major != kTag && head.argument > left) break;
            if (++depth == kMaxSkipDepth) break;
            open[depth] = head.major == kTag   ? 1
                          : head.major == kMap ? 2 * head.argument
                                               : head.argument;
        }
    }
    position_ = start;
    return false;
}

}  // namespace ganglion
