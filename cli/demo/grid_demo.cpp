#include "cli/demo/grid_demo.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <nlohmann/json.hpp>

#include "bench/coordination/live_grid.hpp"
#include "bench/coordination/load_shapes.hpp"
#include "cli/application.hpp"
#include "cli/demo/place.hpp"
#include "cli/demo/steps.hpp"
#include "cli/files.hpp"
#include "cli/interrupt.hpp"

namespace ganglion::cli {
namespace {

using bench::grid::Moment;

constexpr double kKilo = 1e3;
constexpr uint32_t kDayAndHalf = 36;  ///< h after the first noon: as far as the scene goes
constexpr uint32_t kStepsPerQuarter = 900 / bench::grid::kStepS;

/// Highest mean of a quarter hour, W, of the moments of these steps.
double peak_of(const std::vector<Moment>& moments, uint32_t from, uint32_t until) {
    double highest = 0;
    double sum = 0;
    uint32_t count = 0;
    for (const Moment& moment : moments) {
        if (moment.step < from || moment.step >= until) continue;
        sum += moment.demand;
        // simulate() gives a moment a quarter hour, the live grid one a step.
        const bool whole = moments.size() < 2 || moments[1].step - moments[0].step > 1;
        if (++count < (whole ? 1 : kStepsPerQuarter)) continue;
        highest = std::max(highest, sum / count);
        sum = 0;
        count = 0;
    }
    return highest;
}

class GridDemo {
  public:
    explicit GridDemo(const GridDemoOptions& options)
        : options_(options),
          crowd_(bench::grid::live_members({.homes = options.homes, .data = {}})) {
        live_.scene.homes = options.homes;
        live_.scene.days = 1;
        live_.scene.seed = options.seed;
        live_.scene.data = source_root() / ".." / "shared" / "data" / "grid";
        live_.from_hour = options.from_hour;
        live_.hours = options.keep_running ? kDayAndHalf - options.from_hour : options.hours;
        live_.speed = options.speed;
        live_.progress = [this](const std::string& what) { steps_.note(what); };
        live_.told = [this](const Moment& moment) { return tell(moment); };
    }

    void run() {
        catch_interrupts();
        compare();
        start_server();
        steps_.begin("the grid");
        if (options_.keep_running) steps_.note("it goes on until Ctrl-C");
        const auto outcome = bench::grid::live_grid(crowd_, *server_, live_);
        steps_.done(fmt::format("{} homes, {} summaries, {} set-points checked and followed",
                                outcome.homes, outcome.summaries, outcome.set_points));
        report(outcome);
        if (!options_.keep_running || interrupted()) return;
        fmt::print("\nThe page stays at {}#/grid; Ctrl-C ends it.\n", server_->url());
        wait_for_interrupt();
    }

  private:
    void compare() {
        steps_.begin("the same hours without a coordinator");
        const bench::grid::Scene scene(live_.scene);
        first_ = scene.first_step() + options_.from_hour * bench::grid::kStepsPerHour;
        none_ = simulate(scene, bench::grid::Policy::none);
        local_ = simulate(scene, bench::grid::Policy::local);
        steps_.done(fmt::format("{} homes, {}", options_.homes,
                                bench::grid::has_recordings(live_.scene.data)
                                    ? "loads from recordings"
                                    : "made-up loads: the recordings are absent"));
    }

    void start_server() {
        steps_.begin("fleet server");
        state_ = make_state(options_.state);
        server_ = std::make_unique<fleet::Server>(
            fleet::ServerConfig{.state_dir = state_ / "fleet",
                                .mqtt_port = 0,
                                .http_port = choose_http_port(options_.http_port),
                                .dashboard_dir = source_root() / "dashboard" / "dist",
                                .log = [this](std::string_view line) {
                                    const std::lock_guard lock(log_mutex_);
                                    append_to_log(state_, line);
                                }});
        server_->start();
        steps_.done("page " + server_->url() + "#/grid");
        steps_.note("everything is kept in " + state_.string() + " (remove it any time)");
    }

    bool tell(const Moment& moment) {
        if (moment.step % bench::grid::kStepsPerHour != bench::grid::kStepsPerHour - 1)
            return !interrupted();
        const uint32_t hour = moment.step % bench::grid::kStepsPerDay / bench::grid::kStepsPerHour;
        steps_.note(
            fmt::format("{:02}:55  {:6.0f} kW, of it homes {:.0f}, cars {:.0f}; storages {} {:.0f}",
                        hour, moment.demand / kKilo, moment.own_use / kKilo, moment.cars / kKilo,
                        moment.storage < 0 ? "give" : "take", std::abs(moment.storage) / kKilo));
        return !interrupted();
    }

    void report(const bench::grid::LiveOutcome& outcome) {
        const uint32_t until = first_ + outcome.steps;
        const double ours = peak_of(outcome.moments, first_, until);
        const double local = peak_of(local_.moments, first_, until);
        const double none = peak_of(none_.moments, first_, until);
        fmt::print("\n{:<34}{:>16}{:>16}{:>18}\n{:-<84}\n", "", "coordinated", "local rules",
                   "no coordination", "");
        fmt::print("{:<34}{:>13.0f} kW{:>13.0f} kW{:>15.0f} kW\n", "highest quarter hour",
                   ours / kKilo, local / kKilo, none / kKilo);
        fmt::print("{:<34}{:>16}{:>16}{:>18}\n", "feeder steps beyond their limit",
                   outcome.violations, fmt::format("{} (a day)", local_.violations),
                   fmt::format("{} (a day)", none_.violations));
        fmt::print("{:<34}{:>16}\n", "set-points refused by homes", outcome.refused);
        fmt::print("{:<34}{:>14.0f} ms\n", "a cycle reaches the last home in",
                   1000 * outcome.worst_reach_s);
        if (options_.json.empty()) return;
        const nlohmann::json json = {{"homes", outcome.homes},
                                     {"steps", outcome.steps},
                                     {"peak_w", ours},
                                     {"peak_local_w", local},
                                     {"peak_none_w", none},
                                     {"violations", outcome.violations},
                                     {"summaries", outcome.summaries},
                                     {"rejected", outcome.rejected},
                                     {"set_points", outcome.set_points},
                                     {"refused", outcome.refused}};
        write_text(options_.json, json.dump(2) + "\n");
    }

    GridDemoOptions options_;
    bench::grid::Crowd crowd_;  ///< before there are threads
    bench::grid::LiveOptions live_;
    bench::grid::Outcome none_, local_;
    uint32_t first_ = 0;
    Steps steps_{3};
    std::filesystem::path state_;
    std::mutex log_mutex_;
    std::unique_ptr<fleet::Server> server_;
};

}  // namespace

void run_grid_demo(const GridDemoOptions& options) {
    GridDemo(options).run();
}

}  // namespace ganglion::cli
