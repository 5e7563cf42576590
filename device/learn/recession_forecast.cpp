#include "device/learn/recession_forecast.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace ganglion {
namespace {

constexpr uint32_t kForget = 5;  // a loss fades by 1/32 a slot
constexpr uint32_t kLongestMedian = 2 * RecessionForecast::most_day;
constexpr uint32_t kLeastMedian = 5;

int16_t within(int32_t value) {
    return static_cast<int16_t>(std::clamp<int32_t>(value, -INT16_MAX, INT16_MAX));
}

int32_t median(std::span<int32_t> values) {
    std::sort(values.begin(), values.end());
    const size_t half = values.size() / 2;
    return values.size() % 2 != 0 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace

uint32_t RecessionForecast::state_bytes(const Parameters& parameters) {
    const uint32_t values = 7U * parameters.day + 1U + parameters.day * predictors;
    return (static_cast<uint32_t>(sizeof(Header)) + values * 2U + 7U) / 8U * 8U;
}

void RecessionForecast::bind(const Parameters& parameters, std::span<uint8_t> state) {
    parameters_ = parameters;
    header_ = reinterpret_cast<Header*>(state.data());
    values_ = reinterpret_cast<int16_t*>(state.data() + sizeof(Header));
    guesses_ = values_ + week();
}

void RecessionForecast::start(const Parameters& parameters, std::span<uint8_t> state) {
    bind(parameters, state);
    std::memset(state.data(), 0, state_bytes(parameters));
    header_->forecast = kMissing;
}

Status RecessionForecast::resume(const Parameters& parameters, std::span<uint8_t> state) {
    bind(parameters, state);
    const bool good =
        header_->next < week() && header_->next_guess < parameters.day && header_->reserved == 0 &&
        std::all_of(header_->losses_q4.begin(), header_->losses_q4.end(),
                    [](uint32_t loss) { return loss < 1U << 26; }) &&
        (header_->forecast == kMissing) == (header_->seen == 0) &&
        std::all_of(values_, values_ + week(), [](int16_t value) { return value != kMissing; });
    if (good) return Status::ok;
    start(parameters, state);
    return Status::bad_value;
}

int16_t RecessionForecast::value(uint32_t back) const {
    const uint32_t size = week();
    if (back >= size || back >= header_->seen) return kMissing;
    return values_[(header_->next + size - 1U - back) % size];
}

RecessionForecast::Changes RecessionForecast::changes() const {
    const uint32_t day = parameters_.day;
    const uint32_t seen = std::min(header_->seen, week());
    const int32_t now = value(0);
    std::array<int32_t, kLongestMedian> sample{};
    Changes changes{};

    const uint32_t half = std::max<uint32_t>(day / 2, 1);
    if (seen >= half + day) {
        for (uint32_t i = 0; i < half; ++i) sample[i] = std::min(0, value(i) - value(i + day));
        changes[1] = median(std::span(sample).first(half)) * 7 / 10;
    }
    const uint32_t slopes = std::max(2 * day, kLeastMedian);
    if (seen > slopes) {
        for (uint32_t i = 0; i < slopes; ++i) sample[i] = value(i) - value(i + 1);
        changes[2] = median(std::span(sample).first(slopes)) * static_cast<int32_t>(day) * 4 / 5;
    }
    if (seen >= day) {
        int32_t lowest = now;
        for (uint32_t i = 1; i < seen; ++i) lowest = std::min<int32_t>(lowest, value(i));
        changes[3] = (lowest - now) / 5;
    }
    const uint32_t quarter = std::max<uint32_t>(day / 4, 1);
    if (seen > quarter) {
        int32_t fall = 0;
        for (uint32_t i = 0; i < quarter; ++i) fall += std::min(0, value(i) - value(i + 1));
        changes[4] = fall * static_cast<int32_t>(day / quarter) * 3 / 5;
    }
    return changes;
}

int32_t RecessionForecast::combine(const Changes& changes) const {
    const auto& losses = header_->losses_q4;
    const uint32_t equal = parameters_.equal_error * 16U;
    const uint64_t best = uint64_t{*std::min_element(losses.begin(), losses.end())} + equal;
    int64_t sum = 0;
    int64_t weights = 0;
    for (uint32_t i = 0; i < predictors; ++i) {
        const uint64_t ratio = best * 256 / (uint64_t{losses[i]} + equal);
        const uint64_t square = ratio * ratio / 256;
        const auto weight = static_cast<int64_t>(square * square / 256);
        sum += weight * changes[i];
        weights += weight;
    }
    return static_cast<int32_t>(sum / weights);  // the best predictor's weight is 256
}

void RecessionForecast::push(int16_t value) {
    Header& header = *header_;
    if (header.seen == 0 && value == kMissing) return;
    const int16_t kept = value == kMissing ? this->value(0) : value;
    values_[header.next] = kept;
    header.next = static_cast<uint16_t>((header.next + 1U) % std::max<uint32_t>(week(), 1));
    header.seen = std::min(header.seen + 1, UINT32_MAX - 1);

    int16_t* guess = guesses_ + header.next_guess * predictors;  // those made one day ago
    if (value != kMissing && header.seen > parameters_.day) {
        for (uint32_t i = 0; i < predictors; ++i) {
            const auto error = static_cast<uint32_t>(std::abs(value - guess[i]));
            header.losses_q4[i] += error * 16 - (header.losses_q4[i] >> kForget);
        }
    }
    const Changes coming = changes();
    for (uint32_t i = 0; i < predictors; ++i) guess[i] = within(kept + coming[i]);
    header.next_guess = static_cast<uint16_t>((header.next_guess + 1U) % parameters_.day);
    header.forecast = within(kept + combine(coming));
}

}  // namespace ganglion
