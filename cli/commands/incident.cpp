#include <fmt/core.h>

#include <memory>

#include "cli/address.hpp"
#include "cli/commands/commands.hpp"
#include "cli/time_text.hpp"

namespace ganglion::cli {
namespace {

using nlohmann::json;

struct Options {
    fleet::ApiAddress address{"127.0.0.1", kDefaultHttpPort, ""};
    std::string state = "open";
    int64_t id = 0;
    std::string name, kind, scope, reason, label, severity = "warning";
    std::string url, to, sender, user, secret, least = "warning";
    uint32_t minutes = 60, after_minutes = 0;
};
using Shared = std::shared_ptr<Options>;

std::string text(const json& row, const char* name) {
    return row.at(name).get<std::string>();
}

void print(const json& row) {
    const auto subjects = row.at("subjects").get<uint64_t>();
    fmt::print(
        "{:>5}  {:<8} {:<8} {}  {}, {}{}{}{}\n", row.at("id").get<int64_t>(), text(row, "state"),
        text(row, "severity"), date_text(row.at("opened_ms").get<int64_t>()), text(row, "kind"),
        text(row, "scope"),
        subjects > 1 ? fmt::format(", {} of {} devices", row.at("active").get<uint64_t>(), subjects)
                     : "",
        text(row, "cause").empty() ? "" : " with " + text(row, "cause"),
        text(row, "acknowledged_by").empty() ? ""
                                             : ", " + text(row, "acknowledged_by") + " sees to it");
}

void list(const Options& options) {
    const json rows = fleet::get_json(options.address, "/api/incidents?state=" + options.state);
    if (rows.empty()) fmt::print("no incident\n");
    for (const json& row : rows) print(row);
}

void show(const Options& options) {
    const json found =
        fleet::get_json(options.address, fmt::format("/api/incidents/{}", options.id));
    print(found.at("incident"));
    for (const json& one : found.at("members")) {
        fmt::print("  {:<24} {:<6} since {}  {}\n", text(one, "subject"),
                   one.at("active").get<bool>() ? "active" : "over",
                   date_text(one.at("since_ms").get<int64_t>()), text(one, "text"));
    }
    for (const json& one : found.at("deliveries")) {
        const auto sent = one.at("sent_ms").get<int64_t>();
        fmt::print("  {} {}: {}\n", text(one, "channel"), text(one, "reason"),
                   sent > 0 ? "sent " + date_text(sent)
                            : fmt::format("waits after {} attempts {}",
                                          one.at("attempts").get<uint32_t>(), text(one, "error")));
    }
}

void add_reading(CLI::App& command, const Shared& options) {
    auto* listing = command.add_subcommand("list", "Incidents, the last changed first");
    listing->add_option("--state", options->state, "open, resolved or all")
        ->check(CLI::IsMember({"open", "resolved", "all"}))
        ->capture_default_str();
    listing->callback([options] { list(*options); });
    auto* showing = command.add_subcommand("show", "One, with its devices and messages");
    showing->add_option("id", options->id, "of the incident")->required();
    showing->callback([options] { show(*options); });
}

void add_acting(CLI::App& command, const Shared& options) {
    for (const auto& [name, what] :
         {std::pair{"acknowledge", "You see to it: nobody else is called"},
          {"resolve", "It is over; what still holds opens a new one"}}) {
        auto* acting = command.add_subcommand(name, what);
        acting->add_option("id", options->id, "of the incident")->required();
        acting->callback([options, name = std::string(name)] {
            fleet::call_api(options->address, "post",
                            fmt::format("/api/incidents/{}/{}", options->id, name));
        });
    }
    auto* silence = command.add_subcommand(
        "silence", "Send no messages about a kind, a scope, or one in the other");
    silence->add_option("--kind", options->kind, "offline, fault, decision anomaly, privacy, …");
    silence->add_option("--scope", options->scope, "device:pump-7, site:north or fleet");
    silence->add_option("--minutes", options->minutes, "how long")->capture_default_str();
    silence->add_option("--reason", options->reason, "why, for the others")->required();
    silence->callback([options] {
        const json made = fleet::call_api(options->address, "post", "/api/silences",
                                          {{"kind", options->kind},
                                           {"scope", options->scope},
                                           {"minutes", options->minutes},
                                           {"reason", options->reason}});
        fmt::print("silence {}\n", made.at("id").get<int64_t>());
    });
    auto* silences = command.add_subcommand("silences", "What no messages are sent about");
    silences->callback([options] {
        for (const json& one : fleet::get_json(options->address, "/api/silences")) {
            fmt::print("{:>5}  until {}  {} {}: {} ({})\n", one.at("id").get<int64_t>(),
                       date_text(one.at("until_ms").get<int64_t>()), text(one, "scope"),
                       text(one, "kind"), text(one, "reason"), text(one, "by"));
        }
    });
    auto* speak = command.add_subcommand("unsilence", "End a silence");
    speak->add_option("id", options->id, "of the silence")->required();
    speak->callback([options] {
        fleet::call_api(options->address, "delete", fmt::format("/api/silences/{}", options->id));
    });
}

void add_channels(CLI::App& command, const Shared& options) {
    auto* channel = command.add_subcommand("channel", "Where messages go");
    channel->require_subcommand(1);
    channel->add_subcommand("list", "All channels")->callback([options] {
        for (const json& one : fleet::get_json(options->address, "/api/channels")) {
            fmt::print("{:<16} {:<8} from {:<8} {}{}\n", text(one, "name"), text(one, "kind"),
                       text(one, "least"), text(one, "to"),
                       one.at("after_minutes") == 0
                           ? ""
                           : fmt::format(" when nobody has acknowledged for {} minutes",
                                         one.at("after_minutes").get<uint32_t>()));
        }
    });
    auto* adding = channel->add_subcommand("add", "By e-mail (smtp://, smtps://) or webhook");
    adding->add_option("name", options->name, "of the channel")->required();
    adding->add_option("url", options->url, "smtps://mail.example.org:465, https://…")->required();
    adding->add_option("--to", options->to, "e-mail: addresses, with commas between them");
    adding->add_option("--from", options->sender, "e-mail: the sender's address");
    adding->add_option("--user", options->user, "e-mail: log-in");
    adding
        ->add_option("--secret", options->secret,
                     "the log-in's password, or the key of a webhook's signature")
        ->envname("GANGLION_CHANNEL_SECRET");
    adding->add_option("--least", options->least, "info, warning or critical")
        ->capture_default_str();
    adding->add_option("--after", options->after_minutes,
                       "minutes: only what nobody has acknowledged by then (escalation)");
    adding->callback([options] {
        const bool mail = options->url.rfind("smtp", 0) == 0;
        json body = {{"kind", mail ? "email" : "webhook"},
                     {"url", options->url},
                     {"user", options->user},
                     {"secret", options->secret},
                     {"least", options->least},
                     {"after_minutes", options->after_minutes}};
        if (mail) body.update({{"to", options->to}, {"sender", options->sender}});
        fleet::call_api(options->address, "put", "/api/channels/" + options->name, body);
    });
    auto* removing = channel->add_subcommand("remove", "Send nothing there any more");
    removing->add_option("name", options->name, "of the channel")->required();
    removing->callback([options] {
        fleet::call_api(options->address, "delete", "/api/channels/" + options->name);
    });
    auto* testing = channel->add_subcommand("test", "Send a message that says only that it works");
    testing->add_option("name", options->name, "of the channel")->required();
    testing->callback([options] {
        fleet::call_api(options->address, "post", "/api/channels/" + options->name + "/test");
    });
}

void add_rules(CLI::App& command, const Shared& options) {
    auto* rule = command.add_subcommand("rule", "Which decisions are alarms");
    rule->require_subcommand(1);
    rule->add_subcommand("list", "All rules")->callback([options] {
        for (const json& one : fleet::get_json(options->address, "/api/alarm-rules"))
            fmt::print("{:<24} {}\n", text(one, "label"), text(one, "severity"));
    });
    auto* adding = rule->add_subcommand("add", "Decisions with this label are alarms");
    adding->add_option("label", options->label, "anomaly, fall, …")->required();
    adding->add_option("--severity", options->severity, "info, warning or critical")
        ->capture_default_str();
    adding->callback([options] {
        fleet::call_api(options->address, "post", "/api/alarm-rules",
                        {{"label", options->label}, {"severity", options->severity}});
    });
    auto* removing = rule->add_subcommand("remove", "They are none any more");
    removing->add_option("label", options->label, "of the rule")->required();
    removing->callback([options] {
        fleet::call_api(options->address, "delete", "/api/alarm-rules/" + options->label);
    });
}

}  // namespace

void add_incident(CLI::App& program) {
    auto options = std::make_shared<Options>();
    auto* command = add_command(
        program, "incident", "What is wrong in the fleet, who sees to it, and who is told",
        "./ganglion incident list\n"
        "  ./ganglion incident channel add desk smtp://127.0.0.1:25 --to ada@example.org --from "
        "fleet@example.org\n"
        "  ./ganglion incident channel add night https://chat.example.org/hook --least critical "
        "--after 15\n"
        "  ./ganglion incident rule add anomaly --severity critical\n"
        "  ./ganglion incident silence --scope site:north --minutes 120 --reason maintenance");
    command->require_subcommand(1)->fallthrough();
    add_address_options(*command, options->address);
    add_reading(*command, options);
    add_acting(*command, options);
    add_channels(*command, options);
    add_rules(*command, options);
}

}  // namespace ganglion::cli
