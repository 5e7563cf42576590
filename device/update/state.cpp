#include "device/update/state.hpp"

#include <cstring>

namespace ganglion::update {
namespace {

// What was stored was checked by a CRC; this keeps a state of another build from being believed.
bool plausible(const State& state) {
    for (const ComponentState& component : state.component)
        if (component.active > 1 || component.phase > Phase::restoring ||
            component.ended > Ended::worn_out || component.confirmed > component.floor)
            return false;
    return true;
}

}  // namespace

Status StateStore::mount(State& state) {
    state = State();
    number_ = 0;
    uint32_t numbers[2] = {0, 0};
    for (int copy = 0; copy < 2; ++copy) {
        std::array<uint8_t, sizeof(State)> bytes;
        const Status status = copies_[copy].newest(numbers[copy], bytes);
        if (status != Status::ok) return status;
        State read;
        std::memcpy(&read, bytes.data(), sizeof read);
        if (numbers[copy] <= number_) continue;
        number_ = numbers[copy];
        if (plausible(read)) state = read;
    }
    // Apart, one of them was being written when the power failed, and may read differently at the
    // next start: decide now. Where the flash no longer takes anything, what is read still holds.
    if (numbers[0] != numbers[1]) commit(state);
    return Status::ok;
}

Status StateStore::commit(const State& state) {
    std::array<uint8_t, sizeof(State)> bytes;
    std::memcpy(bytes.data(), &state, sizeof state);
    ++number_;
    const Status first = copies_[0].append(number_, bytes);
    const Status second = copies_[1].append(number_, bytes);
    return first == Status::ok ? first : second;
}

}  // namespace ganglion::update
