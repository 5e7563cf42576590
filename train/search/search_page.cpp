#include "train/search/search_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "train/report/charts.hpp"

namespace ganglion::train {
namespace {

constexpr double kWide = 720, kHigh = 340, kLeft = 54, kBottom = 40;

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #667080; --line: #d9dee5; --page: #fbfcfd;
  --front: #4c8dd6; --pick: #c8553d; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7ebf0; --soft: #98a3b1; --line: #2c343e;
  --page: #12161b; } }
body { margin: 0 auto; max-width: 62rem; padding: 1.2rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
svg { width: 100%; height: auto; } svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
.axis, .grid { stroke: var(--line); } .other { fill: var(--soft); opacity: .5; }
.front { fill: var(--front); } .step { fill: none; stroke: var(--front); stroke-width: 2; }
.pick { fill: var(--pick); } div { overflow-x: auto; } table { border-collapse: collapse;
  font-size: .88rem; font-variant-numeric: tabular-nums; } th { color: var(--soft);
  font-weight: 500; } th, td { padding: .25rem .5rem; border-bottom: 1px solid var(--line);
  text-align: right; white-space: nowrap; } .name { text-align: left; } tr.picked { color: var(--pick); }
)";

/// Where a cost (logarithmic) and a loss lie in the drawing.
class Scale {
  public:
    explicit Scale(const std::vector<const Tried*>& judged) {
        for (const Tried* t : judged) {
            const double cost = std::log10(std::max(1.0, t->cost.instructions_per_second()));
            low_ = std::min(low_, cost);
            high_ = std::max(high_, cost);
            most_ = std::max(most_, t->loss);
        }
        low_ = std::floor(low_ * 10) / 10 - 0.05;
        high_ = std::ceil(high_ * 10) / 10 + 0.05;
        if (most_ <= 0) most_ = 1;
    }
    double x(double per_second) const {
        const double at = (std::log10(std::max(1.0, per_second)) - low_) / (high_ - low_);
        return kLeft + at * (kWide - kLeft - 10);
    }
    double y(double loss) const {
        return 12 + (1 - loss / (most_ * 1.05)) * (kHigh - kBottom - 12);
    }
    double low() const { return std::pow(10, low_); }
    double high() const { return std::pow(10, high_); }
    double most() const { return most_; }

  private:
    double low_ = 12, high_ = 0, most_ = 0;
};

std::string drawing(const std::vector<const Tried*>& judged, const std::string& loss_name) {
    const Scale scale(judged);
    std::string svg =
        fmt::format("<svg viewBox=\"0 0 {} {}\" role=img aria-label=\"{} against instructions\">\n",
                    kWide, kHigh, escaped(loss_name));
    const double bottom = kHigh - kBottom;
    for (int i = 0; i <= 4; ++i) {
        const double loss = scale.most() * i / 4, at = scale.y(loss);
        svg += fmt::format(
            "<line class=grid x1={} x2={} y1={:.1f} y2={:.1f} /><text x={} y={:.1f} "
            "text-anchor=end>{:.1f} %</text>\n",
            kLeft, kWide - 10, at, at, kLeft - 6, at + 4, 100 * loss);
    }
    for (int decade = 4; decade <= 9; ++decade) {
        const double tick = std::pow(10, decade);
        for (const double factor : {1.0, 2.0, 5.0}) {
            const double value = tick * factor;
            if (value < scale.low() || value > scale.high()) continue;
            svg += fmt::format("<text x={:.1f} y={} text-anchor=middle>{:g} M</text>\n",
                               scale.x(value), bottom + 18, value / 1e6);
        }
    }
    svg += fmt::format(
        "<text x={} y={} text-anchor=end>instructions per second</text>\n<text x=4 "
        "y=10>{}</text>\n",
        kWide - 10, bottom + 36, escaped(loss_name));
    std::vector<const Tried*> front;
    for (const Tried* t : judged)
        if (t->on_front) front.push_back(t);
    std::sort(front.begin(), front.end(), [](const Tried* a, const Tried* b) {
        return a->cost.instructions_per_second() < b->cost.instructions_per_second();
    });
    std::string path;
    for (size_t i = 0; i < front.size(); ++i) {
        const double x = scale.x(front[i]->cost.instructions_per_second());
        path += i == 0 ? fmt::format("M{:.1f} {:.1f}", x, scale.y(front[i]->loss))
                       : fmt::format("H{:.1f}V{:.1f}", x, scale.y(front[i]->loss));
    }
    svg += fmt::format("<path class=step d=\"{}\" />\n", path);
    for (const Tried* t : judged) {
        svg += fmt::format(
            "<circle class={} cx={:.1f} cy={:.1f} r={}><title>{}: {:.2f} %</title></circle>\n",
            t->picked     ? "pick"
            : t->on_front ? "front"
                          : "other",
            scale.x(t->cost.instructions_per_second()), scale.y(t->loss), t->picked ? 7 : 5,
            escaped(t->name), 100 * t->loss);
    }
    return svg + "</svg>\n";
}

std::string row(const Tried& t) {
    return fmt::format(
        "<tr{}><td class=name>{}</td><td>{}</td><td>{:.2f} %</td><td>{}</td><td>{}</td><td>{}</td>"
        "<td>{:.2f} M</td><td class=name>{}</td></tr>\n",
        t.picked ? " class=picked" : "", escaped(t.name), t.epochs, 100 * t.loss, t.cost.ram_bytes,
        t.cost.flash_bytes, t.cost.macs, t.cost.instructions_per_second() / 1e6,
        t.picked     ? "picked"
        : t.on_front ? "front"
                     : escaped(t.why_not));
}

}  // namespace

std::string search_page(const std::string& title, const std::string& loss_name,
                        const std::string& budget, const std::vector<Tried>& tried) {
    std::vector<const Tried*> judged;
    for (const Tried& t : tried)
        if (t.epochs > 0 && t.why_not.empty()) judged.push_back(&t);
    std::string html = fmt::format(
        "<!doctype html>\n<html lang=en><meta charset=utf-8><meta name=viewport "
        "content=\"width=device-width\">\n<title>Search: {0}</title>\n<style>{1}</style>\n"
        "<h1>Search: {0}</h1>\n<p>Limits: {2}. {3} candidates, {4} of them fitted.</p>\n",
        escaped(title), kStyle, escaped(budget), tried.size(), judged.size());
    if (!judged.empty()) html += drawing(judged, loss_name);
    html += fmt::format(
        "<div><table><tr><th class=name>bands, frames, stride, "
        "widths</th><th>epochs</th><th>{}</th>"
        "<th>RAM</th><th>flash</th><th>MACs</th><th>instructions/s</th><th></th></tr>\n",
        escaped(loss_name));
    for (const Tried& t : tried) html += row(t);
    return html + "</table></div>\n</html>\n";
}

}  // namespace ganglion::train
