#include "train/report/word_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace ganglion::train {
namespace {

constexpr size_t kMostMistakes = 12;
constexpr uint32_t kHeardAfterMs = 500;

/// The highest average while a clip and the quiet after it last.
struct ClipScore {
    const ClipStream* stream;
    const ClipStream::Clip* clip;
    uint32_t highest;
};

std::vector<ClipScore> clip_scores(const DeviceRun& device, const RunStreams& run,
                                   uint32_t rate_hz) {
    std::vector<ClipScore> result;
    for (size_t s = 0; s < run.streams.size(); ++s) {
        const auto averages = device.averages(run.scored[s]);
        const auto& at = run.scored[s].samples;
        for (const auto& clip : run.streams[s].clips) {
            const uint64_t end = clip.end + rate_hz * kHeardAfterMs / 1000;
            auto i = static_cast<size_t>(std::lower_bound(at.begin(), at.end(), clip.begin) -
                                         at.begin());
            uint32_t highest = 0;
            for (; i < at.size() && at[i] < end; ++i)
                highest = std::max<uint32_t>(highest, averages[i]);
            result.push_back({&run.streams[s], &clip, highest});
        }
    }
    return result;
}

/// A row for each label and, of the word itself, for each speaker with a miss.
std::vector<GroupResult> group_results(const std::vector<ClipScore>& clips, uint32_t threshold) {
    std::map<std::string, GroupResult> labels;
    std::map<std::string, GroupResult> speakers;
    for (const auto& [stream, clip, highest] : clips) {
        const bool fired = highest >= threshold;
        const bool right = fired == clip->is_word;
        auto& label = labels[clip->label];
        label.name = clip->label;
        ++label.all;
        label.right += right ? 1 : 0;
        if (!clip->is_word) continue;
        label.note = "the word";
        auto& speaker = speakers[clip->group];
        speaker.name = clip->label + ", " + clip->group;
        ++speaker.all;
        speaker.right += right ? 1 : 0;
    }
    std::vector<GroupResult> rows;
    rows.reserve(labels.size() + speakers.size());
    for (auto& [name, row] : labels) rows.push_back(row);
    for (auto& [name, row] : speakers)
        if (row.right < row.all) rows.push_back(row);
    return rows;
}

std::vector<Mistake> worst_mistakes(std::vector<ClipScore> clips, uint32_t threshold,
                                    uint32_t rate_hz) {
    // Furthest on the wrong side first; a few that were right but nearly not complete the list.
    const auto margin = [&](const ClipScore& c) {
        const auto score = static_cast<int32_t>(c.highest);
        const auto limit = static_cast<int32_t>(threshold);
        return c.clip->is_word ? score - limit : limit - score;
    };
    std::stable_sort(clips.begin(), clips.end(),
                     [&](const ClipScore& a, const ClipScore& b) { return margin(a) < margin(b); });
    std::vector<Mistake> mistakes;
    for (const auto& c : clips) {
        if (mistakes.size() == kMostMistakes) break;
        const bool wrong = (c.highest >= threshold) != c.clip->is_word;
        Mistake mistake;
        mistake.name = c.clip->label + ", " + c.clip->name;
        mistake.what = fmt::format("{}, highest {} of {} permille",
                                   wrong             ? c.clip->is_word ? "missed" : "false alarm"
                                   : c.clip->is_word ? "heard, just"
                                                     : "rightly silent, just",
                                   c.highest, threshold);
        const auto& samples = c.stream->samples;
        const size_t end = std::min(c.clip->end, c.clip->begin + size_t{8} * rate_hz);
        mistake.samples.assign(samples.begin() + static_cast<ptrdiff_t>(c.clip->begin),
                               samples.begin() + static_cast<ptrdiff_t>(end));
        mistake.rate_hz = rate_hz;
        mistake.is_sound = true;
        mistakes.push_back(std::move(mistake));
    }
    return mistakes;
}

}  // namespace

void add_word_results(TrainingPage& page, const DeviceRun& device, const RunStreams& validation,
                      const RunStreams& test, uint32_t threshold, uint32_t rate_hz) {
    page.threshold = threshold;
    for (uint32_t t = 100; t <= 990; t += 10) {
        const auto j = judge(device, validation, t, rate_hz);
        if (j.words == 0) break;
        page.trade.push_back({t, static_cast<double>(j.missed) / static_cast<double>(j.words),
                              j.false_alarms_per_hour()});
    }
    const auto chosen = judge(device, validation, threshold, rate_hz);
    const auto at = std::lower_bound(
        page.trade.begin(), page.trade.end(), threshold,
        [](const TradePoint& point, uint32_t value) { return point.threshold < value; });
    if (chosen.words > 0 && (at == page.trade.end() || at->threshold != threshold)) {
        page.trade.insert(
            at, {threshold, static_cast<double>(chosen.missed) / static_cast<double>(chosen.words),
                 chosen.false_alarms_per_hour()});
    }
    const auto clips = clip_scores(device, test, rate_hz);
    page.scores.resize(2);
    for (const auto& c : clips) page.scores[c.clip->is_word ? 1 : 0].push_back(c.highest / 1000.0);
    page.groups = group_results(clips, threshold);
    page.mistakes = worst_mistakes(clips, threshold, rate_hz);
}

std::vector<Compared> compare_reports(const nlohmann::json& before, const nlohmann::json& now) {
    std::vector<Compared> rows;
    const auto number = [](const nlohmann::json& report, const char* pointer) {
        const nlohmann::json::json_pointer place(pointer);
        return report.contains(place) && report[place].is_number() ? report[place].dump()
                                                                   : std::string();
    };
    for (const auto& [what, pointer] :
         {std::pair{"missed, test", "/test/missed"},
          {"words, test", "/test/words"},
          {"false alarms per hour, test", "/test/false_alarms_per_hour"},
          {"missed, validation", "/validation/missed"},
          {"false alarms per hour, validation", "/validation/false_alarms_per_hour"},
          {"threshold, permille", "/model/threshold_permille"},
          {"multiply-accumulates", "/model/macs"},
          {"RAM of the pipeline, bytes", "/model/ram_bytes"},
          {"bundle, bytes", "/model/bundle_bytes"}}) {
        const auto old = number(before, pointer);
        const auto fresh = number(now, pointer);
        if (!old.empty() && !fresh.empty()) rows.push_back({what, old, fresh});
    }
    return rows;
}

}  // namespace ganglion::train
