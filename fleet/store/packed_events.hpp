#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/store/records.hpp"

namespace ganglion::fleet {

/// Events of one device and boot, of consecutive ids and sequences, that arrived together, as one
/// string of bytes: some fifteen an event. docs/scaling.md has the format.
class EventPacker {
  public:
    void add(const StoredEvent& event);
    uint32_t count() const { return count_; }
    const std::string& bytes() const { return bytes_; }
    void clear() { *this = {}; }

  private:
    std::string bytes_, label_;
    uint64_t clock_ms_ = 0, sample_ = 0;
    uint32_t count_ = 0;
};

/// What the packed events share.
struct PackedFrom {
    int64_t first_id = 0;
    int64_t received_ms = 0;
    uint32_t boot = 0, first_sequence = 0;
    std::string device;
};

/// The `count` events of `bytes`. Throws StoreError where the bytes are not of a packer.
std::vector<StoredEvent> unpack_events(const PackedFrom& from, uint32_t count,
                                       std::string_view bytes);

}  // namespace ganglion::fleet
