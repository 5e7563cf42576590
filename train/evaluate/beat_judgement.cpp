#include "train/evaluate/beat_judgement.hpp"

#include <algorithm>
#include <map>

#include "train/synthesis/random.hpp"

namespace ganglion::train {

namespace {

constexpr uint32_t kToleranceMs = 150;
constexpr uint64_t kLongestIntervalMs = 3000;  // a told rhythm reaches no further over a gap
constexpr size_t kDraws = 2000;

uint64_t distance(uint64_t a, uint64_t b) {
    return a < b ? b - a : a - b;
}

double share(uint64_t part, uint64_t rest) {
    return part + rest == 0 ? 0 : static_cast<double>(part) / static_cast<double>(part + rest);
}

bool forgiven(BeatClass told, BeatClass truth) {
    if (told == BeatClass::ventricular && truth == BeatClass::fusion) return true;
    return truth == BeatClass::unknown;
}

void count_class(Hits& hits, BeatClass of, BeatClass told, BeatClass truth) {
    if (truth == of) ++(told == of ? hits.right : hits.missed);
    if (truth != of && told == of && !forgiven(told, truth)) ++hits.wrong;
}

void count_rhythm(const HeartRecord& record, std::span<const FoundBeat> found, Hits& hits) {
    for (size_t i = 0; i + 1 < found.size(); ++i) {
        const auto rhythm = record.rhythm_at(found[i].sample);
        if (rhythm == "(AFL" || record.in_flutter(found[i].sample)) continue;
        const uint64_t samples = found[i + 1].sample - found[i].sample;
        const uint64_t ms = std::min(samples * 1000 / record.rate_hz, kLongestIntervalMs);
        const bool truth = rhythm == "(AFIB";
        if (truth) (found[i].fibrillation ? hits.right : hits.missed) += ms;
        if (!truth && found[i].fibrillation) hits.wrong += ms;
    }
}

Estimate bootstrap(std::span<const BeatScore> scores, Hits BeatScore::*of,
                   double (Hits::*figure)() const) {
    std::map<std::string, Hits> by_person;
    Hits all;
    for (const BeatScore& score : scores) {
        by_person[score.subject].add(score.*of);
        all.add(score.*of);
    }
    std::vector<Hits> people;
    people.reserve(by_person.size());
    for (const auto& [subject, hits] : by_person) people.push_back(hits);
    Estimate result{(all.*figure)(), {}};
    if (people.empty()) return {0, {0, 1}};
    Random random(1979);
    std::vector<double> values;
    for (size_t draw = 0; draw < kDraws; ++draw) {
        Hits sum;
        for (size_t i = 0; i < people.size(); ++i) sum.add(people[random.below(people.size())]);
        values.push_back((sum.*figure)());
    }
    std::sort(values.begin(), values.end());
    result.interval = {values[kDraws / 40], values[kDraws - 1 - kDraws / 40]};
    return result;
}

}  // namespace

std::vector<size_t> match_beats(std::span<const ReferenceBeat> reference,
                                std::span<const FoundBeat> found, uint64_t tolerance) {
    std::vector<size_t> matches(found.size(), SIZE_MAX);
    size_t r = 0;
    size_t f = 0;
    while (r < reference.size() && f < found.size()) {
        const uint64_t apart = distance(found[f].sample, reference[r].sample);
        if (apart > tolerance) {
            found[f].sample < reference[r].sample ? ++f : ++r;
            continue;
        }
        // A later one may be nearer.
        if (f + 1 < found.size() && distance(found[f + 1].sample, reference[r].sample) < apart) {
            ++f;
            continue;
        }
        matches[f] = r;
        ++f;
        ++r;
    }
    return matches;
}

void Hits::add(const Hits& other) {
    right += other.right;
    missed += other.missed;
    wrong += other.wrong;
}

double Hits::sensitivity() const {
    return share(right, missed);
}

double Hits::precision() const {
    return share(right, wrong);
}

BeatScore judge_beats(const HeartRecord& record, std::span<const FoundBeat> found) {
    BeatScore score{record.name, record.subject, record.paced, {}, {}, {}, {}};
    const auto matches =
        match_beats(record.beats, found, uint64_t{record.rate_hz} * kToleranceMs / 1000);
    std::vector<bool> reached(record.beats.size(), false);
    for (size_t i = 0; i < found.size(); ++i) {
        if (record.in_flutter(found[i].sample)) continue;
        if (matches[i] == SIZE_MAX) {
            ++score.beats.wrong;
            if (found[i].kind == BeatClass::supraventricular) ++score.supraventricular.wrong;
            if (found[i].kind == BeatClass::ventricular) ++score.ventricular.wrong;
            continue;
        }
        reached[matches[i]] = true;
        const BeatClass truth = record.beats[matches[i]].kind;
        ++score.beats.right;
        count_class(score.supraventricular, BeatClass::supraventricular, found[i].kind, truth);
        count_class(score.ventricular, BeatClass::ventricular, found[i].kind, truth);
    }
    for (size_t r = 0; r < record.beats.size(); ++r) {
        if (reached[r] || record.in_flutter(record.beats[r].sample)) continue;
        ++score.beats.missed;
        if (record.beats[r].kind == BeatClass::supraventricular) ++score.supraventricular.missed;
        if (record.beats[r].kind == BeatClass::ventricular) ++score.ventricular.missed;
    }
    count_rhythm(record, found, score.fibrillation);
    return score;
}

Estimate sensitivity(std::span<const BeatScore> scores, Hits BeatScore::*of) {
    return bootstrap(scores, of, &Hits::sensitivity);
}

Estimate precision(std::span<const BeatScore> scores, Hits BeatScore::*of) {
    return bootstrap(scores, of, &Hits::precision);
}

}  // namespace ganglion::train
