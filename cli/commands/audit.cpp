#include <fmt/core.h>

#include <memory>
#include <stdexcept>

#include "cli/address.hpp"
#include "cli/commands/commands.hpp"
#include "cli/time_text.hpp"
#include "fleet/audit/audit_log.hpp"

namespace ganglion::cli {
namespace {

struct Options {
    fleet::ApiAddress address{"127.0.0.1", kDefaultHttpPort, ""};
    std::filesystem::path file = "ganglion-fleet/audit.jsonl";
    std::string head;
    uint32_t limit = 20;
};

void show(const Options& options) {
    const auto answer =
        fleet::get_json(options.address, "/api/audit?limit=" + std::to_string(options.limit));
    for (const auto& entry : answer.at("entries")) {
        fmt::print("{:>6}  {}  {:<28} {:<24} {} {}\n", entry.at("number").get<uint64_t>(),
                   date_text(entry.at("time_ms").get<int64_t>()),
                   entry.at("actor").get<std::string>(), entry.at("action").get<std::string>(),
                   entry.at("object").get<std::string>(), entry.at("detail").dump());
    }
}

/// "12:<64 hex digits>", as verify prints it.
std::optional<fleet::AuditHead> parsed_head(const std::string& text) {
    if (text.empty()) return std::nullopt;
    const size_t colon = text.find(':');
    fleet::AuditHead head;
    try {
        head.entries = std::stoull(text.substr(0, colon));
    } catch (const std::exception&) {
        head.entries = 0;
    }
    if (colon == std::string::npos || head.entries == 0 || text.size() - colon != 65)
        throw std::runtime_error("--head is <entries>:<hash>, as an earlier verify printed it");
    head.hash = text.substr(colon + 1);
    return head;
}

void verify(const Options& options) {
    const auto verdict = fleet::verify_audit_log(options.file, parsed_head(options.head));
    if (verdict.fault) {
        throw std::runtime_error(fmt::format("{}:{}: {}; the {} lines before it are unchanged",
                                             options.file.string(), verdict.fault->line,
                                             verdict.fault->what, verdict.fault->line - 1));
    }
    fmt::print("unchanged: {} entries\nhead: {}:{}\n", verdict.head.entries, verdict.head.entries,
               verdict.head.hash);
}

}  // namespace

void add_audit(CLI::App& program) {
    auto options = std::make_shared<Options>();
    auto* command = add_command(program, "audit", "Who did what, and proof that nobody changed it",
                                "./ganglion audit verify ganglion-fleet/audit.jsonl");
    command->require_subcommand(1)->fallthrough();
    auto* showing = command->add_subcommand("show", "The newest entries, from the server");
    add_address_options(*showing, options->address);
    showing->add_option("--limit", options->limit, "so many")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    showing->callback([options] { show(*options); });
    auto* verifying = command->add_subcommand(
        "verify",
        "Check the chain of hashes in the file. Keep the printed head elsewhere: with it a later "
        "verify also finds a log that was cut off or written anew");
    verifying->add_option("file", options->file, "the server's audit.jsonl")->capture_default_str();
    verifying->add_option("--head", options->head, "<entries>:<hash> of an earlier verify");
    verifying->callback([options] { verify(*options); });
}

}  // namespace ganglion::cli
