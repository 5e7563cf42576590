#include "bench/coordination/live_grid.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "bench/coordination/feeder.hpp"
#include "bench/coordination/link.hpp"
#include "device/coordinate/follower.hpp"
#include "fleet/client/api_client.hpp"
#include "update/host_crypto.hpp"

namespace ganglion::bench::grid {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kConnectLimit{600};
constexpr double kLives = 0.7;  ///< of a step: by then its set-points have come
constexpr device::LocalLimits kLimits{
    .most_taken = 25'000, .most_given = 15'000, .most_valid_s = 14'400, .clock_error_s = 300};

std::string home_id(uint32_t home) {
    return "home-" + std::to_string(home + 1);
}
std::string feeder_id(uint32_t feeder) {
    return "feeder-" + std::to_string(feeder + 1);
}

class LiveGrid {
  public:
    LiveGrid(Crowd& crowd, fleet::Server& server, const LiveOptions& options)
        : crowd_(crowd),
          server_(server),
          options_(options),
          scene_(options.scene),
          first_(scene_.first_step() + options.from_hour * kStepsPerHour),
          used_(scene_.homes()) {
        for (uint32_t home = 0; home < scene_.homes(); ++home) homes_.emplace_back(scene_, home);
    }

    ~LiveGrid() { crowd_.end(); }
    LiveGrid(const LiveGrid&) = delete;
    LiveGrid& operator=(const LiveGrid&) = delete;

    LiveOutcome run() {
        settle_in();
        connect();
        set_up();
        for (uint32_t i = 0; i < options_.hours * kStepsPerHour; ++i)
            if (!live(first_ + i)) break;
        finish();
        return std::move(out_);
    }

  private:
    /// One home's side of the coordination; its connection's thread and ours meet here.
    struct Steered {
        Steered(const device::FollowerIdentity& identity, const update::Crypto& crypto)
            : follower(identity, kLimits, crypto) {}
        device::Follower follower;
        device::Summary state;
        std::mutex mutex;
    };

    uint32_t now_s() const {
        const std::chrono::duration<double> since = Clock::now() - begun_;
        return scene_.clock_s(first_) + static_cast<uint32_t>(since.count() * options_.speed);
    }
    Clock::time_point when(double step) const {
        const double real = (step - first_) * kStepS / options_.speed;
        return begun_ +
               std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(real));
    }
    void say(const std::string& what) const {
        if (options_.progress) options_.progress(what);
    }

    // The days before, by local rules.
    void settle_in() {
        say("the homes live through the days before");
        for (uint32_t step = 0; step < first_; ++step) {
            for (Home& home : homes_) {
                home.pass(step);
                home.choose(step, Policy::local, {}, 0);
            }
            for (uint32_t feeder = 0; feeder < scene_.feeders(); ++feeder)
                carry(scene_, feeder, step, homes_, true,
                      [&](uint32_t home, double power) { read(home, step, power); });
        }
    }

    void read(uint32_t home, uint32_t step, double power) {
        double& part = used_[home][step % kStepsPerHour / kStepsPerQuarter];
        if (step % kStepsPerQuarter == 0) part = 0;
        part += power / kStepsPerQuarter;
    }

    void connect() {
        say("certificates and connections");
        const auto begin = Clock::now();
        std::vector<std::string> ids;
        for (uint32_t home = 0; home < scene_.homes(); ++home) {
            ids.push_back(home_id(home));
            names_.push_back({home_id(home), feeder_id(scene_.feeder_of(home))});
            server_.store().set_attributes(ids.back(),
                                           {{"feeder", feeder_id(scene_.feeder_of(home))}});
        }
        for (uint32_t feeder = 0; feeder < scene_.feeders(); ++feeder)
            ids.push_back(feeder_id(feeder));
        const fleet::ApiAddress api{"127.0.0.1", server_.http_port(), ""};
        const std::string pem = fleet::get_json(api, "/api/coordination/key").at("pem");
        const update::PublicKey key = update::public_point_of(pem);
        for (size_t i = 0; i < crowd_.processes(); ++i) {
            hosts_.push_back(std::make_unique<update::HostCrypto>());
            cryptos_.push_back(hosts_.back()->callbacks());
        }
        // As the crowd's threads share the members out: a HostCrypto serves one.
        for (const auto& [home, feeder] : names_)
            steered_.push_back(
                std::make_unique<Steered>(device::FollowerIdentity{home, feeder, key},
                                          cryptos_[steered_.size() % cryptos_.size()]));
        crowd_.connect(
            server_.pki(), server_.mqtt_port(), ids, "setpoint",
            [this](uint32_t member, std::span<const uint8_t> payload) { hear(member, payload); });
        if (!crowd_.wait_until_connected(kConnectLimit))
            throw std::runtime_error("only " + std::to_string(crowd_.connected()) +
                                     " of the homes could connect");
        out_.connect_s = std::chrono::duration<double>(Clock::now() - begin).count();
    }

    void set_up() {
        nlohmann::json feeders = nlohmann::json::array();
        for (uint32_t feeder = 0; feeder < scene_.feeders(); ++feeder)
            feeders.push_back({{"id", feeder_id(feeder)},
                               {"most_taken", scene_.limit(feeder)},
                               {"most_given", scene_.limit(feeder)}});
        nlohmann::json generators = nlohmann::json::array();
        for (const plan::Generator& one : scene_.market().generators)
            generators.push_back(
                {{"name", one.name}, {"most", one.most}, {"cost", one.cost}, {"ramp", one.ramp}});
        begun_ = Clock::now();
        fleet::call_api({"127.0.0.1", server_.http_port(), ""}, "put", "/api/coordination",
                        {{"feeders", feeders},
                         {"generators", generators},
                         {"reserve", scene_.market().reserve},
                         {"cycle_s", kStepS},
                         {"speed", options_.speed},
                         {"start_s", scene_.clock_s(first_)}});
        begun_ = Clock::now();
    }

    void hear(uint32_t member, std::span<const uint8_t> payload) {
        if (member >= steered_.size()) return;  // feeders are told nothing
        Steered& home = *steered_[member];
        const uint32_t now = now_s();
        device::Refusal refusal = device::Refusal::none;
        {
            const std::lock_guard lock(home.mutex);
            refusal = home.follower.offer(payload, now, home.state);
        }
        const std::lock_guard lock(mutex_);
        ++(refusal == device::Refusal::none ? out_.set_points : out_.refused);
        out_.worst_reach_s = std::max(out_.worst_reach_s, double(now % kStepS) / options_.speed);
    }

    void tell(uint32_t home, uint32_t step, bool slot) {
        device::Summary summary = scene_.meter_summary(home, step, used_[home], slot);
        homes_[home].tell(step, summary);
        {
            const std::lock_guard lock(steered_[home]->mutex);
            summary.follows = steered_[home]->follower.follows(scene_.clock_s(step));
            steered_[home]->state = summary;
        }
        send(home, summary);
    }

    void send(uint32_t member, const device::Summary& summary) {
        std::vector<uint8_t> bytes(device::kMaxSummaryBytes);
        bytes.resize(encode(summary, bytes));
        if (bytes.empty()) throw std::runtime_error("a summary cannot be said");
        crowd_.publish(member, "summary", bytes);
        ++out_.summaries;
    }

    bool live(uint32_t step) {
        std::this_thread::sleep_until(when(step));
        const bool slot = step % kStepsPerHour == 0 || step == first_;
        for (uint32_t home = 0; home < scene_.homes(); ++home)
            if (homes_[home].pass(step) || slot) tell(home, step, slot);
        std::this_thread::sleep_until(when(step + kLives));
        Moment moment{.step = step};
        for (uint32_t home = 0; home < scene_.homes(); ++home) {
            const std::lock_guard lock(steered_[home]->mutex);
            const auto levels = steered_[home]->follower.levels(now_s());
            homes_[home].choose(step, Policy::coordinated, levels, step);
        }
        for (uint32_t feeder = 0; feeder < scene_.feeders(); ++feeder) {
            const double load =
                carry(scene_, feeder, step, homes_, true,
                      [&](uint32_t home, double power) { read(home, step, power); });
            moment.demand += load;
            if (std::abs(load) > scene_.limit(feeder)) ++out_.violations;
            device::Summary measured;
            measured.boot = 1;
            measured.sequence = step + 1;
            measured.clock_s = scene_.clock_s(step + 1);
            measured.measured[0] = static_cast<int32_t>(load);
            send(scene_.homes() + feeder, measured);
        }
        for (uint32_t home = 0; home < scene_.homes(); ++home) {
            moment.own_use += scene_.own_use(home, step);
            moment.storage += homes_[home].storage_power();
            moment.cars += homes_[home].car_power();
        }
        ++out_.steps;
        out_.moments.push_back(moment);
        return !options_.told || options_.told(moment);
    }

    void finish() {
        out_.homes = scene_.homes();
        const fleet::ApiAddress api{"127.0.0.1", server_.http_port(), ""};
        const auto end = Clock::now() + std::chrono::seconds(10);
        while (crowd_.acknowledged() < crowd_.published() && Clock::now() < end)
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        out_.unacknowledged = crowd_.published() - crowd_.acknowledged();
        const nlohmann::json state = fleet::get_json(api, "/api/coordination");
        out_.rejected = state.at("rejected");
        for (const auto& cycle : state.at("cycles"))
            out_.worst_cycle_s = std::max(out_.worst_cycle_s, cycle.at("seconds").get<double>());
        for (const auto& home : steered_) {
            const std::lock_guard lock(home->mutex);
            if (home->follower.levels(now_s())) ++out_.steered;
        }
    }

    Crowd& crowd_;
    fleet::Server& server_;
    const LiveOptions& options_;
    Scene scene_;
    uint32_t first_;
    std::vector<Home> homes_;
    std::vector<std::array<double, 4>> used_;
    std::vector<std::pair<std::string, std::string>> names_;  ///< home and feeder
    std::vector<std::unique_ptr<update::HostCrypto>> hosts_;  ///< a thread each
    std::vector<update::Crypto> cryptos_;
    std::vector<std::unique_ptr<Steered>> steered_;
    Clock::time_point begun_;
    std::mutex mutex_;
    LiveOutcome out_;
};

}  // namespace

size_t live_members(const SceneOptions& scene) {
    return scene.homes + scene.homes / scene.homes_per_feeder;
}

LiveOutcome live_grid(Crowd& crowd, fleet::Server& server, const LiveOptions& options) {
    return LiveGrid(crowd, server, options).run();
}

}  // namespace ganglion::bench::grid
