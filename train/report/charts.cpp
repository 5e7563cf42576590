#include "train/report/charts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ganglion::train {
namespace {

constexpr double kWidth = 640;
constexpr double kHeight = 260;
constexpr double kLeft = 48;
constexpr double kBottom = 34;
constexpr double kTop = 8;
constexpr double kRight = 12;

double across(double share) {
    return kLeft + std::clamp(share, 0.0, 1.0) * (kWidth - kLeft - kRight);
}

double up(double share) {
    return kHeight - kBottom - std::clamp(share, 0.0, 1.0) * (kHeight - kBottom - kTop);
}

double share_of(const Axis& axis, double value) {
    return axis.high > axis.low ? (value - axis.low) / (axis.high - axis.low) : 0;
}

std::string opening(const std::string& name, double height = kHeight) {
    return fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=img aria-label=\"{}\">\n", kWidth,
                       height, escaped(name));
}

std::string grid(const Axis& x, const Axis& y) {
    std::string svg;
    for (int i = 0; i <= 4; ++i) {
        const double share = i / 4.0;
        svg += fmt::format(
            "<line class=grid x1={0:.1f} x2={1:.1f} y1={2:.1f} y2={2:.1f} />"
            "<text x={3:.1f} y={4:.1f} text-anchor=end>{5:.3g}</text>"
            "<text x={6:.1f} y={7:.1f} text-anchor=middle>{8:.3g}</text>\n",
            kLeft, kWidth - kRight, up(share), kLeft - 5, up(share) + 4,
            y.low + share * (y.high - y.low), across(share), kHeight - kBottom + 14,
            x.low + share * (x.high - x.low));
    }
    svg += fmt::format("<text x={:.1f} y={:.1f} text-anchor=end>{}</text>\n", kWidth - kRight,
                       kHeight - 4, escaped(x.name));
    if (!y.name.empty()) {
        svg += fmt::format("<text x={:.1f} y={:.1f}>{}</text>\n", kLeft + 4, kTop + 9,
                           escaped(y.name));
    }
    return svg;
}

std::vector<double> project_on(const LabelledWindows& windows, const std::vector<double>& mean,
                               const std::vector<double>& axis, size_t step) {
    std::vector<double> result;
    for (size_t i = 0; i < windows.size(); i += step) {
        const auto window = windows.window(i);
        double sum = 0;
        for (size_t v = 0; v < window.size(); ++v) sum += (window[v] - mean[v]) * axis[v];
        result.push_back(sum);
    }
    return result;
}

/// The direction of greatest variance that is square to `other` (may be empty).
std::vector<double> principal_axis(const LabelledWindows& windows, const std::vector<double>& mean,
                                   const std::vector<double>& other, size_t step) {
    const size_t width = windows.window_values();
    std::vector<double> axis(width);
    for (size_t v = 0; v < width; ++v) axis[v] = v % 2 == 0 ? 1 : 0.5;
    for (int round = 0; round < 12; ++round) {
        const auto on_axis = project_on(windows, mean, axis, step);
        std::vector<double> next(width, 0);
        for (size_t n = 0; n < on_axis.size(); ++n) {
            const auto window = windows.window(n * step);
            for (size_t v = 0; v < width; ++v) next[v] += on_axis[n] * (window[v] - mean[v]);
        }
        double along = 0;
        for (size_t v = 0; v < other.size(); ++v) along += next[v] * other[v];
        for (size_t v = 0; v < other.size(); ++v) next[v] -= along * other[v];
        double norm = 0;
        for (const double value : next) norm += value * value;
        if (norm <= 0) return axis;
        for (double& value : next) value /= std::sqrt(norm);
        axis = std::move(next);
    }
    return axis;
}

std::string base64(const std::string& bytes) {
    static constexpr char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (size_t i = 0; i < bytes.size(); i += 3) {
        uint32_t group = 0;
        for (size_t k = 0; k < 3; ++k) {
            const auto byte =
                i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : uint8_t{0};
            group = group << 8U | byte;
        }
        for (size_t k = 0; k < 4; ++k) {
            const bool there = i + k <= bytes.size();
            text += there ? digits[group >> (18 - 6 * k) & 63U] : '=';
        }
    }
    return text;
}

}  // namespace

std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text) {
        if (c == '<') {
            result += "&lt;";
        } else if (c == '>') {
            result += "&gt;";
        } else if (c == '&') {
            result += "&amp;";
        } else if (c == '"') {
            result += "&quot;";
        } else {
            result += c;
        }
    }
    return result;
}

std::string key(const std::vector<std::string>& names) {
    std::string text = "<p class=key>";
    for (size_t i = 0; i < names.size(); ++i)
        text += fmt::format("<i class=c{}></i>{}", i % 8, escaped(names[i]));
    return text + "</p>\n";
}

std::string line_chart(const std::vector<Line>& lines, const Axis& x, const Axis& y,
                       const Mark& mark) {
    std::string svg = opening(y.name + " over " + x.name) + grid(x, y);
    for (size_t l = 0; l < lines.size(); ++l) {
        svg += fmt::format("<polyline class=\"line s{}\" points=\"", l % 8);
        for (size_t i = 0; i < lines[l].x.size(); ++i) {
            svg += fmt::format("{:.1f},{:.1f} ", across(share_of(x, lines[l].x[i])),
                               up(share_of(y, lines[l].y[i])));
        }
        svg += "\" />\n";
    }
    if (!mark.words.empty()) {
        const double at = across(share_of(x, mark.x));
        const bool right = at > kWidth / 2;
        svg += fmt::format(
            "<circle class=mark cx={0:.1f} cy={1:.1f} r=5 />"
            "<text x={2:.1f} y={3:.1f} text-anchor={4}>{5}</text>\n",
            at, up(share_of(y, mark.y)), at + (right ? -9 : 9), up(share_of(y, mark.y)) - 8,
            right ? "end" : "start", escaped(mark.words));
    }
    return svg + "</svg>\n";
}

std::string histogram(const std::vector<std::vector<double>>& classes, double limit) {
    constexpr size_t bins = 40;
    const Axis x{"score", 0, 1};
    std::string svg =
        opening("how often each score was given") + grid(x, {"share of the highest", 0, 1});
    for (size_t c = 0; c < classes.size(); ++c) {
        std::vector<double> counts(bins, 0);
        for (const double score : classes[c]) {
            const auto bin = static_cast<size_t>(std::clamp(score, 0.0, 1.0) * bins);
            counts[std::min(bin, bins - 1)] += 1;
        }
        const double most = std::max(1.0, *std::max_element(counts.begin(), counts.end()));
        for (size_t b = 0; b < bins; ++b) {
            if (counts[b] == 0) continue;
            const double left = across(static_cast<double>(b) / bins);
            // The root shows the few that matter beside the many that do not.
            const double top = up(std::sqrt(counts[b] / most));
            svg += fmt::format(
                "<rect class=\"c{} bar\" x={:.1f} y={:.1f} width={:.1f} height={:.1f} />", c % 8,
                left, top, across(1.0 / bins) - across(0), up(0) - top);
        }
        svg += "\n";
    }
    if (limit >= 0) {
        svg += fmt::format(
            "<line class=limit x1={0:.1f} x2={0:.1f} y1={1:.1f} y2={2:.1f} />"
            "<text x={3:.1f} y={4:.1f} text-anchor=end>fires from here</text>\n",
            across(limit), up(0), up(1), across(limit) - 5, kTop + 24);
    }
    return svg + "</svg>\n";
}

std::string scatter(const std::vector<MapPoint>& points) {
    std::string svg = opening("map of the features");
    Axis x{"", 1e300, -1e300};
    Axis y = x;
    for (const auto& p : points) {
        x = {"", std::min(x.low, p.x), std::max(x.high, p.x)};
        y = {"", std::min(y.low, p.y), std::max(y.high, p.y)};
    }
    for (const auto& p : points) {
        svg += fmt::format("<circle class=\"c{} dot\" cx={:.1f} cy={:.1f} r=2.5 />", p.label % 8,
                           across(share_of(x, p.x)), up(share_of(y, p.y)));
    }
    return svg + "\n</svg>\n";
}

std::string confusion_table(const Confusion& confusion, const std::vector<std::string>& labels) {
    std::string html = "<table class=confusion><tr><th class=name>truth \\ given</th>";
    for (const auto& label : labels) html += "<th>" + escaped(label) + "</th>";
    html += "<th>recall</th><th>precision</th><th>F1</th></tr>\n";
    for (size_t truth = 0; truth < confusion.classes; ++truth) {
        uint64_t row = 0;
        for (size_t given = 0; given < confusion.classes; ++given)
            row += confusion.at(truth, given);
        html += "<tr><td class=name>" + escaped(labels[truth]) + "</td>";
        for (size_t given = 0; given < confusion.classes; ++given) {
            const auto count = confusion.at(truth, given);
            const double share =
                row == 0 ? 0 : static_cast<double>(count) / static_cast<double>(row);
            html += fmt::format("<td class={} style=\"--share:{:.0f}%\">{}</td>",
                                truth == given ? "right" : "wrong", 80 * share, count);
        }
        html += fmt::format("<td>{:.1f} %</td><td>{:.1f} %</td><td>{:.3f}</td></tr>\n",
                            100 * confusion.recall(truth), 100 * confusion.precision(truth),
                            confusion.f1(truth));
    }
    return html + "</table>\n";
}

std::string waveform(std::span<const int16_t> samples) {
    constexpr size_t stretches = 600;
    constexpr double height = 70;
    std::string svg = opening("signal", height) + "<path class=wave d=\"";
    int32_t peak = 1;
    for (const int16_t s : samples) peak = std::max<int32_t>(peak, std::abs(int32_t{s}));
    for (size_t i = 0; i < stretches && !samples.empty(); ++i) {
        const size_t from = i * samples.size() / stretches;
        const size_t to = std::max(from + 1, (i + 1) * samples.size() / stretches);
        const auto piece = samples.subspan(from, to - from);
        const auto [low, high] = std::minmax_element(piece.begin(), piece.end());
        const double x = 20 + static_cast<double>(i);
        svg += fmt::format("M{:.0f} {:.1f}V{:.1f}", x, height / 2 - 33.0 * *high / peak,
                           height / 2 - 33.0 * *low / peak + 0.5);
    }
    return svg + "\" /></svg>\n";
}

std::vector<MapPoint> principal_map(const LabelledWindows& windows, size_t most) {
    if (windows.size() == 0 || most == 0) return {};
    const size_t step = (windows.size() + most - 1) / most;
    std::vector<double> mean(windows.window_values(), 0);
    size_t count = 0;
    for (size_t i = 0; i < windows.size(); i += step, ++count) {
        const auto window = windows.window(i);
        for (size_t v = 0; v < window.size(); ++v) mean[v] += window[v];
    }
    for (double& value : mean) value /= static_cast<double>(count);
    const auto first = principal_axis(windows, mean, {}, step);
    const auto second = principal_axis(windows, mean, first, step);
    const auto x = project_on(windows, mean, first, step);
    const auto y = project_on(windows, mean, second, step);
    std::vector<MapPoint> points;
    for (size_t n = 0; n < x.size(); ++n) points.push_back({x[n], y[n], windows.labels[n * step]});
    return points;
}

std::string audio_source(std::span<const int16_t> samples, uint32_t rate_hz) {
    std::string wav;
    const auto put = [&](uint32_t value, int bytes) {
        for (int i = 0; i < bytes; ++i) wav += static_cast<char>(value >> (8 * i) & 255U);
    };
    const auto bytes = static_cast<uint32_t>(2 * samples.size());
    wav += "RIFF";
    put(36 + bytes, 4);
    wav += "WAVEfmt ";
    put(16, 4);
    put(1, 2);  // PCM
    put(1, 2);  // channels
    put(rate_hz, 4);
    put(2 * rate_hz, 4);
    put(2, 2);
    put(16, 2);
    wav += "data";
    put(bytes, 4);
    for (const int16_t s : samples) put(static_cast<uint16_t>(s), 2);
    return "data:audio/wav;base64," + base64(wav);
}

}  // namespace ganglion::train
