#include "train/evaluate/routine_judgement.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <stdexcept>

#include "train/recordings/period_manifest.hpp"
#include "train/recordings/timed_table.hpp"

namespace ganglion::train {
namespace {

constexpr int64_t kDay = 24 * 60;
constexpr int64_t kTick = 30;
constexpr size_t kDaysBefore = 5;
constexpr int kAmsterdamWinter = 60;   // van Kasteren's homes, February and November
constexpr int kAmsterdamSummer = 120;  // July
constexpr int kBostonSpring = -300;    // MIT's, March and April

// The logs with Unix times do not say where they were taken; the data's source does.
int utc_offset_of(const std::string& home) {
    if (home == "house_b") return kAmsterdamSummer;
    return home >= "house_d" ? kBostonSpring : kAmsterdamWinter;
}

// Numbers for names as they first appear.
class Numbering {
  public:
    Numbering(int32_t first, int32_t most) : first_(first), most_(most) {}
    std::optional<int32_t> of(const std::string& name) {
        const auto found = std::ranges::find(names_, name);
        if (found == names_.end() && static_cast<int32_t>(names_.size()) == most_) return {};
        const auto index = static_cast<int32_t>(found - names_.begin());
        if (found == names_.end()) names_.push_back(name);
        return first_ + index;
    }
    const std::vector<std::string>& names() const { return names_; }

  private:
    int32_t first_;
    int32_t most_;
    std::vector<std::string> names_;
};

struct Happening {
    int64_t minute;
    std::string name;
    bool action;
};

// Ends of a row: a column `end`, or the duration.
std::vector<int64_t> ends_of(const TimedTable& table) {
    std::vector<int64_t> ends;
    if (std::ranges::find(table.names, "end") != table.names.end()) {
        for (const auto& row : table.rows) ends.push_back(parse_minutes(row[table.column("end")]));
        return ends;
    }
    const std::vector<double> durations = table.numbers("duration_s");
    const std::vector<double> starts = table.numbers("start_unix_s");
    for (size_t i = 0; i < durations.size(); ++i) {
        const auto begun = static_cast<int64_t>(starts[i]);
        const auto end = begun + static_cast<int64_t>(durations[i]);
        ends.push_back(table.minutes[i] + end / 60 - begun / 60);
    }
    return ends;
}

HomeLog read_home(const project::Project& project, const std::filesystem::path& folder) {
    HomeLog home;
    home.name = folder.filename().string();
    const int offset = utc_offset_of(home.name);
    const TimedTable activities = read_timed_table(folder / "activities.csv", offset);
    const TimedTable sensors = read_timed_table(folder / "sensors.csv", offset);
    std::vector<Happening> all;
    const size_t activity = activities.column("activity");
    const std::vector<int64_t> ends = ends_of(activities);
    for (size_t i = 0; i < activities.rows.size(); ++i) {
        const std::string& name = activities.rows[i][activity];
        all.push_back({activities.minutes[i], name, true});
        all.push_back({ends[i], "end of " + name, false});
    }
    const size_t sensor = sensors.column("sensor");
    const bool rooms = std::ranges::find(sensors.names, "room") != sensors.names.end();
    for (size_t i = 0; i < sensors.rows.size(); ++i) {
        const auto& row = sensors.rows[i];
        const std::string room = rooms ? "/" + row[sensors.column("room")] : std::string();
        all.push_back({sensors.minutes[i], "sensor " + row[sensor] + room, false});
    }
    // Of one minute the actions come first: a sensor that they trip does not announce them.
    std::ranges::stable_sort(all, [](const Happening& a, const Happening& b) {
        return a.minute != b.minute ? a.minute < b.minute : a.action > b.action;
    });
    const auto labels = static_cast<int32_t>(project.decision.labels.size());
    const auto events =
        static_cast<int32_t>(project::number_of(project.learner.parameters, "events"));
    Numbering actions(0, labels);
    Numbering others(labels, events - labels);
    for (const Happening& happening : all) {
        const auto number = (happening.action ? actions : others).of(happening.name);
        if (number) home.events.push_back({happening.minute, *number, happening.action});
    }
    home.actions = actions.names();
    return home;
}

// Minutes of the day at which an action began, by day.
using Begins = std::map<int32_t, std::map<int64_t, std::vector<int64_t>>>;

bool is_regular(const Begins& begins, const std::set<int64_t>& days, const HomeLog::Event& event) {
    const auto action = begins.find(event.event);
    uint64_t before = 0;
    uint64_t same = 0;
    for (const int64_t day : days) {
        if (day >= event.minute / kDay) break;
        ++before;
        const auto of_day = action->second.find(day);
        if (of_day == action->second.end()) continue;
        const bool near = std::ranges::any_of(of_day->second, [&](int64_t minute) {
            const int64_t apart = std::abs(minute - event.minute % kDay);
            return std::min(apart, kDay - apart) <= 60;
        });
        if (near) ++same;
    }
    return before >= kDaysBefore && same * 10 >= before * 7;
}

// The running device and what it has told that is still awaited.
class Anticipation {
  public:
    Anticipation(const LearnerRun& run, int64_t window, RoutineJudgement& judgement)
        : device_(run.device()), window_(window), judgement_(judgement) {}

    bool awaits(int32_t action) const { return told_.contains(action); }
    void begins(int32_t action) { told_.erase(action); }
    void push(int64_t minute, int32_t event, bool judged) {
        std::erase_if(told_, [&](const auto& told) {
            if (minute - told.second.minute <= window_) return false;
            if (told.second.judged) ++judgement_.wrong;
            return true;
        });
        const std::array<int16_t, 2> sample = {static_cast<int16_t>(minute_of_week(minute)),
                                               static_cast<int16_t>(event)};
        for (const Decision& decision : device_->push(sample)) {
            if (!decision.fired) continue;
            told_[decision.label] = {minute, judged};
            if (judged) ++judgement_.told;
        }
    }

  private:
    struct Told {
        int64_t minute;
        bool judged;
    };
    std::unique_ptr<LearnerRun::Device> device_;
    int64_t window_;
    RoutineJudgement& judgement_;
    std::map<int32_t, Told> told_;
};

}  // namespace

std::vector<HomeLog> read_homes(const project::Project& project,
                                const std::filesystem::path& folder, const std::string& split) {
    std::vector<HomeLog> homes;
    for (const PeriodRecording& recording : read_period_manifest(folder)) {
        if (recording.path.filename() != "activities.csv" || !recording.has(split)) continue;
        HomeLog home = read_home(project, recording.path.parent_path());
        std::erase_if(home.events, [&](const HomeLog::Event& event) {
            return !recording.in_or_before(split, event.minute);
        });
        if (home.events.empty()) continue;
        home.judged_from = home.events.front().minute;
        for (const HomeLog::Event& event : home.events) {
            if (recording.in(split, event.minute)) {
                home.judged_from = event.minute / kDay * kDay;
                break;
            }
        }
        homes.push_back(std::move(home));
    }
    if (homes.empty()) throw std::runtime_error(folder.string() + ": no homes of split " + split);
    return homes;
}

std::vector<HomeLog::Event> with_time_passing(const HomeLog& home) {
    std::vector<HomeLog::Event> told;
    int64_t tick = home.events.front().minute / kTick * kTick;
    for (const HomeLog::Event& event : home.events) {
        for (; tick + kTick < event.minute; tick += kTick)
            told.push_back({tick + kTick, -1, false});
        told.push_back(event);
    }
    return told;
}

RoutineTruth routine_truth(const HomeLog& home) {
    RoutineTruth truth;
    truth.regular.resize(home.events.size());
    Begins begins;
    std::set<int64_t> days;
    for (const HomeLog::Event& event : home.events) {
        if (!event.action) continue;
        begins[event.event][event.minute / kDay].push_back(event.minute % kDay);
        days.insert(event.minute / kDay);
    }
    if (days.size() <= kDaysBefore) return truth;
    truth.first = std::max(*std::next(days.begin(), kDaysBefore) * kDay, home.judged_from);
    for (const int64_t day : days) truth.days += day * kDay >= truth.first ? 1 : 0;
    for (size_t i = 0; i < home.events.size(); ++i) {
        const HomeLog::Event& event = home.events[i];
        truth.regular[i] =
            event.action && event.minute >= truth.first && is_regular(begins, days, event);
    }
    return truth;
}

RoutineJudgement judge_routine(const LearnerRun& run, const project::Project& project,
                               const HomeLog& home) {
    RoutineJudgement judgement;
    judgement.name = home.name;
    const RoutineTruth truth = routine_truth(home);
    if (truth.days == 0) return judgement;
    judgement.days = truth.days;
    const auto window =
        static_cast<int64_t>(project::number_of(project.learner.parameters, "window_minutes"));
    Anticipation anticipation(run, window, judgement);
    auto regular = truth.regular.begin();
    for (const HomeLog::Event& event : with_time_passing(home)) {
        const bool happened = event.event >= 0;
        if (happened && *regular++) {
            ++judgement.regular;
            if (anticipation.awaits(event.event)) ++judgement.anticipated;
        }
        if (event.action) anticipation.begins(event.event);
        anticipation.push(event.minute, event.event, event.minute >= truth.first);
    }
    return judgement;
}

}  // namespace ganglion::train
