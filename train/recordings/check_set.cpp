#include "train/recordings/check_set.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <set>
#include <stdexcept>

#include "train/corpus/parallel.hpp"

namespace ganglion::train {
namespace {

constexpr size_t kStretches = 64;
constexpr double kAlikeCourse = 0.995;
constexpr double kLengthTolerance = 0.02;

/// What is kept of a recording to compare it with others.
struct Print {
    uint64_t content = 0;
    size_t length = 0;
    std::array<double, kStretches> course{};  ///< log level of each stretch, mean 0 and norm 1
    bool flat = true;                         ///< no course to compare
    std::string error;
};

uint64_t hash_of(const std::vector<int16_t>& samples) {
    uint64_t hash = 0xcbf29ce484222325U;
    for (const int16_t sample : samples)
        hash = (hash ^ static_cast<uint16_t>(sample)) * 0x100000001b3U;
    return hash;
}

Print print_of(const std::vector<int16_t>& samples) {
    Print print;
    print.content = hash_of(samples);
    print.length = samples.size();
    if (samples.size() < kStretches * 4) return print;
    double mean = 0;
    for (size_t s = 0; s < kStretches; ++s) {
        const size_t from = s * samples.size() / kStretches;
        const size_t to = (s + 1) * samples.size() / kStretches;
        double sum = 0;
        for (size_t i = from + 1; i < to; ++i) {
            const double difference = static_cast<double>(samples[i]) - samples[i - 1];
            sum += difference * difference;
        }
        print.course[s] = std::log1p(sum / static_cast<double>(to - from));
        mean += print.course[s] / kStretches;
    }
    double norm = 0;
    for (double& level : print.course) {
        level -= mean;
        norm += level * level;
    }
    print.flat = norm < 0.5;  // steady noise: every two recordings of it have an equal course
    if (norm > 0) {
        for (double& level : print.course) level /= std::sqrt(norm);
    }
    return print;
}

bool nearly_equal(const Print& a, const Print& b) {
    if (a.flat || b.flat) return false;
    double together = 0;
    for (size_t s = 0; s < kStretches; ++s) together += a.course[s] * b.course[s];
    return together > kAlikeCourse;
}

}  // namespace

SetReport check_set(const std::vector<Recording>& all,
                    const std::function<std::vector<int16_t>(const Recording&)>& read) {
    std::vector<Print> prints(all.size());
    in_parallel(all.size(), [&](size_t i) {
        try {
            prints[i] = print_of(read(all[i]));
        } catch (const std::runtime_error& error) {
            prints[i].error = error.what();
        }
    });
    SetReport report;
    report.shared_groups = groups_in_two_splits(all);
    std::map<std::string, std::set<std::string>> groups;
    std::vector<size_t> order;
    for (size_t i = 0; i < all.size(); ++i) {
        if (!prints[i].error.empty()) {
            report.unreadable.push_back(prints[i].error);
            continue;
        }
        groups[all[i].split].insert(all[i].group);
        ++report.recordings[all[i].split];
        order.push_back(i);
    }
    for (const auto& [split, names] : groups) report.groups[split] = names.size();
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return prints[a].length < prints[b].length; });
    for (size_t a = 0; a < order.size(); ++a) {
        const Print& one = prints[order[a]];
        const auto longest =
            static_cast<size_t>(static_cast<double>(one.length) * (1 + kLengthTolerance));
        for (size_t b = a + 1; b < order.size() && prints[order[b]].length <= longest; ++b) {
            const Print& other = prints[order[b]];
            if (all[order[a]].split == all[order[b]].split) continue;
            const SetReport::Pair pair{all[order[a]].path.string(), all[order[b]].path.string()};
            if (one.content == other.content && one.length == other.length) {
                report.duplicates.push_back(pair);
            } else if (nearly_equal(one, other)) {
                report.near_duplicates.push_back(pair);
            }
        }
    }
    return report;
}

std::vector<std::string> SetReport::warnings() const {
    std::vector<std::string> lines;
    for (const auto& file : unreadable) lines.push_back(fmt::format("skipped: {}", file));
    for (const auto& group : shared_groups)
        lines.push_back(fmt::format("group '{}' stands in two splits; give each to one", group));
    for (const auto& [one, other] : duplicates) {
        lines.push_back(
            fmt::format("{} and {} are equal and stand in two splits; leave one out", one, other));
    }
    for (const auto& [one, other] : near_duplicates) {
        lines.push_back(fmt::format(
            "{} and {} are nearly equal and stand in two splits; listen to them and leave one out",
            one, other));
    }
    return lines;
}

std::string SetReport::summary() const {
    std::vector<std::string> parts;
    for (const auto& [split, count] : recordings) {
        parts.push_back(fmt::format("{}: {} recordings of {} independent groups", split, count,
                                    groups.at(split)));
    }
    return fmt::format("{}", fmt::join(parts, "; "));
}

void refuse_shared_groups(const std::vector<Recording>& all) {
    const auto shared = groups_in_two_splits(all);
    if (shared.empty()) return;
    throw std::runtime_error(
        fmt::format("the groups {} stand in more than one split, so nothing measured on them would "
                    "count; give each group to one split in the manifest",
                    fmt::join(shared, ", ")));
}

}  // namespace ganglion::train
