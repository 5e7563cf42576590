#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ganglion {

class RawSamples;

/// Writes CBOR (RFC 8949, shortest form of every head) into a buffer of the caller. Total: what
/// does not fit is dropped whole and ok() turns false for good.
class CborWriter {
  public:
    explicit CborWriter(std::span<uint8_t> buffer) : buffer_(buffer) {}

    void uint(uint64_t value) { head(0, value); }
    void integer(int64_t value) {
        if (value < 0) {
            head(1, static_cast<uint64_t>(-1 - value));
        } else {
            head(0, static_cast<uint64_t>(value));
        }
    }
    void boolean(bool value) { head(7, value ? 21 : 20); }
    void text(std::string_view value);
    void bytes(std::span<const uint8_t> value);
    /// Opens an array of `count` items or a map of `count` pairs; the caller writes exactly so
    /// many.
    void array(size_t count) { head(4, count); }
    void map(size_t count) { head(5, count); }
    /// Copies one already encoded item.
    void encoded(std::span<const uint8_t> item) { append(item); }

    /// Raw sensor samples leave the device through the gate alone (device/event/gate_encoder.hpp).
    void bytes(const RawSamples&) = delete;

    bool ok() const { return ok_; }
    size_t size() const { return size_; }
    std::span<const uint8_t> written() const { return buffer_.first(size_); }

  private:
    void head(uint8_t major, uint64_t argument);
    void append(std::span<const uint8_t> bytes);

    std::span<uint8_t> buffer_;
    size_t size_ = 0;
    bool ok_ = true;
};

/// Reads CBOR in place. Every reader returns false on anything but the item asked for (wrong type,
/// truncated, indefinite length, longer than the input) and leaves the position where it was.
class CborReader {
  public:
    explicit CborReader(std::span<const uint8_t> input) : input_(input) {}

    bool uint(uint64_t& value);
    bool uint(uint32_t& value);
    bool integer(int32_t& value);  ///< of either sign
    bool boolean(bool& value);
    /// The views point into the input.
    bool text(std::string_view& value);
    bool bytes(std::span<const uint8_t>& value);
    bool array(size_t& count);
    bool map(size_t& pairs);
    /// Steps over one item of any type, nested at most 8 deep.
    bool skip();

    bool at_end() const { return position_ == input_.size(); }
    size_t position() const { return position_; }

  private:
    struct Head {
        uint8_t major;
        uint8_t info;
        uint64_t argument;
        size_t next;
    };
    bool peek(Head& head) const;
    bool count(uint8_t major, size_t& value);
    bool string(uint8_t major, std::span<const uint8_t>& value);

    std::span<const uint8_t> input_;
    size_t position_ = 0;
};

}  // namespace ganglion
