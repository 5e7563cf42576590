#include "train/report/page.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ganglion::train {
namespace {

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #667080; --line: #d9dee5; --page: #fbfcfd;
  --card: #fff; --k0: #4c8dd6; --k1: #d0672e; --k2: #3a9b6c; --k3: #9b6bc4; --k4: #c9a227;
  --k5: #c85a8c; --k6: #5f9ea0; --k7: #8a8f98; --bad: #c8553d; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7ebf0; --soft: #98a3b1; --line: #2c343e;
  --page: #12161b; --card: #1a2027; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1.2rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: .2rem 0 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .3rem 0; overflow-wrap: anywhere; } .soft, th { color: var(--soft); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .7rem;
  margin: 1rem 0; }
.card, .wide { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: .6rem .8rem; }
.card b { display: block; font-size: 1.3rem; font-variant-numeric: tabular-nums; }
.card span { color: var(--soft); font-size: .85rem; } .wide { overflow-x: auto; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: .8rem; }
@media (max-width: 30rem) { .two { grid-template-columns: 1fr; } }
table { border-collapse: collapse; width: 100%; font-size: .88rem; font-variant-numeric: tabular-nums; }
th { font-weight: 500; } th, td { padding: .25rem .5rem; border-bottom: 1px solid var(--line);
  white-space: nowrap; text-align: right; } tr:last-child td { border-bottom: 0; }
.name { text-align: left; white-space: normal; overflow-wrap: anywhere; }
.right { background: color-mix(in srgb, var(--k2) var(--share), transparent); }
.wrong { background: color-mix(in srgb, var(--bad) var(--share), transparent); }
svg { display: block; width: 100%; height: auto; } svg text { fill: var(--soft);
  font: 11px system-ui, sans-serif; } .grid { stroke: var(--line); }
.c0 { fill: var(--k0); background: var(--k0); } .c1 { fill: var(--k1); background: var(--k1); }
.c2 { fill: var(--k2); background: var(--k2); } .c3 { fill: var(--k3); background: var(--k3); }
.c4 { fill: var(--k4); background: var(--k4); } .c5 { fill: var(--k5); background: var(--k5); }
.c6 { fill: var(--k6); background: var(--k6); } .c7 { fill: var(--k7); background: var(--k7); }
.line { fill: none; stroke-width: 2; } .s0 { stroke: var(--k0); } .s1 { stroke: var(--k1); }
.s2 { stroke: var(--k2); } .s3 { stroke: var(--k3); } .bar { opacity: .55; } .dot { opacity: .6; }
.mark { fill: var(--bad); } .limit { stroke: var(--bad); stroke-dasharray: 4 3; }
.wave { stroke: var(--k0); } .key i { display: inline-block; width: .8rem; height: .8rem;
  border-radius: .2rem; margin: 0 .3rem 0 .9rem; vertical-align: -1px; }
.mistake { margin: .6rem 0; } audio { width: 100%; height: 2rem; } .warn { color: var(--bad); }
)";

std::string panel(const std::string& title, const std::string& about, const std::string& inside) {
    return fmt::format(
        "<section><h2>{}</h2>\n<p class=soft>{}</p>\n<div class=wide>{}</div></section>\n", title,
        about, inside);
}

std::string number(uint64_t value) {
    std::string text = std::to_string(value);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
        text.insert(static_cast<size_t>(at), ",");
    return text;
}

std::string learning(const std::vector<Epoch>& curve) {
    Line train{"loss, training", {}, {}};
    Line validation{"loss, validation", {}, {}};
    Line accuracy{"validation, share right (of the highest loss)", {}, {}};
    double most = 0;
    bool judged = false;
    for (const Epoch& epoch : curve) {
        most = std::max({most, epoch.train_loss, epoch.validation_loss});
        judged = judged || epoch.validation_accuracy > 0;
    }
    for (size_t i = 0; i < curve.size(); ++i) {
        const auto at = static_cast<double>(i + 1);
        train.x.push_back(at);
        train.y.push_back(curve[i].train_loss);
        if (!judged) continue;
        validation.x.push_back(at);
        validation.y.push_back(curve[i].validation_loss);
        accuracy.x.push_back(at);
        accuracy.y.push_back(curve[i].validation_accuracy * most);
    }
    std::vector<Line> lines{train};
    std::vector<std::string> names{train.name};
    if (judged) {
        lines.insert(lines.end(), {validation, accuracy});
        names.insert(names.end(), {validation.name, accuracy.name});
    }
    return key(names) +
           line_chart(lines, {"epoch", 1, static_cast<double>(curve.size())}, {"loss", 0, most});
}

std::string trade_off(const TrainingPage& page) {
    Line line;
    double most = 0;
    Mark mark;
    for (const TradePoint& point : page.trade) {
        line.x.push_back(point.per_hour);
        line.y.push_back(100 * point.missed);
        most = std::max(most, 100 * point.missed);
        if (point.threshold == page.threshold) {
            mark = {point.per_hour, 100 * point.missed,
                    fmt::format("threshold {} permille: {:.1f} % missed, {:.2f} per hour",
                                point.threshold, 100 * point.missed, point.per_hour)};
        }
    }
    // The region that is worth looking at, whatever the lowest thresholds give.
    std::vector<double> rates = line.x;
    std::sort(rates.begin(), rates.end());
    const double widest = std::max(1.0, rates[rates.size() * 3 / 4]);
    return line_chart({line}, {"false alarms per hour", 0, widest},
                      {"missed, %", 0, std::max(1.0, most)}, mark);
}

std::string group_table(const std::vector<GroupResult>& groups) {
    std::string html =
        "<table><tr><th class=name>group</th><th>right</th><th>of</th><th>share</th>"
        "<th class=name></th></tr>\n";
    for (const GroupResult& group : groups) {
        html += fmt::format(
            "<tr><td class=name>{}</td><td>{}</td><td>{}</td><td>{}</td><td "
            "class=name>{}</td></tr>\n",
            escaped(group.name), group.right, group.all,
            group.all == 0 ? std::string("-")
                           : fmt::format("{:.0f} %", 100.0 * static_cast<double>(group.right) /
                                                         static_cast<double>(group.all)),
            escaped(group.note));
    }
    return html + "</table>\n";
}

std::string mistakes(const std::vector<Mistake>& all) {
    std::string html;
    for (const Mistake& mistake : all) {
        html +=
            fmt::format("<div class=mistake><p>{} <span class=soft>{}</span></p>{}",
                        escaped(mistake.name), escaped(mistake.what), waveform(mistake.samples));
        if (mistake.is_sound) {
            html += fmt::format("<audio controls preload=none src=\"{}\"></audio>",
                                audio_source(mistake.samples, mistake.rate_hz));
        }
        html += "</div>\n";
    }
    return html;
}

std::string layers(const compile::Report& report) {
    uint64_t most = 1;
    for (const auto& layer : report.layers) most = std::max(most, layer.macs * layer.turns);
    std::string html =
        "<table><tr><th class=name>layer</th><th>output</th><th>multiply-accumulates"
        "</th><th></th><th>flash, bytes</th><th>RAM of output, bytes</th></tr>\n";
    for (const auto& layer : report.layers) {
        std::string shape;
        for (const uint32_t size : layer.output_shape)
            shape += (shape.empty() ? "" : " × ") + std::to_string(size);
        const uint64_t macs = layer.macs * layer.turns;
        html += fmt::format(
            "<tr><td class=name>{} <span class=soft>{}</span></td><td>{}</td><td>{}</td>"
            "<td class=name><svg viewBox=\"0 0 100 8\" style=\"width:6rem\"><rect class=c0 "
            "width={:.1f} "
            "height=8 /></svg></td><td>{}</td><td>{}</td></tr>\n",
            escaped(layer.source.empty() ? layer.operation : layer.source), escaped(layer.tensor),
            shape, number(macs), 100.0 * static_cast<double>(macs) / static_cast<double>(most),
            number(layer.constant_bytes), number(layer.output_bytes));
    }
    return html + fmt::format(
                      "</table><p class=soft>Together {} bytes of program in flash, {} bytes of "
                      "RAM for tensors and state ({} is the least any plan can take).</p>",
                      number(report.program_bytes), number(report.arena_bytes),
                      number(report.arena_lower_bound));
}

std::string energy(uint64_t instructions) {
    std::string html =
        "<table><tr><th class=name>processor</th><th>µW per MHz</th><th>cycles per "
        "instruction</th><th>estimate</th></tr>\n";
    for (const auto& e : estimate_energy(instructions)) {
        html += fmt::format(
            "<tr><td class=name>{}</td><td>{:.0f}</td><td>{:.1f}</td><td>{:.0f} µW</td></tr>\n",
            e.processor, e.microwatts_per_mhz, e.cycles_per_instruction, e.microwatts);
    }
    return html + "</table>";
}

std::string compression_table(const std::vector<CompressionRow>& rows) {
    std::string html =
        "<table><tr><th class=name>step</th><th>balanced</th><th>flash</th><th>RAM</th>"
        "<th>instructions</th><th>update</th><th>weights a layer</th></tr>\n";
    for (const CompressionRow& row : rows) {
        html += fmt::format(
            "<tr><td class=name>{}</td><td>{:.1f} %</td><td>{}</td><td>{}</td><td>{}</td>"
            "<td>{}</td><td>{}</td></tr>\n",
            escaped(row.name), 100 * row.accuracy, row.flash_bytes, row.ram_bytes, row.instructions,
            row.delta_bytes, row.weights);
    }
    return html + "</table>";
}

std::string comparison(const std::vector<Compared>& compared) {
    std::string html = "<table><tr><th class=name></th><th>before</th><th>now</th></tr>\n";
    for (const auto& row : compared) {
        html += fmt::format("<tr><td class=name>{}</td><td>{}</td><td>{}</td></tr>\n",
                            escaped(row.what), escaped(row.before), escaped(row.now));
    }
    return html + "</table>";
}

}  // namespace

std::vector<EnergyEstimate> estimate_energy(uint64_t instructions_per_second) {
    // Running from flash at 3 V, by the data sheets: STM32L4R5 (110 µA/MHz), nRF52840 (52 µA/MHz),
    // Apollo4 (5 µA/MHz). Cycles per instruction: the usual 1.3 of Cortex-M4 with flash waiting.
    std::vector<EnergyEstimate> estimates{{"STM32L4+ (Cortex-M4F)", 330, 1.3, 0},
                                          {"nRF52840 (Cortex-M4F)", 156, 1.3, 0},
                                          {"Apollo4 (Cortex-M4F)", 15, 1.3, 0}};
    for (auto& e : estimates) {
        e.microwatts = static_cast<double>(instructions_per_second) / 1e6 *
                       e.cycles_per_instruction * e.microwatts_per_mhz;
    }
    return estimates;
}

std::string to_html(const TrainingPage& page) {
    std::string html = fmt::format(
        "<!doctype html>\n<html lang=en><meta charset=utf-8><meta name=viewport "
        "content=\"width=device-width\"><title>{0}</title><style>{1}</style>\n<h1>{0}</h1>\n"
        "<p class=soft>{2}</p>\n<div class=cards>",
        escaped(page.title), kStyle, escaped(page.about));
    for (const auto& [value, what] : page.cards) {
        html += fmt::format("<div class=card><b>{}</b><span>{}</span></div>", escaped(value),
                            escaped(what));
    }
    html += "</div>\n";
    for (const auto& warning : page.warnings)
        html += "<p class=warn>" + escaped(warning) + "</p>\n";
    if (!page.compression.empty())
        html += panel("Compression",
                      "Each step on what the one before left: validation split, integer engine; "
                      "update: delta to the same network after another epoch.",
                      compression_table(page.compression));
    if (!page.compared.empty())
        html += panel("Against the model before", "Both by the device's own pipeline.",
                      comparison(page.compared));
    if (page.confusion) {
        html += panel("What was taken for what",
                      "The test split, by the integer engine; darker: a larger share of its row.",
                      confusion_table(*page.confusion, page.labels));
    }
    if (page.exact_confusion && page.confusion) {
        html += fmt::format(
            "<p>From floating point to the exact integer engine: {:.2f} % → {:.2f} "
            "% right, {:.2f} points lost.</p>\n",
            100 * page.exact_confusion->accuracy(), 100 * page.confusion->accuracy(),
            100 * (page.exact_confusion->accuracy() - page.confusion->accuracy()));
    }
    html += "<div class=two>\n";
    if (!page.trade.empty()) {
        html +=
            panel("Missed against false alarms",
                  "The validation streams at every threshold (DET curve); the point was chosen.",
                  trade_off(page));
    }
    if (!page.scores.empty()) {
        html +=
            panel("Scores", "How often each score was given; heights by their root.",
                  key(page.labels) +
                      histogram(page.scores, page.threshold > 0 ? page.threshold / 1000.0 : -1));
    }
    if (page.curve.size() > 1) html += panel("Learning", "Loss by epoch.", learning(page.curve));
    if (!page.map.empty()) {
        html += panel("Map of the features",
                      "Windows on the two directions in which they differ most (principal "
                      "components).",
                      key(page.labels) + scatter(page.map));
    }
    html += "</div>\n";
    if (!page.groups.empty())
        html += panel("By group", "The test split.", group_table(page.groups));
    if (!page.mistakes.empty())
        html += panel("The worst mistakes", "Look and listen: is the label right?",
                      mistakes(page.mistakes));
    if (!page.compiled.layers.empty())
        html += panel("Layers", "As compiled for " + escaped(page.compiled.target) + ".",
                      layers(page.compiled));
    if (page.instructions_per_second > 0) {
        html += panel("Energy, an estimate",
                      fmt::format("{} instructions a second (features and model) × cycles per "
                                  "instruction × µW per MHz / 10⁶; sensor, sleep and radio not "
                                  "counted.",
                                  number(page.instructions_per_second)),
                      energy(page.instructions_per_second));
    }
    return html + "</html>\n";
}

}  // namespace ganglion::train
