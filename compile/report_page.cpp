#include "compile/report_page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "compile/compile.hpp"

namespace ganglion::compile {
namespace {

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #667080; --line: #d9dee5; --page: #fbfcfd;
  --card: #fff; --tensor: #4c8dd6; --state: #d08a2e; --scratch: #9aa5b1; --bar: #4c8dd6; --worst: #c8553d; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7ebf0; --soft: #98a3b1; --line: #2c343e;
  --page: #12161b; --card: #1a2027; --tensor: #5b9be6; --state: #e0a04a; --scratch: #5d6875;
  --bar: #5b9be6; --worst: #e57a62; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1.2rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: .2rem 0 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .3rem 0; overflow-wrap: anywhere; } .soft, th, caption { color: var(--soft); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .7rem;
  margin: 1rem 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: .6rem .8rem; }
.card b { display: block; font-size: 1.3rem; font-variant-numeric: tabular-nums; }
.card span { color: var(--soft); font-size: .85rem; }
.wide { overflow-x: auto; background: var(--card); border: 1px solid var(--line);
  border-radius: .6rem; padding: .5rem; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; font-variant-numeric: tabular-nums; }
th { font-weight: 500; text-align: right; } td { text-align: right; }
th, td { padding: .25rem .5rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
tr:last-child td { border-bottom: 0; } .name { text-align: left; white-space: normal; min-width: 11rem; }
.name small { display: block; color: var(--soft); overflow-wrap: anywhere; }
.worst { color: var(--worst); font-weight: 600; }
.share { display: inline-block; height: .55rem; border-radius: .2rem; background: var(--bar); }
svg { display: block; width: 100%; min-width: 34rem; height: auto; }
svg text { fill: var(--soft); font: 11px system-ui, sans-serif; }
.tensor { fill: var(--tensor); } .state { fill: var(--state); } .scratch { fill: var(--scratch); }
svg rect { stroke: var(--card); } .grid { stroke: var(--line); } .key i { display: inline-block;
  width: .8rem; height: .8rem; border-radius: .2rem; margin: 0 .3rem 0 .9rem; vertical-align: -1px; }
)";

std::string escaped(const std::string& text) {
    std::string result;
    for (char c : text) {
        switch (c) {
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '&':
                result += "&amp;";
                break;
            case '"':
                result += "&quot;";
                break;
            default:
                result += c;
        }
    }
    return result;
}

/// A tensor's name; of one that stands for several fused ones, the first.
std::string short_name(const std::string& tensor) {
    return escaped(tensor.substr(0, tensor.find(';')));
}

/// The operator of a layer; the compiler's own ones in words.
std::string title_of(const LayerReport& layer) {
    if (!layer.source.empty()) return escaped(layer.source);
    return layer.operation == "repeat" ? "loop over rows" : "move of rows";
}

/// 1234567 as "1,234,567".
std::string number(uint64_t value) {
    std::string text = std::to_string(value);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
        text.insert(static_cast<size_t>(at), ",");
    return text;
}

std::string card(const std::string& value, const std::string& what) {
    return fmt::format("<div class=card><b>{}</b><span>{}</span></div>\n", value, what);
}

uint64_t total(const std::vector<uint64_t>& values) {
    return std::accumulate(values.begin(), values.end(), uint64_t{0});
}

bool is_estimated(const ModelReport& report) {
    return report.report.estimated_instructions != 0;
}

/// What a layer is judged by: its instructions, counted or estimated, else its MACs.
uint64_t cost_of(const ModelReport& report, size_t layer) {
    if (!report.instructions.empty()) return report.instructions[layer];
    if (is_estimated(report)) return report.report.layers[layer].estimated_instructions;
    return report.report.layers[layer].macs * report.report.layers[layer].turns;
}

size_t worst_of(const ModelReport& report) {
    size_t worst = 0;
    for (size_t i = 0; i < report.report.layers.size(); ++i) {
        if (cost_of(report, i) > cost_of(report, worst)) worst = i;
    }
    return worst;
}

double over_bound(const Report& report) {
    if (report.arena_lower_bound == 0) return 0;
    return 100.0 * (static_cast<double>(report.arena_bytes) / report.arena_lower_bound - 1.0);
}

std::string cards(const ModelReport& model) {
    const Report& report = model.report;
    std::string text = "<div class=cards>\n";
    const uint64_t fixed = model.firmware ? model.firmware->static_bytes : 0;
    const uint64_t stack = model.firmware ? model.firmware->stack_bytes : 0;
    text += card(number(report.arena_bytes + fixed + stack),
                 model.firmware ? "bytes of RAM, stack included" : "bytes of RAM, without stack");
    if (model.firmware) text += card(number(model.firmware->flash_bytes), "bytes of flash");
    text += card(number(report.constant_bytes), "bytes of weights and tables");
    if (!model.instructions.empty())
        text += card(number(total(model.instructions)), "instructions, counted");
    if (is_estimated(model))
        text += card(number(report.estimated_instructions), "instructions, estimated");
    text += card(number(report.macs), "multiply-accumulates");
    return text + "</div>\n";
}

/// Buffers as boxes: operations from left to right, addresses upwards.
std::string memory_svg(const Report& report) {
    constexpr double kWidth = 900;
    constexpr double kHeight = 320;
    constexpr double kLeft = 62;
    constexpr double kBottom = 20;
    const double steps = std::max<double>(1, static_cast<double>(report.layers.size()));
    const double bytes = std::max<double>(1, report.arena_bytes);
    const double column = (kWidth - kLeft) / steps;
    const auto y_of = [&](double address) { return (kHeight - kBottom) * (1 - address / bytes); };
    std::string svg =
        fmt::format("<svg viewBox=\"0 -8 {:.0f} {:.0f}\" role=img aria-label=\"RAM over time\">\n",
                    kWidth, kHeight + 8);
    for (int i = 0; i <= 4; ++i) {
        const double address = bytes * i / 4;
        svg += fmt::format(
            "<line class=grid x1={0:.1f} x2={1:.1f} y1={2:.1f} y2={2:.1f} />"
            "<text x={3:.1f} y={4:.1f} text-anchor=end>{5}</text>\n",
            kLeft, kWidth, y_of(address), kLeft - 6, y_of(address) + 4,
            number(static_cast<uint64_t>(address)));
    }
    for (const PlacedBuffer& buffer : report.buffers) {
        const double top = y_of(static_cast<double>(buffer.offset) + buffer.bytes);
        const std::string name = buffer.name.empty() ? buffer.kind : short_name(buffer.name);
        svg += fmt::format(
            "<rect class={} x={:.1f} y={:.1f} width={:.1f} height={:.1f} rx=2><title>{}: {} bytes "
            "at {}, operations {} to {}</title></rect>\n",
            buffer.kind, kLeft + buffer.first * column, top,
            (buffer.last - buffer.first + 1) * column, y_of(buffer.offset) - top, name,
            number(buffer.bytes), number(buffer.offset), buffer.first, buffer.last);
    }
    const auto every = static_cast<size_t>(std::max(1.0, steps / 24 + 0.999));
    for (size_t i = 0; i < report.layers.size(); i += every) {
        svg += fmt::format("<text x={:.1f} y={:.1f} text-anchor=middle>{}</text>\n",
                           kLeft + (static_cast<double>(i) + 0.5) * column, kHeight - 4, i);
    }
    return svg + "</svg>\n";
}

std::string memory_section(const ModelReport& model) {
    const Report& report = model.report;
    std::string text = fmt::format(
        "<h2>RAM over time</h2>\n<p class=soft>Arena of {} bytes, {:.1f} % over the lower bound of "
        "{}{}. Each box is a buffer: from its first to its last operation, at its addresses; one "
        "drawn over another overwrites it.</p>\n"
        "<p class=\"soft key\"><i style=\"background:var(--tensor)\"></i>tensor"
        "<i style=\"background:var(--scratch)\"></i>scratch"
        "<i style=\"background:var(--state)\"></i>state, kept</p>\n<div class=wide>\n",
        number(report.arena_bytes), over_bound(report), number(report.arena_lower_bound),
        report.arena_is_optimal ? " and proven to be the smallest with these overwritings" : "");
    text += memory_svg(report) + "</div>\n";
    if (model.firmware)
        text += fmt::format(
            "<p>RAM in all: arena {} + static data {} + stack {} = <b>{} bytes</b>.</p>\n",
            number(report.arena_bytes), number(model.firmware->static_bytes),
            number(model.firmware->stack_bytes),
            number(report.arena_bytes + model.firmware->static_bytes +
                   model.firmware->stack_bytes));
    return text;
}

std::string layer_section(const ModelReport& model) {
    const Report& report = model.report;
    const bool counted = !model.instructions.empty();
    const bool estimated = is_estimated(model);
    const size_t worst = worst_of(model);
    uint64_t all = 0;
    for (size_t i = 0; i < report.layers.size(); ++i) all += cost_of(model, i);
    std::string text = "<h2>Layers</h2>\n";
    if (!report.layers.empty())
        text += fmt::format(
            "<p>The worst is layer <b>{}</b>, {} that computes <i>{}</i>: {:.0f} % of all "
            "{}.</p>\n",
            worst, title_of(report.layers[worst]), short_name(report.layers[worst].tensor),
            100.0 * static_cast<double>(cost_of(model, worst)) /
                static_cast<double>(std::max<uint64_t>(1, all)),
            counted || estimated ? "instructions" : "multiply-accumulates");
    text += fmt::format(
        "<div class=wide><table>\n<tr><th>#<th class=name>operator and its tensor<th>output"
        "<th>MACs{}{}<th>flash<th>RAM<th>share</tr>\n",
        estimated ? "<th>estimated" : "", counted ? "<th>instructions<th>a MAC" : "");
    for (size_t i = 0; i < report.layers.size(); ++i) {
        const LayerReport& layer = report.layers[i];
        const uint64_t macs = layer.macs * layer.turns;
        const double share = static_cast<double>(cost_of(model, i)) /
                             static_cast<double>(std::max<uint64_t>(1, all));
        std::string instructions;
        if (estimated) {
            const uint64_t count = layer.estimated_instructions;
            instructions = "<td>" + (count == 0 ? std::string() : number(count));
        }
        if (counted) {
            const uint64_t count = model.instructions[i];
            instructions += fmt::format("<td>{}<td>{}", count == 0 ? "" : number(count),
                                        macs == 0 || count == 0
                                            ? ""
                                            : fmt::format("{:.2f}", static_cast<double>(count) /
                                                                        static_cast<double>(macs)));
        }
        text += fmt::format(
            "<tr><td>{}<td class=\"name{}\">{} <small>{} &middot; {}{}</small><td>{}<td>{}{}<td>{}"
            "<td>{}<td style=\"text-align:left;min-width:5rem\"><span class=share "
            "style=\"width:{:.1f}%\"></span></tr>\n",
            i, i == worst ? " worst" : "", title_of(layer), short_name(layer.tensor),
            layer.operation, layer.turns > 1 ? fmt::format(", {} times", layer.turns) : "",
            fmt::join(layer.output_shape, "&times;"), macs == 0 ? "" : number(macs), instructions,
            layer.constant_bytes == 0 ? "" : number(layer.constant_bytes),
            number(layer.output_bytes), 100 * share);
    }
    return text + "</table></div>\n";
}

std::string flash_section(const FirmwareReport& firmware) {
    std::string text = fmt::format(
        "<h2>Flash</h2>\n<p class=soft>A linked firmware that does nothing but run the network: {} "
        "bytes.</p>\n<div class=wide><table>\n<tr><th class=name>part<th>bytes<th>share</tr>\n",
        number(firmware.flash_bytes));
    for (const FlashPart& part : firmware.flash) {
        text += fmt::format(
            "<tr><td class=name>{}<td>{}<td style=\"text-align:left;min-width:9rem\"><span "
            "class=share style=\"width:{:.1f}%\"></span></tr>\n",
            escaped(part.name), number(part.bytes),
            100.0 * static_cast<double>(part.bytes) / static_cast<double>(firmware.flash_bytes));
    }
    return text + "</table></div>\n";
}

std::string savings_section(const ModelReport& model) {
    const bool estimated = model.report.estimated_instructions != 0;
    std::string text = fmt::format(
        "<h2>What each pass saves</h2>\n<p class=soft>Equal bits with and without; what the model "
        "would cost if one pass alone were left out.</p>\n<div class=wide><table>\n<tr><th "
        "class=name>without<th>MACs<th>weights and tables<th>arena{}</tr>\n",
        estimated ? "<th>instructions, estimated" : "");
    const auto cell = [](uint64_t without, uint64_t with) {
        const auto more = static_cast<int64_t>(without) - static_cast<int64_t>(with);
        return more == 0 ? std::string("<td class=soft>same")
                         : fmt::format("<td>{}{}", more > 0 ? "+" : "&minus;",
                                       number(static_cast<uint64_t>(std::abs(more))));
    };
    for (const Saving& saving : model.savings) {
        text += fmt::format(
            "<tr><td class=name>{}{}{}{}{}</tr>\n", escaped(saving.pass),
            cell(saving.macs, model.report.macs),
            cell(saving.constant_bytes, model.report.constant_bytes),
            cell(saving.arena_bytes, model.report.arena_bytes),
            estimated ? cell(saving.estimated_instructions, model.report.estimated_instructions)
                      : std::string());
    }
    return text + "</table></div>\n";
}

}  // namespace

std::vector<Saving> savings_of(const model::Graph& graph, const Target& target,
                               const CompileOptions& options) {
    std::vector<Saving> savings;
    const auto without = [&](const char* pass, auto change) {
        CompileOptions other = options;
        change(other);
        try {
            const Report report = compile(graph, target, other).report;
            savings.push_back({pass, report.macs, report.constant_bytes, report.arena_bytes,
                               report.estimated_instructions});
        } catch (const std::runtime_error&) {
            // Some models can only be compiled with it, such as those whose weights are computed.
        }
    };
    without("folding of constants", [](CompileOptions& other) { other.folds_constants = false; });
    without("functions fused into what they read",
            [](CompileOptions& other) { other.fuses_functions = false; });
    without("removal of constant and unread channels",
            [](CompileOptions& other) { other.removes_channels = false; });
    without("weights laid out for the processor",
            [](CompileOptions& other) { other.lays_out_weights = false; });
    without("results that overwrite inputs",
            [](CompileOptions& other) { other.overwrites_inputs = false; });
    without("layers by rows", [](CompileOptions& other) { other.ram_bytes = UINT32_MAX; });
    without("state in place", [](CompileOptions& other) { other.spares_copies = false; });
    return savings;
}

nlohmann::json to_json(const ModelReport& model) {
    nlohmann::json json = to_json(model.report);
    json["model"] = model.model;
    if (!model.instructions.empty() && !model.report.layers.empty()) {
        json["instructions"] = total(model.instructions);
        for (size_t i = 0; i < model.instructions.size(); ++i)
            json["layers"][i]["instructions"] = model.instructions[i];
    }
    if (!model.report.layers.empty()) json["worst_layer"] = worst_of(model);
    for (const Saving& saving : model.savings) {
        json["without"].push_back({{"pass", saving.pass},
                                   {"macs", saving.macs},
                                   {"constant_bytes", saving.constant_bytes},
                                   {"arena_bytes", saving.arena_bytes}});
        if (model.report.estimated_instructions != 0)
            json["without"].back()["estimated_instructions"] = saving.estimated_instructions;
    }
    if (model.firmware) {
        auto& firmware = json["firmware"];
        firmware = {{"flash_bytes", model.firmware->flash_bytes},
                    {"static_bytes", model.firmware->static_bytes},
                    {"stack_bytes", model.firmware->stack_bytes},
                    {"touched_stack_bytes", model.firmware->touched_stack_bytes},
                    {"ram_bytes", model.report.arena_bytes + model.firmware->static_bytes +
                                      model.firmware->stack_bytes}};
        for (const FlashPart& part : model.firmware->flash)
            firmware["flash"].push_back({{"part", part.name}, {"bytes", part.bytes}});
    }
    return json;
}

std::string to_html(const ModelReport& model) {
    std::string page = fmt::format(
        "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n"
        "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n"
        "<title>{0} on {1}</title>\n<style>{2}</style>\n<h1>{0}</h1>\n"
        "<p class=soft>compiled for {1}; instructions are instructions, not cycles</p>\n",
        escaped(model.model), escaped(model.report.target), kStyle);
    page += cards(model) + memory_section(model) + layer_section(model);
    if (model.firmware) page += flash_section(*model.firmware);
    if (!model.savings.empty()) page += savings_section(model);
    return page + "</html>\n";
}

}  // namespace ganglion::compile
