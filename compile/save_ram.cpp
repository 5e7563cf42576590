#include "compile/save_ram.hpp"

#include <algorithm>
#include <type_traits>
#include <variant>
#include <vector>

#include "compile/arena.hpp"
#include "compile/bands.hpp"
#include "compile/row_group.hpp"

namespace ganglion::compile {
namespace {

constexpr uint32_t kMostScratchBytes = 2048;  // of a depthwise band; more gains nothing
constexpr size_t kMostLayers = 8;             // of a group
constexpr int32_t kRowChoices[] = {1, 2, 4};
constexpr size_t kMostGroups = 8;
constexpr double kMostExtraCost = 0.04;  // of the whole program's, where no budget asks for more
// Scratch may add so much to the arena: kws takes 4 % fewer instructions for 8 % more RAM.
constexpr double kMostScratch = 0.08;
constexpr double kLeastGain = 0.02;  // of the arena's bytes

/// Instructions of one step, roughly, as on Cortex-M4: enough to compare a layer as a whole with
/// the same layer by rows.
double cost_of(const Operation& operation) {
    const auto convolution = [](const Window2d& window) {
        const double pixels = window.out_height * window.out_width;
        const double a_pixel = static_cast<double>(conv_2d_taps(window)) * window.out_channels;
        const double alone = (window.out_height * window.out_width) % 3;  // not three at a time
        return 250 + 0.75 * pixels * a_pixel + alone * a_pixel;
    };
    const auto depthwise = [](const Window2d& window) {
        const double outputs =
            static_cast<double>(window.out_height) * window.out_width * window.out_channels;
        const double inputs =
            static_cast<double>(window.in_height) * window.in_width * window.in_channels;
        return 200 + 90.0 * window.out_channels + inputs +
               outputs * (4 + 1.1 * window.kernel_height * window.kernel_width);
    };
    return std::visit(
        [&](const auto& op) -> double {
            using Op = std::decay_t<decltype(op)>;
            if constexpr (std::is_same_v<Op, CopyOp>) {
                return 50 + op.rows * (20 + 0.5 * op.bytes);
            } else if constexpr (requires {
                                     op.window;
                                     op.input_zero_point;
                                 }) {
                return op.window.in_channels == op.window.out_channels &&
                               macs_of(op) == uint64_t{op.window.out_height} * op.window.out_width *
                                                  op.window.out_channels * op.window.kernel_height *
                                                  op.window.kernel_width
                           ? depthwise(op.window)
                           : convolution(op.window);
            } else if constexpr (requires { op.window; }) {
                return 200 + 4.0 * op.window.out_height * op.window.out_width *
                                 op.window.out_channels * op.window.kernel_height *
                                 op.window.kernel_width;
            } else if constexpr (requires { op.count; }) {
                return 50 + 14.0 * op.count;
            } else {
                return 1.1 * static_cast<double>(macs_of(op));
            }
        },
        operation);
}

double cost_of(const Draft& draft) {
    double cost = 0;
    for (const Step& step : draft.steps) cost += step.layer.turns * cost_of(step.operation);
    return cost;
}

/// Gives a depthwise step scratch of at most `bytes`, but enough for one row.
void set_scratch(Draft& draft, Step& step, uint32_t bytes) {
    choose_scratch_band(step.operation, bytes);
    const Scratch scratch = scratch_of(step.operation);
    if (scratch.bytes != 0) draft.bytes[*scratch.offset] = scratch.bytes;
}

void set_all_scratch(Draft& draft, uint32_t bytes) {
    for (Step& step : draft.steps) {
        if (has_scratch_band(step.operation)) set_scratch(draft, step, bytes);
    }
}

struct Peak {
    uint64_t bytes;
    size_t step;
};

/// What the draft needs where it needs most, overwriting what it can.
Peak peak_of(Draft draft) {
    share_in_place(draft);
    const std::vector<uint64_t> needed = bytes_needed(draft);
    const auto most = std::max_element(needed.begin(), needed.end());
    return {*most, static_cast<size_t>(most - needed.begin())};
}

class Saving {
  public:
    Saving(Draft& draft, std::optional<uint32_t> ram_bytes) : draft_(draft), budget_(ram_bytes) {}

    void run() {
        set_all_scratch(draft_, 0);
        const double cost = cost_of(draft_);
        const double most_cost = cost * (1 + kMostExtraCost);
        for (size_t n = 0; n < kMostGroups; ++n) {
            const Peak peak = peak_of(draft_);
            if (budget_ && peak.bytes <= *budget_) break;
            std::optional<Choice> best = best_choice(peak, most_cost);
            if (!best || arena_of(best->draft) >= arena_of(draft_)) break;
            draft_ = std::move(best->draft);
        }
        grow_scratch();
    }

  private:
    struct Choice {
        Draft draft;
        uint64_t bytes;
        double cost;
    };

    std::optional<Choice> best_choice(const Peak& peak, double most_cost) const {
        std::optional<Choice> best;
        const size_t first = peak.step < kMostLayers ? 0 : peak.step - kMostLayers;
        for (size_t begin = first; begin <= peak.step && begin < draft_.steps.size(); ++begin) {
            const size_t end = std::min(begin + kMostLayers, draft_.steps.size());
            for (size_t last = std::max(begin + 1, peak.step); last < end; ++last) {
                for (int32_t rows : kRowChoices) {
                    auto draft = by_rows(draft_, {begin, last, rows});
                    if (!draft) break;
                    consider(std::move(*draft), peak, most_cost, best);
                }
            }
        }
        return best;
    }

    void consider(Draft draft, const Peak& peak, double most_cost,
                  std::optional<Choice>& best) const {
        const double cost = cost_of(draft);
        if (!budget_ && cost > most_cost) return;
        const uint64_t bytes = peak_of(draft).bytes;
        const auto gain = static_cast<double>(peak.bytes) - static_cast<double>(bytes);
        if (gain < kLeastGain * static_cast<double>(peak.bytes)) return;
        if (!best || better(bytes, cost, *best)) best = Choice{std::move(draft), bytes, cost};
    }

    bool better(uint64_t bytes, double cost, const Choice& best) const {
        if (budget_) {
            bytes = std::max<uint64_t>(bytes, *budget_);
            const uint64_t best_bytes = std::max<uint64_t>(best.bytes, *budget_);
            return bytes != best_bytes ? bytes < best_bytes : cost < best.cost;
        }
        return bytes != best.bytes ? bytes < best.bytes : cost < best.cost;
    }

    /// Depthwise operations get the scratch that nobody else needs at their time, and a little
    /// more.
    void grow_scratch() {
        const uint32_t least = arena_of(draft_);
        Draft shared = draft_;
        share_in_place(shared);
        const std::vector<uint64_t> needed = bytes_needed(shared);
        const uint64_t allowed =
            budget_ ? *budget_ : static_cast<uint64_t>((1 + kMostScratch) * least);
        const uint64_t most = std::max(*std::max_element(needed.begin(), needed.end()), allowed);
        for (uint64_t part : {1, 2, 4}) {
            Draft grown = draft_;
            for (size_t i = 0; i < grown.steps.size(); ++i) {
                if (!has_scratch_band(grown.steps[i].operation)) continue;
                const uint64_t bytes =
                    scratch_of(grown.steps[i].operation).bytes + (most - needed[i]) / part;
                set_scratch(grown, grown.steps[i],
                            static_cast<uint32_t>(std::min<uint64_t>(bytes, kMostScratchBytes)));
            }
            if (arena_of(grown) <= std::max<uint64_t>(least, allowed)) {
                draft_ = std::move(grown);
                return;
            }
        }
    }

    static uint32_t arena_of(Draft draft) {
        share_in_place(draft);
        return place_buffers(draft).bytes;
    }

    Draft& draft_;
    std::optional<uint32_t> budget_;
};

}  // namespace

void save_ram(Draft& draft, std::optional<uint32_t> ram_bytes) {
    if (!draft.steps.empty()) Saving(draft, ram_bytes).run();
}

}  // namespace ganglion::compile
