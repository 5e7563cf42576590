#include "cli/demo/updates.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <ctime>
#include <optional>
#include <random>
#include <thread>

#include "cli/files.hpp"
#include "compile/bundle_signature.hpp"
#include "fleet/base/clock.hpp"
#include "fleet/base/files.hpp"
#include "fleet/client/api_client.hpp"
#include "fleet/release/make_release.hpp"
#include "model/tflite.hpp"
#include "update/host_crypto.hpp"
#include "update/package.hpp"

namespace ganglion::cli {
namespace {

using nlohmann::json;

constexpr double kLimitS = 60;
constexpr update::Uuid kVendor{'g', 'a', 'n', 'g', 'l', 'i', 'o', 'n'};
constexpr update::Uuid kHardware{'m', 'p', 's', '2', '-', 'a', 'n', '3', '8', '6'};

std::string kept_key(const std::filesystem::path& file) {
    if (std::filesystem::exists(file)) return read_text(file);
    std::string key = compile::generate_signing_key();
    fleet::write_private_file(file, key);
    return key;
}

/// Quiet in the microphone for as long as it lives.
class Quiet {
  public:
    explicit Quiet(DemoDevice& device)
        : thread_([this, &device] {
              device.board().more_samples();
              std::mt19937 random(1);
              std::vector<int16_t> block(device.input().rate_hz / 100);
              while (!stop_) {
                  for (int16_t& sample : block)
                      sample = static_cast<int16_t>(static_cast<int>(random() % 41) - 20);
                  if (!device.board().feed(block)) break;
              }
              device.board().end_of_samples();
          }) {}
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;
    ~Quiet() {
        stop_ = true;
        thread_.join();
    }

  private:
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

/// The application with the last layer of its network turned upside down: it hears its word in
/// silence. It still reproduces its own proof.
std::vector<uint8_t> upside_down(project::Project project, const std::string& key,
                                 const std::filesystem::path& folder) {
    model::Graph graph = model::read_tflite_file(project.model_file);
    for (auto op = graph.operators.rbegin(); op != graph.operators.rend(); ++op) {
        if (op->inputs.size() < 2 || op->inputs[1] < 0) continue;
        auto& weights = graph.tensors[static_cast<size_t>(op->inputs[1])].data;
        if (weights.empty()) continue;
        for (uint8_t& weight : weights) {
            const int value = (weight ^ 0x80) - 0x80;  // as a signed byte
            weight = static_cast<uint8_t>(std::min(127, -value));
        }
        if (op->inputs.size() > 2 && op->inputs[2] >= 0) {
            auto& bias = graph.tensors[static_cast<size_t>(op->inputs[2])].data;
            for (size_t at = 0; at + 4 <= bias.size(); at += 4) {
                int32_t value = 0;
                std::memcpy(&value, &bias[at], sizeof value);
                value = -value;
                std::memcpy(&bias[at], &value, sizeof value);
            }
        }
        break;
    }
    project.model_file = folder / "upside_down.tflite";
    write_file(project.model_file, model::write_tflite(graph));
    return build_application(project, key).bundle;
}

update::Manifest describe(uint32_t sequence, const std::string& version) {
    update::Manifest manifest;
    manifest.vendor = kVendor;
    manifest.hardware_class = kHardware;
    manifest.component = update::Component::bundle;
    manifest.sequence = sequence;
    manifest.version = fleet::version_of(version);
    manifest.health = {.starts = 3,
                       .min_ms = 3000,
                       .max_ms = 120'000,
                       .min_inferences = 60,
                       .max_alerts_permille = 10,
                       .reconnect = true,
                       .scores = {},
                       .max_distance_permille = 1000};
    return manifest;
}

/// Waits for a device's word in a rollout, or for anything else. Throws after a minute.
template <typename Ask>
auto eventually(const char* what, Ask ask) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(kLimitS);
    while (std::chrono::steady_clock::now() < end) {
        if (auto answer = ask()) return *answer;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    throw std::runtime_error(std::string("update: ") + what + " did not come in time");
}

std::string text_of(const std::vector<uint8_t>& bytes) {
    return {bytes.begin(), bytes.end()};
}

}  // namespace

DemoUpdates::DemoUpdates(const std::filesystem::path& state)
    : state_(state),
      bundle_key_(kept_key(state / "bundle-key.pem")),
      root_(kept_key(state / "root-key.pem")),
      signer_(kept_key(state / "release-key.pem")) {}

firmware::BoardFactory DemoUpdates::factory(const BuiltApplication& application) const {
    firmware::BoardFactory factory;
    factory.identity.vendor = kVendor;
    factory.identity.hardware_class = kHardware;
    factory.identity.root = update::public_point_of(root_);
    const std::vector<update::ListedKey> keys{{update::public_point_of(signer_)}};
    factory.key_list = update::make_key_list(1, keys, root_);
    factory.manifest = update::make_package(describe(1, application.project.application.version),
                                            application.bundle, signer_)
                           .manifest;
    factory.bundle = application.bundle;
    return factory;
}

DemoUpdates::Made DemoUpdates::add(const DemoDevice& device, const std::vector<uint8_t>& bundle,
                                   const std::string& version, const std::vector<uint8_t>& now,
                                   const std::string& version_now, fleet::Server& server,
                                   const std::string& note) {
    fleet::ReleaseParts parts;
    parts.name = device.application().project.application.name;
    parts.note = note;
    // Rises also over a state folder that is used again; the way back takes the number behind.
    last_sequence_ = std::max(static_cast<uint32_t>(std::time(nullptr)), last_sequence_ + 2);
    parts.description = describe(last_sequence_, version);
    parts.image = bundle;
    parts.bases = {now};
    parts.back = now;
    parts.back_version = fleet::version_of(version_now);
    const auto card = source_root() / "apps" / parts.name / "MODEL_CARD.md";
    if (std::filesystem::exists(card)) parts.card = read_text(card);
    fleet::ObjectStore& objects = server.releases().objects();
    const auto release = fleet::make_release(parts, signer_, objects, fleet::now_ms());
    server.releases().add(release.description, release.signature);
    const auto& packages = release.release.packages;
    const std::string manifest = *objects.get(packages.back().manifest);
    return {release.release.id,
            packages.back().bytes,
            packages.front().bytes,
            {manifest.begin(), manifest.end()}};
}

UpdateSummary DemoUpdates::run(DemoDevice& device, fleet::Server& server, const Note& note) {
    const fleet::ApiAddress api{.host = "127.0.0.1", .port = server.http_port(), .token = {}};
    const auto word = [&] {
        return fleet::get_json(api, "/api/devices/" + device.id() + "/update");
    };
    const auto rollout = [&](const Made& made, const char* name) {
        return fleet::call_api(api, "post", "/api/rollouts",
                               {{"release", made.release},
                                {"name", name},
                                {"devices", device.id()},
                                {"stages", {{{"share", 1}, {"wait_s", 0}}}},
                                {"look_s", 1}})
            .at("id")
            .get<int64_t>();
    };
    const auto ended = [&](int64_t id) {
        return eventually("the end of a rollout", [&]() -> std::optional<json> {
            const auto page =
                fleet::get_json(api, "/api/rollouts/" + std::to_string(id) + "/devices");
            if (page.empty()) return std::nullopt;
            const auto state = page[0].at("state").get<std::string>();
            if (state != "done" && state != "failed" && state != "unhealthy" && state != "undone")
                return std::nullopt;
            return page[0];
        });
    };
    const BuiltApplication& application = device.application();
    const std::string version = application.project.application.version;
    project::Project stricter = application.project;
    stricter.application.version = "1.1.0";
    stricter.decision.threshold += (1000 - stricter.decision.threshold) / 5;
    const auto better = build_application(stricter, bundle_key_).bundle;
    project::Project reversed = application.project;
    reversed.application.version = "1.2.0";
    const auto worse = upside_down(reversed, bundle_key_, state_);

    UpdateSummary summary;
    const Quiet quiet(device);
    const auto begin = std::chrono::steady_clock::now();
    const Made good = add(device, better, "1.1.0", application.bundle, version, server,
                          "asks for more certainty before it wakes");
    const json taken = ended(rollout(good, "the better one"));
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    summary.taken = fmt::format("1.1.0 live in {:.0f} s, {} of {} bytes", seconds, good.delta_bytes,
                                good.whole_bytes);
    note(device.id() + " takes " + summary.taken +
         " sent: " + taken.at("state").get<std::string>());

    // What a server that has been taken over could try: a manifest that says something else.
    const char* const what = "hears its word in silence";
    const Made tampered = add(device, worse, "1.2.0", better, "1.1.0", server, what);
    std::vector<uint8_t> forged = tampered.manifest;
    forged[forged.size() / 2] ^= 1;
    server.tell(device.id(), "offer", text_of(forged));
    summary.refused = eventually("a refusal", [&]() -> std::optional<std::string> {
        const std::string why = word().at("refusal").get<std::string>();
        return why.empty() ? std::nullopt : std::optional(why);
    });
    note(device.id() + " refuses a tampered 1.2.0: " + summary.refused);

    const Made bad = add(device, worse, "1.2.0", better, "1.1.0", server, what);
    const json undone = ended(rollout(bad, "the bad one"));
    summary.undone = undone.at("reason").get<std::string>();
    note(device.id() + " goes back from 1.2.0 by itself: " + summary.undone);
    const json last = word();
    summary.as_it_should = taken.at("state") == "done" && undone.at("state") == "unhealthy" &&
                           last.at("version") == "1.1.0";
    return summary;
}

}  // namespace ganglion::cli
