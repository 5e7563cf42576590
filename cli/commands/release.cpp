#include <fmt/core.h>
#include <httplib.h>

#include <chrono>
#include <ctime>
#include <memory>

#include "cli/address.hpp"
#include "cli/commands/commands.hpp"
#include "cli/files.hpp"
#include "cli/interrupt.hpp"
#include "cli/time_text.hpp"
#include "fleet/client/http_client.hpp"
#include "fleet/release/make_release.hpp"
#include "fleet/release/object_relay.hpp"
#include "update/host_crypto.hpp"
#include "update/package.hpp"

namespace ganglion::cli {
namespace {

struct Options {
    fleet::ApiAddress address{"127.0.0.1", kDefaultHttpPort, ""};
    uint16_t listen = 8043;
    uint64_t most_bytes = 256ULL << 20;
    std::filesystem::path folder, image, key, card, report, back, root;
    std::vector<std::filesystem::path> bases, keys, revoked;
    std::string name, version, back_version, note, needs_firmware, id;
    std::string vendor, hardware;
    bool firmware = false;
    uint32_t sequence = 0;
    uint32_t list_version = 0;
    uint32_t trial_seconds = 600;
    uint32_t inferences = 0;
    uint32_t alerts = 1000;
};

update::Uuid uuid_of(const std::string& text, const char* what) {
    std::string digits;
    for (const char c : text)
        if (c != '-') digits += c;
    const auto bytes = fleet::bytes_of_hex(digits);
    update::Uuid uuid{};
    if (bytes.size() != uuid.size())
        throw std::runtime_error(fmt::format("{}: 32 hexadecimal digits, not '{}'", what, text));
    std::copy(bytes.begin(), bytes.end(), uuid.begin());
    return uuid;
}

fleet::ReleaseParts parts_of(const Options& options) {
    fleet::ReleaseParts parts;
    parts.name = options.name;
    parts.note = options.note;
    update::Manifest& manifest = parts.description;
    manifest.component = options.firmware ? update::Component::firmware : update::Component::bundle;
    manifest.vendor = uuid_of(options.vendor, "--vendor");
    manifest.hardware_class = uuid_of(options.hardware, "--hardware");
    manifest.version = fleet::version_of(options.version);
    // Without a counter at hand, the clock rises too.
    manifest.sequence =
        options.sequence != 0 ? options.sequence : static_cast<uint32_t>(std::time(nullptr));
    if (!options.needs_firmware.empty()) {
        manifest.dependencies[0] = {update::Component::firmware,
                                    fleet::version_of(options.needs_firmware)};
        manifest.dependency_count = 1;
    }
    manifest.health.min_ms = options.trial_seconds * 1000;
    manifest.health.max_ms = 10 * manifest.health.min_ms;
    manifest.health.min_inferences = options.inferences;
    manifest.health.max_alerts_permille = options.alerts;
    parts.image = read_file(options.image);
    for (const auto& base : options.bases) parts.bases.push_back(read_file(base));
    if (!options.back.empty()) {
        parts.back = read_file(options.back);
        parts.back_version = fleet::version_of(options.back_version);
        parts.bases.push_back(*parts.back);
    }
    if (!options.card.empty()) parts.card = read_text(options.card);
    if (!options.report.empty()) parts.report = read_text(options.report);
    return parts;
}

void create(const Options& options) {
    if (options.back.empty() != options.back_version.empty())
        throw std::runtime_error("--back and --back-version belong together");
    fleet::ObjectStore objects(options.folder / "objects");
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    const fleet::SignedRelease made =
        fleet::make_release(parts_of(options), read_text(options.key), objects, now);
    write_text(options.folder / "release.json", made.description);
    write_text(options.folder / "signature", made.signature);
    fmt::print("{}  {} {} sequence {}\n", made.release.id.substr(0, 12), made.release.name,
               options.version, made.release.sequence);
    for (const auto* packages : {&made.release.packages, &made.release.back})
        for (const auto& package : *packages)
            fmt::print("  {:>9} bytes  {}{}\n", package.bytes,
                       package.base.empty() ? "whole" : "delta from " + package.base,
                       packages == &made.release.back ? ", the way back" : "");
    if (made.release.back.empty())
        fmt::print("  no way back: give --back, so that a rollout can undo it by itself\n");
    fmt::print("add it with: ganglion release add {}\n", options.folder.string());
}

void put_object(const fleet::ApiAddress& address, const std::string& bytes) {
    httplib::Client client = fleet::http_client(address);
    const auto result = client.Put("/api/objects/" + fleet::sha256_hex(bytes),
                                   fleet::headers_of(address), bytes, "application/octet-stream");
    if (!result || result->status != 204)
        throw std::runtime_error(
            fmt::format("{}:{} does not take a part of the release: {}", address.host, address.port,
                        result ? result->body : httplib::to_string(result.error())));
}

void add(const Options& options) {
    fleet::ObjectStore objects(options.folder / "objects");
    const std::string description = read_text(options.folder / "release.json");
    const fleet::Release release = fleet::read_release(description);
    std::vector<std::string> digests{release.card, release.report};
    for (const auto* packages : {&release.packages, &release.back})
        for (const auto& package : *packages)
            digests.insert(digests.end(), {package.manifest, package.index, package.payload});
    for (const std::string& digest : digests) {
        if (digest.empty()) continue;
        const auto bytes = objects.get(digest);
        if (!bytes) throw std::runtime_error(options.folder.string() + ": lacks object " + digest);
        put_object(options.address, *bytes);
    }
    fleet::call_api(
        options.address, "post", "/api/releases",
        {{"description", description}, {"signature", read_text(options.folder / "signature")}});
    fmt::print("{}  the fleet has it\n", release.id.substr(0, 12));
}

void list(const Options& options) {
    for (const auto& row : fleet::get_json(options.address, "/api/releases"))
        fmt::print("{}  {:<20} {:<8} {:<10} sequence {:<10} {}  {}\n",
                   row.at("id").get<std::string>().substr(0, 12), row.at("name").get<std::string>(),
                   row.at("component").get<std::string>(), row.at("version").get<std::string>(),
                   row.at("sequence").get<uint32_t>(),
                   date_text(row.at("created_ms").get<int64_t>()),
                   row.at("note").get<std::string>());
}

void show(const Options& options) {
    const auto row = fleet::get_json(options.address, "/api/releases/" + options.id);
    fmt::print("{}\n", row.dump(2));
    const std::string card = row.at("card").get<std::string>();
    if (card.empty()) return;
    httplib::Client client = fleet::http_client(options.address);
    if (const auto result = client.Get("/api/objects/" + card, fleet::headers_of(options.address));
        result && result->status == 200)
        fmt::print("\n{}\n", result->body);
}

void keys(const Options& options) {
    const std::string root = read_text(options.root);
    std::vector<update::ListedKey> listed;
    for (const auto& key : options.keys)
        listed.push_back({update::public_point_of(read_text(key)), false});
    for (const auto& key : options.revoked)
        listed.push_back({update::public_point_of(read_text(key)), true});
    const auto envelope = update::make_key_list(options.list_version, listed, root);
    fleet::call_api(options.address, "put", "/api/keys",
                    {{"envelope", fleet::hex_of(envelope)},
                     {"root", fleet::hex_of(update::public_point_of(root))}});
    fmt::print("key list {} goes to every device that has an older one\n", options.list_version);
}

void add_create(CLI::App& command, const std::shared_ptr<Options>& options) {
    auto* made = add_command(
        command, "create", "Make and sign a release, here, where the key is; no server is asked",
        "./ganglion release create --out wake-1.1 --name wake_word --version "
        "1.1.0 --image new.bundle \\\n      --back old.bundle --back-version "
        "1.0.0 --card apps/wake_word/MODEL_CARD.md --key release.pem \\\n      "
        "--vendor 00..01 --hardware 00..02");
    made->add_option("--out", options->folder, "folder for the release")->required();
    made->add_option("--name", options->name, "of the application or firmware")->required();
    made->add_option("--version", options->version, "such as 1.2.0")->required();
    made->add_option("--image", options->image, "bundle, or firmware as a raw image")->required();
    made->add_flag("--firmware", options->firmware, "the image is firmware");
    made->add_option("--key", options->key, "release key (PEM, P-256)")->required();
    made->add_option("--vendor", options->vendor, "UUID of the maker")->required();
    made->add_option("--hardware", options->hardware, "UUID of the class of hardware")->required();
    made->add_option("--sequence", options->sequence,
                     "above that of every release before; default: seconds since 1970");
    made->add_option("--base", options->bases, "images that devices hold now: a delta from each");
    made->add_option("--back", options->back, "the image to go back to; also a base");
    made->add_option("--back-version", options->back_version, "its version");
    made->add_option("--needs-firmware", options->needs_firmware, "least version of the firmware");
    made->add_option("--card", options->card, "model card");
    made->add_option("--report", options->report, "report of the evaluation");
    made->add_option("--note", options->note, "what is new, in a line");
    made->add_option("--trial", options->trial_seconds, "seconds on trial before it is trusted")
        ->capture_default_str();
    made->add_option("--trial-inferences", options->inferences, "and so many inferences at least")
        ->capture_default_str();
    made->add_option("--most-alerts", options->alerts, "alerts per 1000 inferences in the trial")
        ->capture_default_str();
    made->callback([options] { create(*options); });
}

void add_relay(CLI::App& command, const std::shared_ptr<Options>& options) {
    auto* relay = add_command(
        command, "relay",
        "Serve the parts of releases from here, as a gateway does: each is asked from the fleet's\n"
        "server once, checked against its digest and kept. Runs until Ctrl-C.",
        "./ganglion release relay --host fleet.example --listen 8043 --work /var/cache/ganglion");
    relay->add_option("--listen", options->listen, "port on 127.0.0.1; 0: a free one")
        ->capture_default_str();
    relay->add_option("--work", options->folder, "folder for the parts")->required();
    relay->add_option("--most", options->most_bytes, "kept at most, e.g. 64MB")
        ->transform(CLI::AsSizeValue(false))
        ->capture_default_str();
    relay->callback([options] {
        catch_interrupts();
        const fleet::ObjectRelay relaying({.upstream = options->address,
                                           .directory = options->folder,
                                           .port = options->listen,
                                           .most_bytes = options->most_bytes});
        fmt::print("parts of releases: http://127.0.0.1:{}/api/objects/\n", relaying.port());
        std::fflush(stdout);
        wait_for_interrupt();
        fmt::print("served {}, of them {} from the fleet's server\n", relaying.served(),
                   relaying.fetched());
    });
}

}  // namespace

void add_release(CLI::App& program) {
    auto options = std::make_shared<Options>();
    auto* command = add_command(program, "release",
                                "Signed versions of bundles and firmware. They are signed where "
                                "the key is; the server only "
                                "keeps them",
                                "./ganglion release add wake-1.1 && ./ganglion release list");
    command->require_subcommand(1)->fallthrough();
    add_address_options(*command, options->address);
    add_create(*command, options);
    add_relay(*command, options);
    auto* adding = command->add_subcommand("add", "Give a release to the fleet's server");
    adding->add_option("folder", options->folder, "as `release create` made it")->required();
    adding->callback([options] { add(*options); });
    command->add_subcommand("list", "All releases, newest first")->callback([options] {
        list(*options);
    });
    auto* showing = command->add_subcommand("show", "One release with its model card");
    showing->add_option("id", options->id, "or its first 8 digits and more")->required();
    showing->callback([options] { show(*options); });
    auto* listing = command->add_subcommand(
        "keys", "Sign the list of release keys with the root key, and give it to the fleet");
    listing->add_option("--root", options->root, "the devices' root key (PEM)")->required();
    listing->add_option("--list-version", options->list_version, "above the one before")
        ->required();
    listing->add_option("--key", options->keys, "release keys to trust (PEM)")->required();
    listing->add_option("--revoked", options->revoked, "release keys to trust no more");
    listing->callback([options] { keys(*options); });
}

}  // namespace ganglion::cli
