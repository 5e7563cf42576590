#include "device/outbox/boot_counter.hpp"

#include <algorithm>

namespace ganglion {

Status BootCounter::next(uint32_t at_least, uint32_t& boot) {
    uint32_t highest = 0;
    if (const Status status = log_.newest(highest, {}); status != Status::ok) return status;
    const uint32_t count = std::max(highest, at_least) + 1;
    const Status status = log_.append(count, {});
    if (status == Status::ok) boot = count;
    return status;
}

}  // namespace ganglion
