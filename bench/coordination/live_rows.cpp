#include "bench/coordination/live_grid.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::bench::grid {
namespace {

Row row(const std::string& name, double value, const std::string& unit,
        std::optional<double> goal = {}) {
    return {"coordination", name, value, unit, {}, {}, goal};
}

}  // namespace

std::vector<Row> live_rows(const LiveOptions& options) {
    Crowd crowd(live_members(options.scene));
    const fleet::testing::TemporaryDirectory folder;
    fleet::Server server({.state_dir = folder.path() / "state",
                          .mqtt_port = 0,
                          .http_port = 0,
                          .dashboard_dir = {},
                          .log = [](std::string_view) {}});
    server.start();
    const LiveOutcome live = live_grid(crowd, server, options);
    const std::string of = "live grid of " + std::to_string(live.homes) + " homes, ";
    return {
        row(of + "hours lived through", double(live.steps) / kStepsPerHour, "hours"),
        row(of + "certificates and TLS connections", live.connect_s, "s"),
        row(of + "summaries sent", double(live.summaries), "messages"),
        row(of + "summaries that the broker did not take", double(live.unacknowledged), "messages",
            0),
        row(of + "summaries that the server refused", double(live.rejected), "messages", 0),
        row(of + "set-points checked and followed", double(live.set_points), "messages"),
        row(of + "set-points refused", double(live.refused), "messages", 0),
        row(of + "homes that follow no set-point at the end", double(live.homes - live.steered),
            "homes", 0),
        row(of + "a cycle's beginning until the last home has it", live.worst_reach_s, "s"),
        row(of + "coordinator's cycle, worst", live.worst_cycle_s, "s", 2),
        row(of + "feeder steps beyond their limit", double(live.violations), "steps", 0),
    };
}

}  // namespace ganglion::bench::grid
