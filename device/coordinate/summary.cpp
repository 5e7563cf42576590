#include "device/coordinate/summary.hpp"

#include <algorithm>
#include <cstdlib>

#include "device/event/map_reader.hpp"

namespace ganglion::coordinate {
namespace {

enum Key : uint32_t {
    kBoot,
    kSequence,
    kClock,
    kMeasured,
    kSteered,
    kScale,
    kForecast,
    kError,
    kAnomaly,
    kStores,
    kFollows,
    kRefused,
};
constexpr uint32_t kRequired = 0b1111;  // boot, sequence, clock, measured
constexpr int32_t kFullScale = 127;
constexpr size_t kStoreItems = 7;

int32_t scale_of(const Summary& summary) {
    int32_t largest = 1;
    for (uint32_t i = 0; i < summary.forecast_count; ++i)
        largest = std::max(largest, std::abs(summary.forecast[i]));
    return largest;
}

void write_forecast(CborWriter& out, const Summary& summary) {
    const int32_t scale = scale_of(summary);
    std::array<uint8_t, Summary::kHorizon> parts{};
    for (uint32_t i = 0; i < summary.forecast_count; ++i) {
        const int64_t doubled = int64_t{summary.forecast[i]} * 2 * kFullScale / scale;
        parts[i] = static_cast<uint8_t>((doubled + (doubled < 0 ? -1 : 1)) / 2);
    }
    out.uint(kScale);
    out.uint(static_cast<uint32_t>(scale));
    out.uint(kForecast);
    out.bytes(std::span(parts).first(summary.forecast_count));
}

void write_stores(CborWriter& out, const Summary& summary) {
    out.uint(kStores);
    out.array(summary.store_count);
    for (uint32_t i = 0; i < summary.store_count; ++i) {
        const Store& store = summary.stores[i];
        out.array(kStoreItems);
        out.uint(static_cast<uint32_t>(store.kind));
        for (const int32_t value : {store.content, store.most, store.give, store.take})
            out.integer(value);
        out.uint(store.from_q);
        out.uint(store.until_q);
    }
}

bool read_store(CborReader& in, Store& store) {
    size_t items = 0;
    uint32_t kind = 0;
    if (!in.array(items) || items != kStoreItems || !in.uint(kind) || kind >= kStoreKinds)
        return false;
    store.kind = static_cast<StoreKind>(kind);
    for (int32_t* value : {&store.content, &store.most, &store.give, &store.take})
        if (!in.integer(*value)) return false;
    return in.uint(store.from_q) && in.uint(store.until_q) && store.valid();
}

bool read_stores(CborReader& in, Summary& summary) {
    size_t items = 0;
    if (!in.array(items) || items > summary.stores.size()) return false;
    for (size_t i = 0; i < items; ++i)
        if (!read_store(in, summary.stores[i])) return false;
    summary.store_count = static_cast<uint32_t>(items);
    return true;
}

bool read_power(CborReader& in, int32_t& power) {
    return in.integer(power) && power >= -Store::kMost && power <= Store::kMost;
}

bool read_measured(CborReader& in, Summary& summary) {
    size_t parts = 0;
    if (!in.array(parts) || parts == 0 || parts > summary.measured.size()) return false;
    for (size_t i = 0; i < parts; ++i)
        if (!read_power(in, summary.measured[i])) return false;
    summary.parts = static_cast<uint32_t>(parts);
    return true;
}

bool read_up_to(CborReader& in, uint32_t most, uint32_t& value) {
    return in.uint(value) && value <= most;
}

bool read_refusal(CborReader& in, Refusal& refusal) {
    uint32_t value = 0;
    if (!in.uint(value) || value >= kRefusals) return false;
    refusal = static_cast<Refusal>(value);
    return true;
}

}  // namespace

int32_t Summary::mean() const {
    int64_t sum = 0;
    for (uint32_t i = 0; i < parts; ++i) sum += measured[i];
    return static_cast<int32_t>(sum / std::max<int64_t>(parts, 1));
}

int32_t Summary::own_use() const {
    return forecast_count != 0 ? forecast[0] : mean() - steered;
}

size_t encode(const Summary& summary, std::span<uint8_t> out) {
    if (summary.store_count > Summary::kMostStores || summary.forecast_count > Summary::kHorizon ||
        summary.parts == 0 || summary.parts > Summary::kMostParts)
        return 0;
    const bool forecasts = summary.forecast_count != 0;
    CborWriter writer(out);
    writer.map(4 + (summary.steered != 0 ? 1U : 0U) + (forecasts ? 3U : 0U) +
               (summary.anomaly != 0 ? 1U : 0U) + (summary.store_count != 0 ? 1U : 0U) +
               (summary.follows != 0 ? 1U : 0U) + (summary.refused != Refusal::none ? 1U : 0U));
    const auto add = [&](uint32_t key, int64_t value) {
        writer.uint(key);
        writer.integer(value);
    };
    add(kBoot, summary.boot);
    add(kSequence, summary.sequence);
    add(kClock, summary.clock_s);
    writer.uint(kMeasured);
    writer.array(summary.parts);
    for (uint32_t i = 0; i < summary.parts; ++i) writer.integer(summary.measured[i]);
    if (summary.steered != 0) add(kSteered, summary.steered);
    if (forecasts) {
        write_forecast(writer, summary);
        add(kError, summary.error);
    }
    if (summary.anomaly != 0) add(kAnomaly, summary.anomaly);
    if (summary.store_count != 0) write_stores(writer, summary);
    if (summary.follows != 0) add(kFollows, summary.follows);
    if (summary.refused != Refusal::none) add(kRefused, static_cast<uint32_t>(summary.refused));
    return writer.ok() ? writer.size() : 0;
}

bool decode(std::span<const uint8_t> payload, Summary& summary) {
    summary = Summary();
    std::span<const uint8_t> parts;
    uint32_t scale = 0;
    CborReader in(payload);
    const bool good = read_map(in, kRequired, [&](uint64_t key) {
        switch (key) {
            case kBoot:
                return in.uint(summary.boot);
            case kSequence:
                return in.uint(summary.sequence);
            case kClock:
                return in.uint(summary.clock_s);
            case kMeasured:
                return read_measured(in, summary);
            case kSteered:
                return read_power(in, summary.steered);
            case kScale:
                return read_up_to(in, static_cast<uint32_t>(Store::kMost), scale);
            case kForecast:
                return in.bytes(parts) && parts.size() <= Summary::kHorizon;
            case kError:
                return read_up_to(in, static_cast<uint32_t>(Store::kMost), summary.error);
            case kAnomaly:
                return read_up_to(in, 16, summary.anomaly);
            case kStores:
                return read_stores(in, summary);
            case kFollows:
                return in.uint(summary.follows);
            case kRefused:
                return read_refusal(in, summary.refused);
            default:
                return in.skip();
        }
    });
    if (!good || !in.at_end()) return false;  // a forecast that was refused may be of any length
    for (size_t i = 0; i < parts.size(); ++i)
        summary.forecast[i] =
            static_cast<int32_t>(int64_t{static_cast<int8_t>(parts[i])} * scale / kFullScale);
    summary.forecast_count = static_cast<uint32_t>(parts.size());
    return true;
}

int64_t expected_power(const Summary& summary, const Levels& levels, uint32_t step_s) {
    int64_t power = summary.own_use();
    for (uint32_t i = 0; i < summary.store_count; ++i) {
        const Store& store = summary.stores[i];
        power += respond(store, levels[static_cast<size_t>(store.kind)], step_s);
    }
    return power;
}

}  // namespace ganglion::coordinate
