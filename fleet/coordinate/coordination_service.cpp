#include "fleet/coordinate/coordination_service.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "compile/bundle_signature.hpp"
#include "fleet/base/clock.hpp"
#include "fleet/base/files.hpp"
#include "fleet/ingest/decode.hpp"
#include "update/package.hpp"

namespace ganglion::fleet {
namespace {

using nlohmann::json;

constexpr size_t kMostQueued = 2'000'000;
constexpr size_t kCyclesKept = 288;  ///< a day of five minutes
constexpr size_t kDecisionsKept = 200;
constexpr auto kTick = std::chrono::milliseconds(50);
/// After a cycle's time so long is waited for summaries on their way: s of the devices' clock, and
/// of ours where theirs runs faster.
constexpr double kGrace = 30, kRealGrace = 0.2;
constexpr size_t kMostDevicesAFeeder = 100'000;

std::span<const uint8_t> view(const std::string& bytes) {
    return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

}  // namespace

CoordinationService::CoordinationService(const OpenLink& open,
                                         const std::filesystem::path& state_dir, std::string key,
                                         Store& store, AuditLog& audit, Log log)
    : state_dir_(state_dir),
      store_(store),
      audit_(audit),
      log_(std::move(log)),
      key_(std::move(key)),
      link_(open({[](Link& link) { link.subscribe("ganglion/1/+/summary"); },
                  [this](const std::string& reason) {
                      log_("coordination: broker connection lost: " + reason);
                  },
                  [this](std::string_view topic, std::span<const uint8_t> payload, bool) {
                      on_message(topic, payload);
                  }})),
      worker_([this] { work(); }) {
    const auto file = state_dir_ / "coordination.json";
    if (!std::filesystem::exists(file)) return;
    const std::lock_guard lock(mutex_);
    wanted_ = CoordinationSetup::read(json::parse(read_file(file)));
}

CoordinationService::~CoordinationService() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    worker_.join();
}

void CoordinationService::set_up(const CoordinationSetup& setup, const std::string& actor) {
    audit_.append({actor, "coordination.set_up", "region", setup.to_json()});
    write_private_file(state_dir_ / "coordination.json", setup.to_json().dump(2) + "\n");
    const std::lock_guard lock(mutex_);
    wanted_ = setup;
}

std::string CoordinationService::public_key() const {
    return compile::public_key_of(key_);
}

uint64_t CoordinationService::rejected() const {
    const std::lock_guard lock(mutex_);
    return rejected_;
}

// The devices' clock: the real one, or one that runs faster for simulated devices.
uint32_t CoordinationService::now_s() const {
    const int64_t ms = now_ms();
    if (setup_->start_s == 0) return static_cast<uint32_t>(ms / 1000);
    return setup_->start_s + static_cast<uint32_t>(double(ms - began_ms_) / 1000 * setup_->speed);
}

void CoordinationService::begin(const CoordinationSetup& setup) {
    setup_ = setup;
    began_ms_ = now_ms();
    coordinate::CoordinatorOptions options;
    options.market = setup.market;
    options.local_too = true;
    options.cycle_s = setup.cycle_s;
    if (options.plan_s % setup.cycle_s != 0) options.plan_s = setup.cycle_s;
    std::vector<coordinate::FeederPlace> feeders;
    for (const auto& feeder : setup.feeders)
        feeders.push_back({feeder.id, feeder.most_taken, feeder.most_given, 0});
    coordinator_ = std::make_unique<coordinate::Coordinator>(options, std::move(feeders));
    places_.clear();
    attributes_ = store_.attributes();
    names_.assign(setup.feeders.size(), {});
    for (size_t f = 0; f < setup.feeders.size(); ++f)
        places_[setup.feeders[f].id] = {f, std::nullopt};
    last_cycle_s_ = now_s() / setup.cycle_s * setup.cycle_s;
    const std::lock_guard lock(mutex_);
    cycles_.clear();
    decisions_.clear();
}

void CoordinationService::on_message(std::string_view topic, std::span<const uint8_t> payload) {
    auto parts = parse_topic(topic);
    if (!parts || parts->channel != "summary") return;
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= kMostQueued || payload.size() > ganglion::coordinate::kMaxSummaryBytes) {
        ++rejected_;
        return;
    }
    queue_.push_back({std::move(parts->device), std::string(payload.begin(), payload.end())});
}

void CoordinationService::work() {
    for (;;) {
        std::vector<Received> messages;
        std::optional<CoordinationSetup> wanted;
        {
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, kTick, [this] { return stopping_; });
            if (stopping_) return;
            messages.swap(queue_);
            wanted = std::exchange(wanted_, std::nullopt);
        }
        try {
            if (wanted) begin(*wanted);
            if (!setup_) continue;
            take(messages);
            const uint32_t due = last_cycle_s_ + setup_->cycle_s;
            const uint32_t now = now_s();
            const double grace =
                std::max(std::min(kGrace, setup_->cycle_s / 4.0),
                         std::min(kRealGrace * setup_->speed, setup_->cycle_s / 2.0));
            if (now < due + static_cast<uint32_t>(grace)) continue;
            run_cycle(now / setup_->cycle_s * setup_->cycle_s);
        } catch (const std::exception& error) {
            log_(std::string("coordination: ") + error.what());
        }
    }
}

std::optional<CoordinationService::Place> CoordinationService::place_of(const std::string& device) {
    const auto known = places_.find(device);
    if (known != places_.end()) return known->second;
    if (!attributes_.contains(device)) attributes_ = store_.attributes();
    const auto attributes = attributes_.find(device);
    if (attributes == attributes_.end()) return std::nullopt;
    const auto feeder = attributes->second.find("feeder");
    if (feeder == attributes->second.end()) return std::nullopt;
    const auto at = places_.find(feeder->second);
    if (at == places_.end() || at->second.index) return std::nullopt;
    const size_t f = at->second.feeder;
    if (names_[f].size() >= kMostDevicesAFeeder) return std::nullopt;
    names_[f].push_back(device);
    return places_[device] = Place{f, coordinator_->add_device(f)};
}

void CoordinationService::take(const std::vector<Received>& messages) {
    uint64_t bad = 0;
    for (const Received& message : messages) {
        ganglion::coordinate::Summary summary;
        const auto place = place_of(message.device);
        if (!place || !decode(view(message.payload), summary)) {
            ++bad;
        } else if (place->index) {
            coordinator_->hear(place->feeder, *place->index, summary);
        } else {
            coordinator_->measure(place->feeder, summary.mean());
        }
    }
    const std::lock_guard lock(mutex_);
    rejected_ += bad;
}

void CoordinationService::run_cycle(uint32_t at_s) {
    last_cycle_s_ = at_s;
    const auto start = std::chrono::steady_clock::now();
    const coordinate::Cycle cycle = coordinator_->run(at_s);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    // What is not in the log does not happen.
    json levels = json::object();
    for (size_t f = 0; f < cycle.orders.size(); ++f)
        if (cycle.orders[f].changed) levels[setup_->feeders[f].id] = cycle.orders[f].levels.front();
    json why = json::array();
    for (const auto& decision : cycle.decisions) {
        json entry = {{"kind", decision.kind}, {"object", decision.object}, {"why", decision.text}};
        if (decision.device) entry["device"] = names_[decision.feeder][*decision.device];
        why.push_back(std::move(entry));
    }
    audit_.append({"coordinator",
                   "coordination.cycle",
                   std::to_string(at_s),
                   {{"levels", levels}, {"decisions", why}, {"demand_w", cycle.demand}}});
    send(cycle, at_s);
    remember(cycle, at_s, took.count());
}

void CoordinationService::send(const coordinate::Cycle& cycle, uint32_t at_s) {
    for (size_t f = 0; f < cycle.orders.size(); ++f) {
        const coordinate::FeederOrder& order = cycle.orders[f];
        if (!order.changed) continue;
        ganglion::coordinate::SetPoint set_point;
        set_point.target = setup_->feeders[f].id;
        set_point.sequence = order.sequence;
        set_point.issued_s = at_s;
        set_point.valid_s = coordinator_->options().valid_s;
        set_point.step_s = 3600;
        set_point.steps = static_cast<uint32_t>(order.levels.size());
        std::ranges::copy(order.levels, set_point.levels.begin());
        std::array<uint8_t, ganglion::coordinate::kMaxSetPointBytes> payload;
        const size_t size = encode(set_point, payload);
        const auto envelope = update::seal(ganglion::coordinate::kSetPointPurpose,
                                           std::span(payload).first(size), key_);
        for (const std::string& device : names_[f])
            link_->publish("ganglion/1/" + device + "/setpoint", envelope);
    }
}

void CoordinationService::remember(const coordinate::Cycle& cycle, uint32_t at_s, double seconds) {
    double storage = 0;
    double tasks = 0;
    double buffers = 0;
    for (const coordinate::BlockPlan& block : cycle.plan.blocks) {
        storage += block.storage.front();
        tasks += block.task.front();
        buffers += block.buffer.front();
    }
    json feeders = json::array();
    for (size_t f = 0; f < cycle.orders.size(); ++f)
        feeders.push_back({{"id", setup_->feeders[f].id},
                           {"expected_w", cycle.orders[f].expected},
                           {"measured_w", cycle.orders[f].measured},
                           {"most_w", setup_->feeders[f].most_taken},
                           {"devices", names_[f].size()},
                           {"levels", cycle.orders[f].levels.front()},
                           {"fault", coordinator_->suspicion(f) == coordinate::Suspicion::none
                                         ? ""
                                         : to_string(coordinator_->suspicion(f))}});
    const std::lock_guard lock(mutex_);
    feeders_ = std::move(feeders);
    cycles_.push_back({{"time_s", at_s},
                       {"demand_w", cycle.demand},
                       {"scheduled_w", cycle.scheduled},
                       {"measured_w", cycle.measured},
                       {"local_w", cycle.local},
                       {"over", cycle.over},
                       {"storage_w", storage},
                       {"tasks_w", tasks},
                       {"buffers_w", buffers},
                       {"price", cycle.plan.price.front()},
                       {"believed", cycle.believed},
                       {"left_out", cycle.left_out},
                       {"seconds", seconds}});
    if (cycles_.size() > kCyclesKept) cycles_.pop_front();
    for (const auto& decision : cycle.decisions) {
        decisions_.push_back({{"time_s", at_s},
                              {"kind", decision.kind},
                              {"object", decision.device ? names_[decision.feeder][*decision.device]
                                                         : decision.object},
                              {"why", decision.text}});
        if (decisions_.size() > kDecisionsKept) decisions_.pop_front();
    }
}

json CoordinationService::state() const {
    const std::lock_guard lock(mutex_);
    return {{"running", !cycles_.empty()},
            {"rejected", rejected_},
            {"feeders", feeders_},
            {"cycles", cycles_},
            {"decisions", decisions_}};
}

}  // namespace ganglion::fleet
