#include "device/learn/noise_learner.hpp"

#include <algorithm>
#include <cstring>

#include "device/features/integer_log2.hpp"

namespace ganglion {
namespace {

constexpr uint32_t kMostBlocks = 1U << 20U;
constexpr int32_t kOne = 256;     // a doubling
constexpr int32_t kMost = 32000;  // in 1/65536 it still fits 32 bits, far beyond any sound

bool between(uint32_t value, uint32_t low, uint32_t high) {
    return value >= low && value <= high;
}

// log2(2^a + 2^b), all in 1/256. The smaller part is 2^-x of the greater; between whole x a
// parabola through 1, 1/sqrt(2) and 1/2 stands for 2^-x (0.2 % off at most).
int32_t log_add(int32_t a, int32_t b) {
    const int32_t greater = std::max(a, b);
    const auto x = static_cast<uint32_t>(greater - std::min(a, b));
    if (x >= 16U * kOne) return greater;
    const uint32_t part = x % kOne;
    const uint32_t fraction = 65536U - part * 44014U / 256U + part * part * 11246U / 65536U;
    return greater + log2_q8(65536U + (fraction >> (x / kOne))) - 16 * kOne;
}

uint16_t permille(uint32_t score_q8, const AlertBudget::State& state) {
    const uint32_t threshold_q8 = state.threshold_q24 >> 16U;
    return static_cast<uint16_t>(std::min<uint64_t>(1000, uint64_t{score_q8} * 500 / threshold_q8));
}

uint64_t magnitude(int64_t value) {
    return static_cast<uint64_t>(value < 0 ? -value : value);
}

}  // namespace

Status NoiseLearner::parse(const LearnerHeader& header, uint32_t values,
                           std::span<const uint8_t> bytes, Parameters& parameters) {
    if (bytes.size() != sizeof(NoiseParameters) || header.outputs != outputs)
        return Status::bad_shape;
    if (!between(values, 1, kMostBands)) return Status::bad_shape;
    NoiseParameters p;
    std::memcpy(&p, bytes.data(), sizeof p);
    const bool good = between(p.slot_blocks, 1, kMostBlocks) &&
                      between(p.learn_blocks, 1, kMostBlocks) && between(p.slots, 1, 24) &&
                      between(p.block, 1, 1024) && between(p.adapt_shift, 4, 15) &&
                      between(p.least_deviation, 1, 4096) && between(p.clip, 1, 64) &&
                      p.reserved == 0 && p.loud.valid() && p.unusual.valid();
    if (!good) return Status::bad_value;
    static_cast<NoiseParameters&>(parameters) = p;
    parameters.values = values;
    return Status::ok;
}

uint32_t NoiseLearner::state_bytes(const Parameters& parameters) {
    static_assert(sizeof(Day) == 32);
    const uint32_t rows = parameters.slots + 1U;
    const uint32_t bytes =
        rows * (uint32_t{sizeof(uint32_t)} + (parameters.values + 1U) * uint32_t{sizeof(Usual)});
    return uint32_t{sizeof(Day)} + (bytes + 7U) / 8U * 8U;
}

void NoiseLearner::bind(const Parameters& parameters, std::span<uint8_t> state) {
    parameters_ = parameters;
    const uint32_t rows = parameters.slots + 1U;
    day_ = reinterpret_cast<Day*>(state.data());
    counts_ = {reinterpret_cast<uint32_t*>(state.data() + sizeof(Day)), rows};
    usual_ = {reinterpret_cast<Usual*>(counts_.data() + rows), size_t{rows} * width()};
    sums_ = {};
    frames_ = 0;
    scores_ = {};
}

void NoiseLearner::start(const Parameters& parameters, std::span<uint8_t> state) {
    bind(parameters, state);
    *day_ = Day{};
    day_->loud = AlertBudget::fresh(parameters.loud);
    day_->unusual = AlertBudget::fresh(parameters.unusual);
    std::fill(counts_.begin(), counts_.end(), 0U);
    std::fill(usual_.begin(), usual_.end(), Usual{});
}

bool NoiseLearner::resume(const Parameters& parameters, std::span<uint8_t> state) {
    bind(parameters, state);
    const bool good = day_->blocks <= parameters.learn_blocks &&
                      day_->in_slot < parameters.slot_blocks && day_->slot < parameters.slots &&
                      day_->reserved == 0 && AlertBudget::good(parameters.loud, day_->loud) &&
                      AlertBudget::good(parameters.unusual, day_->unusual);
    return good && std::all_of(counts_.begin(), counts_.end(), [&](uint32_t count) {
               return count <= 1U << parameters.adapt_shift;
           });
}

void NoiseLearner::shorten(Parameters& parameters) {
    parameters.block = 1;
    parameters.learn_blocks = 2;
    parameters.slot_blocks = 2;
}

bool NoiseLearner::push(std::span<const int16_t> values, std::span<uint8_t> /*scratch*/,
                        std::span<uint16_t> scores) {
    for (uint32_t i = 0; i < parameters_.values; ++i)
        sums_[i] = frames_ == 0 ? values[i] : log_add(sums_[i], values[i]);
    if (++frames_ == parameters_.block) {
        frames_ = 0;
        Block block = sums_;
        int32_t level = block[0];
        for (uint32_t i = 1; i < parameters_.values; ++i) level = log_add(level, block[i]);
        for (uint32_t i = 0; i < parameters_.values; ++i) block[i] -= level;
        block[parameters_.values] = level - log2_q8(parameters_.block);
        for (int32_t& value : block) value = std::clamp(value, -kMost, kMost);
        judge(block);
    }
    std::copy(scores_.begin(), scores_.end(), scores.begin());
    return day_->blocks == parameters_.learn_blocks;
}

// How many deviations a value is from what is usual, 1/256.
uint32_t NoiseLearner::apart_q8(const Usual& usual, int32_t value) const {
    const uint64_t deviation =
        std::max<uint64_t>(usual.deviation_q16, uint64_t{parameters_.least_deviation} << 16U);
    const uint64_t apart = magnitude(int64_t{value} * 65536 - usual.mean_q16) * 256 / deviation;
    return static_cast<uint32_t>(std::min<uint64_t>(apart, 1U << 24U));
}

void NoiseLearner::judge(const Block& block) {
    const uint32_t all = parameters_.slots;
    if (counts_[day_->slot] == 0 && counts_[all] != 0) {
        std::copy(row(all).begin(), row(all).end(), row(day_->slot).begin());
        counts_[day_->slot] = std::min(counts_[all], kPrior);
    }
    if (day_->blocks == parameters_.learn_blocks) {
        const std::span<const Usual> usual = row(day_->slot);
        const Usual& level = usual[parameters_.values];
        const int32_t now = block[parameters_.values];
        const uint32_t loud = int64_t{now} * 65536 > level.mean_q16 ? apart_q8(level, now) : 0;
        uint64_t sum = 0;
        for (uint32_t i = 0; i < parameters_.values; ++i) sum += apart_q8(usual[i], block[i]);
        const auto unusual = static_cast<uint32_t>(sum / std::max(parameters_.values, uint32_t{1}));
        scores_ = {permille(loud, day_->loud), permille(unusual, day_->unusual)};
        // Surprises of an hour that is heard for the first time say nothing about its tail.
        const uint32_t known =
            std::min(parameters_.slot_blocks + kPrior, uint32_t{1} << parameters_.adapt_shift);
        if (counts_[day_->slot] >= known) {
            AlertBudget::judge(parameters_.loud, day_->loud, loud);
            AlertBudget::judge(parameters_.unusual, day_->unusual, unusual);
        }
    } else {
        ++day_->blocks;
    }
    learn(day_->slot, block);
    learn(all, block);
    if (++day_->in_slot == parameters_.slot_blocks) {
        day_->in_slot = 0;
        day_->slot = (day_->slot + 1) % parameters_.slots;
    }
}

void NoiseLearner::learn(uint32_t index, const Block& block) {
    uint32_t& count = counts_[index];
    count = std::min(count + 1, uint32_t{1} << parameters_.adapt_shift);
    const auto blocks = int64_t{std::max(count, uint32_t{1})};
    for (uint32_t i = 0; i < width(); ++i) {
        Usual& usual = row(index)[i];
        const int64_t value = int64_t{block[i]} * 65536;
        if (count == 1) {
            usual = {static_cast<int32_t>(value), 0};
            continue;
        }
        const int64_t deviation =
            std::max<int64_t>(usual.deviation_q16, int64_t{parameters_.least_deviation} << 16U);
        // The first blocks know too little of a deviation to say what is too far.
        const int64_t reach = count <= kPrior ? INT64_MAX : deviation * parameters_.clip;
        const int64_t step = std::clamp<int64_t>(value - usual.mean_q16, -reach, reach);
        usual.mean_q16 = static_cast<int32_t>(usual.mean_q16 + step / blocks);
        const int64_t wider = static_cast<int64_t>(magnitude(step)) - int64_t{usual.deviation_q16};
        usual.deviation_q16 = static_cast<uint32_t>(int64_t{usual.deviation_q16} + wider / blocks);
    }
}

int32_t NoiseLearner::usual_level(uint32_t slot) const {
    return usual_[slot * width() + parameters_.values].mean_q16 / 65536;
}

}  // namespace ganglion
