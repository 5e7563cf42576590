#include "fleet/store/device_states.hpp"

namespace ganglion::fleet {
namespace {

/// Some 50 MB; beyond it all is read again.
constexpr size_t kMostDevices = 100'000;

int64_t signed_of(uint64_t value) {
    return static_cast<int64_t>(value);
}

}  // namespace

DeviceStates::DeviceStates(Database& database)
    : add_device_(database.prepare("INSERT OR IGNORE INTO devices (id) VALUES (?)")),
      read_device_(database.prepare(
          "SELECT number, last_seen_ms, boot, bundle_version, online, application, fault, "
          "instructions FROM devices WHERE id = ?")),
      read_attributes_(database.prepare("SELECT name, value FROM attributes WHERE device = ?")),
      write_device_(
          database.prepare("UPDATE devices SET last_seen_ms = ?, boot = ?, events = events "
                           "+ ?, rejected = rejected + ? WHERE number = ?")),
      add_boot_(database.prepare("INSERT OR IGNORE INTO boots (device, boot) VALUES (?, ?)")),
      read_boot_(database.prepare(
          "SELECT offset_ms, offset_at_ms, heard_ms, through, ahead, inferences, bytes_sensed, "
          "bytes_sent, bytes_gate, gate_openings, overruns, events_lost FROM boots WHERE device = "
          "? "
          "AND boot = ?")),
      write_boot_(database.prepare(
          "UPDATE boots SET offset_ms = ?, offset_at_ms = ?, heard_ms = ?, through = ?, ahead = ?, "
          "inferences = ?, bytes_sensed = ?, bytes_sent = ?, bytes_gate = ?, gate_openings = ?, "
          "overruns = ?, events_lost = ? WHERE device = ? AND boot = ?")),
      read_jumps_(database.prepare("SELECT clock_ms, ahead_ms FROM jumps WHERE device = ? AND boot "
                                   "= ? ORDER BY number")),
      heard_before_(database.prepare("SELECT coalesce((SELECT max(heard_ms) FROM boots WHERE "
                                     "device = ? AND boot < ? AND heard_ms > 0),"
                                     " (SELECT created_ms FROM meta))")) {}

DeviceState& DeviceStates::device(const std::string& id, int64_t& made) {
    const auto [place, added] = devices_.try_emplace(id);
    DeviceState& device = place->second;
    if (added) {
        device.id = id;
        made += add_device_.reset().bind(id).run();
        read_device_.reset().bind(id).step();
        device.number = read_device_.integer(0);
        device.last_seen_ms = read_device_.integer(1);
        device.boot = read_device_.number<uint32_t>(2);
        device.bundle_version = read_device_.text(3);
        device.online = read_device_.integer(4) != 0;
        device.application = read_device_.text(5);
        device.has_fault = !read_device_.text(6).empty();
        device.instructions = read_device_.number<uint32_t>(7);
        read_device_.reset();
        read_attributes_.reset().bind(device.number);
        while (read_attributes_.step())
            device.attributes[read_attributes_.text(0)] = read_attributes_.text(1);
        read_attributes_.reset();
    }
    if (!device.changed) touched_.push_back(&device);
    device.changed = true;
    return device;
}

BootState& DeviceStates::boot(DeviceState& device, uint32_t boot) {
    const auto [place, added] = device.boots.try_emplace(boot);
    BootState& state = place->second;
    state.changed = true;
    if (!added) return state;
    add_boot_.reset().bind(device.number).bind(boot).run();
    read_boot_.reset().bind(device.number).bind(boot).step();
    if (!read_boot_.is_null(0)) state.offset_ms = read_boot_.integer(0);
    state.offset_at_ms = read_boot_.integer(1);
    state.heard_ms = read_boot_.integer(2);
    state.through = read_boot_.number<uint32_t>(3);
    state.ahead = read_boot_.number<uint32_t>(4);
    state.inferences = read_boot_.number<uint64_t>(5);
    state.bytes_sensed = read_boot_.number<uint64_t>(6);
    state.bytes_sent = read_boot_.number<uint64_t>(7);
    state.bytes_gate = read_boot_.number<uint64_t>(8);
    state.gate_openings = read_boot_.number<uint64_t>(9);
    state.overruns = read_boot_.number<uint64_t>(10);
    state.events_lost = read_boot_.number<uint64_t>(11);
    read_boot_.reset();
    read_jumps_.reset().bind(device.number).bind(boot);
    while (read_jumps_.step())
        state.jumps.push_back({read_jumps_.integer(0), read_jumps_.integer(1)});
    read_jumps_.reset();
    return state;
}

int64_t DeviceStates::heard_before(const DeviceState& device, uint32_t boot) {
    if (const int64_t newest = heard_at_hand(device, boot); newest > 0) return newest;
    heard_before_.reset().bind(device.number).bind(boot).step();
    const int64_t heard_ms = heard_before_.integer(0);
    heard_before_.reset();
    return heard_ms;
}

void DeviceStates::write_back() {
    for (DeviceState* device : touched_) write_back(*device);
    touched_.clear();
    if (devices_.size() > kMostDevices) devices_.clear();
}

void DeviceStates::write_back(DeviceState& device) {
    write_device_.reset()
        .bind(device.last_seen_ms)
        .bind(device.boot)
        .bind(signed_of(device.new_events))
        .bind(signed_of(device.new_rejected))
        .bind(device.number)
        .run();
    device.new_events = device.new_rejected = 0;
    device.changed = false;
    for (auto& [number, boot] : device.boots) {
        if (!boot.changed) continue;
        write_boot_.reset()
            .bind_optional(boot.offset_ms)
            .bind(boot.offset_at_ms)
            .bind(boot.heard_ms)
            .bind(boot.through)
            .bind(boot.ahead)
            .bind(signed_of(boot.inferences))
            .bind(signed_of(boot.bytes_sensed))
            .bind(signed_of(boot.bytes_sent))
            .bind(signed_of(boot.bytes_gate))
            .bind(signed_of(boot.gate_openings))
            .bind(signed_of(boot.overruns))
            .bind(signed_of(boot.events_lost))
            .bind(device.number)
            .bind(number)
            .run();
        boot.changed = false;
    }
}

void DeviceStates::forget() {
    devices_.clear();
    touched_.clear();
}

}  // namespace ganglion::fleet
