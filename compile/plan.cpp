#include "compile/plan.hpp"

#include <algorithm>
#include <numeric>
#include <random>
#include <stdexcept>
#include <utility>

namespace ganglion::compile {
namespace {

constexpr uint64_t kMostArena = 1U << 30;
constexpr int kRandomOrders = 300;
constexpr size_t kMostSteps = 10'000;  // of an exact search: well below a second

uint64_t rounded(uint32_t bytes) {
    return (uint64_t{bytes} + 3) / 4 * 4;
}

bool at_once(const Buffer& a, const Buffer& b) {
    return a.first <= b.last && b.first <= a.last;
}

/// Buffers that overwrite each other and so move together, and how far each lies behind the first.
struct Group {
    std::vector<size_t> members;
    std::vector<uint64_t> distances;
};

std::vector<Group> groups_of(const std::vector<Buffer>& buffers) {
    std::vector<int64_t> distances(buffers.size());  // from the end of the chain
    std::vector<Group> groups(buffers.size());
    for (size_t i = 0; i < buffers.size(); ++i) {
        size_t root = i;
        for (size_t steps = 0; buffers[root].over >= 0; ++steps) {
            if (steps == buffers.size()) throw std::runtime_error("buffers overwrite in a circle");
            distances[i] -= buffers[root].lead;
            root = static_cast<size_t>(buffers[root].over);
        }
        groups[root].members.push_back(i);
    }
    std::erase_if(groups, [](const Group& group) { return group.members.empty(); });
    for (Group& group : groups) {
        int64_t first = 0;
        for (size_t member : group.members) first = std::min(first, distances[member]);
        for (size_t member : group.members)
            group.distances.push_back(static_cast<uint64_t>(distances[member] - first));
    }
    return groups;
}

/// Starts from `begin` up to, but not including, `end` are taken.
struct Taken {
    int64_t begin, end;
};

/// Where a group cannot start because of the buffers placed so far, by their begins.
std::vector<Taken> taken_of(const std::vector<Buffer>& buffers,
                            const std::vector<uint64_t>& offsets, const std::vector<size_t>& placed,
                            const Group& group) {
    std::vector<Taken> taken;
    for (size_t k = 0; k < group.members.size(); ++k) {
        const Buffer& member = buffers[group.members[k]];
        const auto distance = static_cast<int64_t>(group.distances[k]);
        for (size_t other : placed) {
            if (!at_once(member, buffers[other])) continue;
            const auto offset = static_cast<int64_t>(offsets[other]);
            taken.push_back(
                {offset - distance - static_cast<int64_t>(rounded(member.bytes)) + 1,
                 offset + static_cast<int64_t>(rounded(buffers[other].bytes)) - distance});
        }
    }
    std::sort(taken.begin(), taken.end(),
              [](const Taken& a, const Taken& b) { return a.begin < b.begin; });
    return taken;
}

/// Start of the smallest gap for a group among the buffers placed so far.
uint64_t best_fit(const std::vector<Buffer>& buffers, const std::vector<uint64_t>& offsets,
                  const std::vector<size_t>& placed, const Group& group) {
    int64_t end = 0;
    int64_t best = -1;
    int64_t best_gap = INT64_MAX;
    for (const Taken& rival : taken_of(buffers, offsets, placed, group)) {
        const int64_t gap = rival.begin - end;
        if (gap > 0 && gap < best_gap) {
            best_gap = gap;
            best = end;
        }
        end = std::max(end, rival.end);
    }
    return static_cast<uint64_t>(best < 0 ? end : best);
}

uint64_t place(const std::vector<Buffer>& buffers, const std::vector<Group>& groups,
               const std::vector<size_t>& order, std::vector<uint64_t>& offsets) {
    std::vector<size_t> placed;
    uint64_t arena = 0;
    for (size_t index : order) {
        const Group& group = groups[index];
        const uint64_t start = best_fit(buffers, offsets, placed, group);
        for (size_t k = 0; k < group.members.size(); ++k) {
            const size_t member = group.members[k];
            offsets[member] = start + group.distances[k];
            arena = std::max(arena, offsets[member] + rounded(buffers[member].bytes));
            placed.push_back(member);
        }
    }
    return arena;
}

/// Bytes that a group needs at a time, shared ones once.
uint64_t needed_at(const std::vector<Buffer>& buffers, const Group& group, int32_t time) {
    std::vector<std::pair<uint64_t, uint64_t>> parts;
    for (size_t k = 0; k < group.members.size(); ++k) {
        const Buffer& buffer = buffers[group.members[k]];
        if (buffer.first > time || time > buffer.last) continue;
        parts.emplace_back(group.distances[k], group.distances[k] + rounded(buffer.bytes));
    }
    std::sort(parts.begin(), parts.end());
    uint64_t bytes = 0;
    uint64_t end = 0;
    for (const auto& [first, last] : parts) {
        if (last <= end) continue;
        bytes += last - std::max(first, end);
        end = last;
    }
    return bytes;
}

uint64_t most_at_once(const std::vector<Buffer>& buffers, const std::vector<Group>& groups) {
    uint64_t most = 0;
    for (const Buffer& moment : buffers) {  // the sum can only grow where a buffer begins
        uint64_t sum = 0;
        for (const Group& group : groups) sum += needed_at(buffers, group, moment.first);
        most = std::max(most, sum);
    }
    return most;
}

/// What decides when a group is placed.
struct Weight {
    int64_t bytes = 0, duration = 0, first = INT32_MAX;
};

Weight weight_of(const std::vector<Buffer>& buffers, const Group& group) {
    Weight weight;
    int64_t last = 0;
    for (size_t member : group.members) {
        weight.bytes = std::max(weight.bytes, int64_t{buffers[member].bytes});
        weight.first = std::min(weight.first, int64_t{buffers[member].first});
        last = std::max(last, int64_t{buffers[member].last});
    }
    weight.duration = last - weight.first + 1;
    return weight;
}

/// The best of several orders, without the final rounding.
struct Attempt {
    std::vector<uint64_t> offsets;
    uint64_t arena = 0, bound = 0;
};

Attempt attempt(const std::vector<Buffer>& buffers, int random_orders) {
    const std::vector<Group> groups = groups_of(buffers);
    std::vector<Weight> weights;
    weights.reserve(groups.size());
    for (const Group& group : groups) weights.push_back(weight_of(buffers, group));
    std::vector<size_t> order(groups.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::vector<uint64_t> offsets(buffers.size());
    Attempt best{std::vector<uint64_t>(buffers.size()), UINT64_MAX, most_at_once(buffers, groups)};
    const auto try_order = [&] {
        const uint64_t arena = place(buffers, groups, order, offsets);
        if (arena >= best.arena) return;
        best.arena = arena;
        best.offsets = offsets;
    };
    const auto try_by = [&](auto value) {
        std::stable_sort(order.begin(), order.end(),
                         [&](size_t a, size_t b) { return value(weights[a]) > value(weights[b]); });
        try_order();
    };
    try_by([](const Weight& w) { return w.bytes; });
    try_by([](const Weight& w) { return w.bytes * w.duration; });
    try_by([](const Weight& w) { return -w.first; });
    std::mt19937 random(1);
    for (int i = 0; i < random_orders && best.arena > best.bound; ++i) {
        // Own shuffle: std::shuffle's result differs between libraries.
        for (size_t n = order.size(); n > 1; --n) std::swap(order[n - 1], order[random() % n]);
        try_order();
    }
    return best;
}

/// Looks for a smaller plan than a given one among all. Each plan can be pushed down until every
/// group stands on the ground or on another, so that it comes of placing the groups one after
/// another, by rising starts, each at the lowest free one.
class ExactSearch {
  public:
    ExactSearch(const std::vector<Buffer>& buffers, Attempt& best)
        : buffers_(buffers),
          groups_(groups_of(buffers)),
          best_(best),
          offsets_(buffers.size()),
          is_placed_(groups_.size()) {}

    /// True where none is smaller than what `best` holds then; false where that would take too
    /// long.
    bool run() {
        place_next(0, 0, 0);
        return best_.arena <= best_.bound || steps_ < kMostSteps;
    }

  private:
    void place_next(size_t count, uint64_t last_start, uint64_t arena) {
        if (count == groups_.size()) {
            best_.arena = arena;
            best_.offsets = offsets_;
            return;
        }
        for (size_t i = 0; i < groups_.size(); ++i) {
            if (best_.arena <= best_.bound || steps_ >= kMostSteps) return;
            if (is_placed_[i]) continue;
            ++steps_;
            const Group& group = groups_[i];
            const uint64_t start = lowest_start(group);
            if (start < last_start) continue;  // another order gives the same
            uint64_t end = arena;
            for (size_t k = 0; k < group.members.size(); ++k) {
                offsets_[group.members[k]] = start + group.distances[k];
                end = std::max(
                    end, offsets_[group.members[k]] + rounded(buffers_[group.members[k]].bytes));
            }
            if (end >= best_.arena) continue;
            is_placed_[i] = true;
            placed_.insert(placed_.end(), group.members.begin(), group.members.end());
            place_next(count + 1, start, end);
            placed_.resize(placed_.size() - group.members.size());
            is_placed_[i] = false;
        }
    }

    uint64_t lowest_start(const Group& group) const {
        int64_t start = 0;
        for (const Taken& taken : taken_of(buffers_, offsets_, placed_, group)) {
            if (taken.begin > start) break;
            start = std::max(start, taken.end);
        }
        return static_cast<uint64_t>(start);
    }

    const std::vector<Buffer>& buffers_;
    std::vector<Group> groups_;
    Attempt& best_;
    std::vector<uint64_t> offsets_;
    std::vector<bool> is_placed_;
    std::vector<size_t> placed_;  // buffers
    size_t steps_ = 0;
};

/// What each buffer may overwrite, used or not.
using Overs = std::vector<int32_t>;

/// Leaves out those overwritings that cost memory, for a long chain of them fixes many places at
/// once: from some choice on, takes the one change that saves most until none does.
uint64_t improve_overwritings(std::vector<Buffer>& buffers, const Overs& allowed) {
    uint64_t arena = attempt(buffers, 0).arena;
    for (bool better = true; better;) {
        better = false;
        size_t best = 0;
        for (size_t i = 0; i < buffers.size(); ++i) {
            if (allowed[i] < 0) continue;
            const int32_t now =
                std::exchange(buffers[i].over, buffers[i].over < 0 ? allowed[i] : -1);
            const uint64_t changed = attempt(buffers, 0).arena;
            buffers[i].over = now;
            if (changed >= arena) continue;
            arena = changed;
            best = i;
            better = true;
        }
        if (better) buffers[best].over = buffers[best].over < 0 ? allowed[best] : -1;
    }
    return arena;
}

/// The better of two searches: from all overwritings and from none.
void choose_overwritings(std::vector<Buffer>& buffers) {
    Overs allowed;
    for (const Buffer& buffer : buffers) allowed.push_back(buffer.over);
    std::vector<Buffer> without = buffers;
    for (Buffer& buffer : without) buffer.over = -1;
    if (improve_overwritings(without, allowed) < improve_overwritings(buffers, allowed))
        buffers = std::move(without);
}

}  // namespace

std::vector<uint64_t> bytes_needed(const std::vector<Buffer>& buffers, int32_t times) {
    const std::vector<Group> groups = groups_of(buffers);
    std::vector<uint64_t> needed(static_cast<size_t>(times));
    for (int32_t time = 0; time < times; ++time) {
        for (const Group& group : groups)
            needed[static_cast<size_t>(time)] += needed_at(buffers, group, time);
    }
    return needed;
}

Plan plan_memory(std::vector<Buffer> buffers) {
    if (buffers.empty()) return {};
    const uint64_t bound = most_at_once(buffers, groups_of(buffers));
    choose_overwritings(buffers);
    Attempt best = attempt(buffers, kRandomOrders);
    const bool is_optimal = ExactSearch(buffers, best).run();
    if (best.arena > kMostArena)
        throw std::runtime_error("the model needs more than 1 GiB of working memory");
    Plan plan;
    plan.offsets.assign(best.offsets.begin(), best.offsets.end());
    plan.arena_bytes = static_cast<uint32_t>((best.arena + 15) / 16 * 16);
    plan.lower_bound = static_cast<uint32_t>(bound);
    plan.is_optimal = is_optimal;
    return plan;
}

}  // namespace ganglion::compile
