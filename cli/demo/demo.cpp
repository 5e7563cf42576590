#include "cli/demo/demo.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/demo/device.hpp"
#include "cli/demo/place.hpp"
#include "cli/demo/steps.hpp"
#include "cli/demo/summary.hpp"
#include "cli/demo/updates.hpp"
#include "cli/figures.hpp"
#include "cli/files.hpp"
#include "cli/interrupt.hpp"
#include "compile/bundle_signature.hpp"
#include "fleet/client/follower.hpp"
#include "fleet/server/server.hpp"
#include "train/evaluate/all_stages.hpp"

namespace ganglion::cli {
namespace {

namespace fs = std::filesystem;

constexpr double kConnectLimitS = 60;
constexpr double kCutBeginsS =
    4;  // late enough for the handshakes, early enough for the first word
constexpr double kSettleLimitS = 60;
/// A device reports its counters every 10 s of its own time.
constexpr double kReportLimitS = 15;

/// Prints events as the store gets them, from a thread of its own, as `ganglion events --follow`
/// would.
class EventPrinter {
  public:
    EventPrinter(uint16_t http_port, Steps& steps)
        : thread_([this, http_port, &steps] {
              fleet::follow({.host = "127.0.0.1", .port = http_port}, {},
                            {.event =
                                 [&](const nlohmann::json& event) {
                                     if (event.at("kind") != "started")
                                         steps.note(fleet::to_line(event));
                                 },
                             .device = [](const nlohmann::json&) {},
                             .lost = [&](const std::string& reason) { steps.note(reason); }},
                            stop_);
          }) {}
    EventPrinter(const EventPrinter&) = delete;
    EventPrinter& operator=(const EventPrinter&) = delete;
    ~EventPrinter() {
        stop_ = true;
        thread_.join();
    }

  private:
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

void sleep_unless_interrupted(double seconds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (std::chrono::steady_clock::now() < end && !interrupted())
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

class Demo {
  public:
    explicit Demo(const DemoOptions& options) : options_(options) {}

    void run() {
        catch_interrupts();
        start_server();
        prepare_devices();
        boot();
        sense();
        settle();
        summarize_all();
        if (!alone()) update();
        report();
    }

  private:
    using Devices = std::vector<std::unique_ptr<DemoDevice>>;

    /// One application over recordings, without the speaker and the motor.
    bool alone() const { return !options_.application.empty(); }

    void start_server() {
        steps_.begin("fleet server");
        state_ = make_state(options_.state);
        server_ = std::make_unique<fleet::Server>(
            fleet::ServerConfig{.state_dir = state_ / "fleet",
                                .mqtt_port = options_.mqtt_port,
                                .http_port = choose_http_port(options_.http_port),
                                .dashboard_dir = source_root() / "dashboard" / "dist",
                                .log = [this](std::string_view line) { log_to_file(line); }});
        server_->start();
        steps_.done("page " + server_->url());
        steps_.note("everything is kept in " + state_.string() + " (remove it any time)");
    }

    void log_to_file(std::string_view line) {
        const std::lock_guard lock(log_mutex_);
        append_to_log(state_, line);
    }

    void prepare_devices() {
        steps_.begin("applications");
        updates_ = std::make_unique<DemoUpdates>(state_);
        const std::string& key = updates_->bundle_key();
        bundle_key_ = compile::public_key_of(key);
        if (alone()) {
            prepare_one(key);
            return;
        }
        auto listener = build_application(find_application("wake_word"), key);
        auto guard = build_application(find_application("machine"), key);
        steps_.done(fmt::format("compiled and signed: {} and {} bytes", listener.bundle.size(),
                                guard.bundle.size()));

        steps_.begin("inputs");
        auto speech = speech_input(options_, listener.project, state_);
        auto vibration = motor_input(options_, guard.project);
        steps_.done("");
        steps_.note("speaker-01 hears " + speech.description);
        steps_.note("motor-01 feels   " + vibration.description);
        devices_.push_back(
            std::make_unique<DemoDevice>("speaker-01", std::move(listener), std::move(speech)));
        devices_.push_back(
            std::make_unique<DemoDevice>("motor-01", std::move(guard), std::move(vibration)));
    }

    void prepare_one(const std::string& key) {
        auto application = build_application(find_application(options_.application), key);
        steps_.done(fmt::format("compiled and signed: {} bytes", application.bundle.size()));
        steps_.begin("inputs");
        auto input = recorded_input(options_, application.project);
        steps_.done("");
        const project::Project project = application.project;
        auto id = project.application.name + "-01";
        std::ranges::replace(id, '_', '-');
        steps_.note(id + " senses " + input.description);
        devices_.push_back(std::make_unique<DemoDevice>(id, std::move(application), input));
        if (project.gates.empty()) return;
        // What its cascade saves: a second board with the same input runs all stages always.
        steps_.note("all-stages senses the same, and runs all stages always");
        devices_.push_back(std::make_unique<DemoDevice>(
            "all-stages", build_application(train::all_stages_always(project), key),
            std::move(input)));
    }

    void boot() {
        steps_.begin("devices");
        for (auto& device : devices_)
            device->boot(options_, state_, server_->pki(), server_->mqtt_port(), bundle_key_,
                         device->id() == "speaker-01"
                             ? std::optional(updates_->factory(device->application()))
                             : std::nullopt);
        for (auto& device : devices_) device->wait_connected(kConnectLimitS);
        steps_.done(fmt::format("{} Cortex-M4F, booted, bundle proved, connected over TLS",
                                devices_.size()));
    }

    void sense() {
        steps_.begin("sense and decide");
        const EventPrinter printer(server_->http_port(), steps_);
        for (auto& device : devices_)
            device->stream(options_.microphone && device->id() == "speaker-01");
        if (options_.microphone) steps_.note("listening to the microphone: Ctrl-C ends it");
        if (options_.cut_network_seconds > 0) cut_network();
        if (options_.microphone) {
            wait_for_interrupt();
            for (auto& device : devices_) device->stop_streaming();
        }
        for (auto& device : devices_)
            device->wait_settled(kSettleLimitS + 4 * device->input_seconds());
    }

    void cut_network() {
        sleep_unless_interrupted(kCutBeginsS);
        for (auto& device : devices_) device->board().set_network(false);
        steps_.note(fmt::format("network cut for {:.0f} s: the devices go on deciding",
                                options_.cut_network_seconds));
        sleep_unless_interrupted(options_.cut_network_seconds);
        for (auto& device : devices_) device->board().set_network(true);
        steps_.note("network back: the outboxes empty themselves");
    }

    /// The store's numbers are those of the device's last report: waits for the one that covers all
    /// samples.
    void settle() {
        steps_.begin("last reports");
        const auto end =
            std::chrono::steady_clock::now() + std::chrono::duration<double>(kReportLimitS);
        while (std::chrono::steady_clock::now() < end && !all_reported())
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        steps_.done(
            all_reported()
                ? "the fleet's store has everything"
                : "the last counters did not arrive in time: bytes below are of the last report");
    }

    nlohmann::json get(const std::string& path) const {
        return fleet::get_json({.host = "127.0.0.1", .port = server_->http_port()}, path);
    }

    nlohmann::json row_of(const DemoDevice& device) const {
        for (const auto& row : get("/api/devices"))
            if (row.at("id") == device.id()) return row;
        throw std::runtime_error(device.id() + ": the fleet server has never heard of it");
    }

    bool all_reported() const {
        for (const auto& device : devices_)
            if (row_of(*device).at("bytes_sensed").get<uint64_t>() < 2 * device->streamed())
                return false;
        return true;
    }

    /// This start's events alone: a kept state folder holds earlier ones too.
    nlohmann::json events_of(DemoDevice& device) const {
        const uint32_t boot = device.board().state().boot;
        auto kept = nlohmann::json::array();
        for (int64_t last = 0;;) {
            const auto page =
                get(fmt::format("/api/events?limit=1000&device={}&after={}", device.id(), last));
            if (page.at("events").empty()) return kept;
            for (const auto& event : page.at("events"))
                if (event.at("boot") == boot) kept.push_back(event);
            last = page.at("last");
        }
    }

    /// Before the updates: the figures are those of the programs that sensed the inputs.
    void summarize_all() {
        for (auto& device : devices_) {
            summaries_.push_back(summarize(*device, events_of(*device), row_of(*device)));
            if (const uint32_t made = device->board().state().last_sequence;
                summaries_.back().events != made)
                throw std::runtime_error(fmt::format("{}: made {} events, the store has {}",
                                                     device->id(), made, summaries_.back().events));
        }
    }

    void update() {
        steps_.begin("updates");
        UpdateSummary& summary = summaries_.front().update;
        summary = updates_->run(*devices_.front(), *server_,
                                [this](const std::string& line) { steps_.note(line); });
        if (!summary.as_it_should)
            throw std::runtime_error("an update did not end as it should: see " + server_->url());
    }

    void report() {
        if (alone()) fmt::print("\n{}", to_account(summaries_.front(), devices_.front()->input()));
        fmt::print("\n{}", to_table(summaries_));
        if (options_.record)
            record(devices_.front()->application().project,
                   to_rows(devices_.front()->application().project, summaries_));
        if (!options_.json.empty()) write_text(options_.json, to_json(summaries_).dump(2) + "\n");
        if (!options_.keep_running) return;
        fmt::print(
            "\nstill running: page {} · `./ganglion events --follow --port {}` · Ctrl-C ends it\n",
            server_->url(), server_->http_port());
        std::fflush(stdout);
        wait_for_interrupt();
    }

    DemoOptions options_;
    Steps steps_{alone() ? 6 : 7};
    fs::path state_;
    std::mutex log_mutex_;
    std::unique_ptr<fleet::Server> server_;
    std::string bundle_key_;
    std::unique_ptr<DemoUpdates> updates_;
    std::vector<DeviceSummary> summaries_;
    Devices devices_;
};

}  // namespace

void run_demo(const DemoOptions& options) {
    Demo(options).run();
}

}  // namespace ganglion::cli
