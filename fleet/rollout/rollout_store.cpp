#include "fleet/rollout/rollout_store.hpp"

#include "fleet/store/store.hpp"

namespace ganglion::fleet {
RolloutStore::RolloutStore(const std::filesystem::path& file)
    : database_(open_rollouts(file)),
      device_by_id_(database_.prepare(std::string(kDeviceColumns) + "WHERE id = ?")),
      device_by_number_(database_.prepare(std::string(kDeviceColumns) + "WHERE number = ?")),
      add_device_(database_.prepare("INSERT INTO devices (id, place) VALUES (?, ?)")),
      write_device_(
          database_.prepare("UPDATE devices SET application = ?, online = ?, seen_ms = ?, "
                            "status = ?, total = ? WHERE number = ?")),
      devices_between_(database_.prepare(std::string(kDeviceColumns) +
                                         "WHERE place >= ? AND place < ? ORDER BY place LIMIT ?")),
      attributes_(database_.prepare("SELECT name, value FROM attributes WHERE device = ?")),
      forget_attributes_(database_.prepare("DELETE FROM attributes WHERE device = ?")),
      add_attribute_(
          database_.prepare("INSERT INTO attributes (device, name, value) VALUES (?,?,?)")),
      target_(database_.prepare(std::string(kTargetColumns) + "WHERE rollout = ? AND device = ?")),
      write_target_(database_.prepare(
          "INSERT INTO targets (rollout, device, stage, state, reason, since_ms, attempts) VALUES "
          "(?1,?2,?3,?4,?5,?6,?7) ON CONFLICT DO UPDATE SET stage = ?3, state = ?4, reason = ?5, "
          "since_ms = ?6, attempts = ?7")),
      targets_in_state_(database_.prepare(
          std::string(kTargetColumns) +
          "WHERE rollout = ? AND state = ? AND since_ms < ? ORDER BY since_ms LIMIT ?")),
      write_arm_(database_.prepare("INSERT OR REPLACE INTO arms (rollout, stage, device, canary, "
                                   "before, since) VALUES (?,?,?,?,?,?)")) {}

std::optional<KnownDevice> RolloutStore::device(const std::string& id) {
    device_by_id_.reset().bind(id);
    if (!device_by_id_.step()) return std::nullopt;
    KnownDevice device = device_row(device_by_id_);
    device_by_id_.reset();
    return device;
}

std::optional<KnownDevice> RolloutStore::device(int64_t number) {
    device_by_number_.reset().bind(number);
    if (!device_by_number_.step()) return std::nullopt;
    KnownDevice device = device_row(device_by_number_);
    device_by_number_.reset();
    return device;
}

KnownDevice RolloutStore::add_device(const std::string& id) {
    const std::string digest = sha256_hex(id);
    KnownDevice device;
    device.id = id;
    device.place = static_cast<int64_t>(std::stoull(digest.substr(0, 16), nullptr, 16) >> 2);
    add_device_.reset().bind(id).bind(device.place).run();
    device.number = database_.last_insert_id();
    return device;
}

void RolloutStore::write(const KnownDevice& device) {
    write_device_.reset()
        .bind(device.application)
        .bind(device.online ? 1 : 0)
        .bind(device.seen_ms)
        .bind_blob(device.status)
        .bind_blob(packed(device.total))
        .bind(device.number)
        .run();
}

std::vector<KnownDevice> RolloutStore::devices_between(int64_t low, int64_t high, size_t limit) {
    devices_between_.reset().bind(low).bind(high).bind(static_cast<int64_t>(limit));
    std::vector<KnownDevice> devices;
    while (devices_between_.step()) devices.push_back(device_row(devices_between_));
    devices_between_.reset();
    return devices;
}

bool RolloutStore::has_devices() {
    return database_.prepare("SELECT 1 FROM devices LIMIT 1").step();
}

Attributes RolloutStore::attributes(int64_t device) {
    attributes_.reset().bind(device);
    Attributes attributes;
    while (attributes_.step()) attributes.emplace(attributes_.text(0), attributes_.text(1));
    attributes_.reset();
    return attributes;
}

void RolloutStore::write(int64_t device, const Attributes& attributes) {
    forget_attributes_.reset().bind(device).run();
    for (const auto& [name, value] : attributes)
        add_attribute_.reset().bind(device).bind(name).bind(value).run();
}

int RolloutStore::set_all_offline() {
    return database_.prepare("UPDATE devices SET online = 0 WHERE online <> 0").run();
}

int64_t RolloutStore::add_rollout(const RolloutRow& row) {
    database_
        .prepare(
            "INSERT INTO rollouts (spec, state, created_ms, stage, stage_ms, settled_ms, "
            "cursor, looked_ms, looks, compares, why) VALUES (?,?,?,0,0,0,0,0,0,0,'')")
        .bind(to_json(row.spec).dump())
        .bind(static_cast<int64_t>(row.state))
        .bind(row.created_ms)
        .run();
    RolloutRow written = row;
    written.id = database_.last_insert_id();
    write(written);
    return written.id;
}

void RolloutStore::write(const RolloutRow& row) {
    database_
        .prepare(
            "UPDATE rollouts SET state = ?, stage = ?, stage_ms = ?, settled_ms = ?, cursor = "
            "?, looked_ms = ?, looks = ?, compares = ?, why = ? WHERE id = ?")
        .bind(static_cast<int64_t>(row.state))
        .bind(row.stage)
        .bind(row.stage_ms)
        .bind(row.settled_ms)
        .bind(row.cursor)
        .bind(row.looked_ms)
        .bind(row.looks)
        .bind(row.compares ? 1 : 0)
        .bind(row.why)
        .bind(row.id)
        .run();
}

std::vector<RolloutRow> RolloutStore::rollouts() {
    Statement row = database_.prepare(
        "SELECT id, spec, state, created_ms, stage, stage_ms, settled_ms, cursor, looked_ms, "
        "looks, "
        "compares, why FROM rollouts ORDER BY id");
    std::vector<RolloutRow> rows;
    while (row.step())
        rows.push_back({row.integer(0), read_spec(nlohmann::json::parse(row.text(1))),
                        static_cast<RolloutState>(row.integer(2)), row.integer(3),
                        row.number<uint32_t>(4), row.integer(5), row.integer(6), row.integer(7),
                        row.integer(8), row.number<uint32_t>(9), row.integer(10) != 0,
                        row.text(11)});
    return rows;
}

std::optional<Target> RolloutStore::target(int64_t rollout, int64_t device) {
    target_.reset().bind(rollout).bind(device);
    if (!target_.step()) return std::nullopt;
    Target target = target_row(target_);
    target_.reset();
    return target;
}

void RolloutStore::write(int64_t rollout, const Target& target) {
    write_target_.reset()
        .bind(rollout)
        .bind(target.device)
        .bind(target.stage)
        .bind(static_cast<int64_t>(target.state))
        .bind(target.reason)
        .bind(target.since_ms)
        .bind(target.attempts)
        .run();
}

std::vector<Target> RolloutStore::read_targets(Statement& statement) {
    std::vector<Target> targets;
    while (statement.step()) targets.push_back(target_row(statement));
    statement.reset();
    return targets;
}

std::vector<Target> RolloutStore::targets(int64_t rollout, TargetState state, int64_t before_ms,
                                          size_t limit) {
    targets_in_state_.reset()
        .bind(rollout)
        .bind(static_cast<int64_t>(state))
        .bind(before_ms)
        .bind(static_cast<int64_t>(limit));
    return read_targets(targets_in_state_);
}

void RolloutStore::move_all(int64_t rollout, TargetState from, TargetState to,
                            const std::string& reason, int64_t now_ms) {
    database_
        .prepare(
            "UPDATE targets SET state = ?, reason = ?, since_ms = ?, attempts = 0 WHERE rollout "
            "= ? AND state = ?")
        .bind(static_cast<int64_t>(to))
        .bind(reason)
        .bind(now_ms)
        .bind(rollout)
        .bind(static_cast<int64_t>(from))
        .run();
}

void RolloutStore::count_targets(int64_t rollout,
                                 const std::function<void(uint32_t, TargetState, int64_t)>& take) {
    Statement row = database_.prepare(
        "SELECT stage, state, count(*) FROM targets WHERE rollout = ? GROUP BY stage, state");
    row.bind(rollout);
    while (row.step())
        take(row.number<uint32_t>(0), static_cast<TargetState>(row.integer(1)), row.integer(2));
}

void RolloutStore::write_arm(int64_t rollout, uint32_t stage, const ArmRow& arm) {
    write_arm_.reset()
        .bind(rollout)
        .bind(stage)
        .bind(arm.device)
        .bind(arm.canary ? 1 : 0)
        .bind_blob(packed(arm.seen.before))
        .bind_blob(packed(arm.seen.since))
        .run();
}

std::vector<ArmRow> RolloutStore::arms(int64_t rollout, uint32_t stage) {
    Statement row = database_.prepare(
        "SELECT device, canary, before, since FROM arms WHERE rollout = ? AND stage = ?");
    row.bind(rollout).bind(stage);
    std::vector<ArmRow> arms;
    while (row.step())
        arms.push_back(
            {row.integer(0), row.integer(1) != 0, {unpacked(row.text(2)), unpacked(row.text(3))}});
    return arms;
}

void RolloutStore::add_decision(int64_t rollout, const DecisionRow& decision) {
    database_
        .prepare("INSERT INTO decisions (rollout, time_ms, kind, text, numbers) VALUES (?,?,?,?,?)")
        .bind(rollout)
        .bind(decision.time_ms)
        .bind(decision.kind)
        .bind(decision.text)
        .bind(decision.numbers.dump())
        .run();
}

}  // namespace ganglion::fleet
