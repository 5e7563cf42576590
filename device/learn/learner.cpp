#include "device/learn/learner.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <type_traits>

#include "device/learn/distance_learner.hpp"
#include "device/learn/level_learner.hpp"
#include "device/learn/noise_learner.hpp"
#include "device/learn/plot_learner.hpp"
#include "device/learn/prototype_learner.hpp"
#include "device/learn/routine_learner.hpp"
#include "device/learn/series_learner.hpp"

namespace ganglion {

namespace {

using Values = std::span<const int16_t>;
using Bytes = std::span<uint8_t>;

struct Row {
    LearnerKind kind;
    uint32_t object_bytes;
    Status (*check)(const LearnerSection&);
    uint32_t (*state_bytes)(const LearnerSection&);
    uint32_t (*scratch_bytes)(const LearnerSection&);
    void* (*create)(void*);
    void (*start)(void*, const LearnerSection&, Bytes, bool);
    bool (*resume)(void*, const LearnerSection&, Bytes);
    bool (*push)(void*, Values, Bytes, std::span<uint16_t>);
    bool (*teach)(void*, uint32_t, Values, Bytes);
    bool (*forecast)(const void*, uint32_t, int16_t&, uint16_t&);
    uint32_t (*shared_numbers)(const LearnerSection&);
    uint32_t (*share)(const void*, std::span<int16_t>);
    bool (*prime)(void*, Values);
};

template <typename Kind>
struct Kept {
    static_assert(std::is_trivially_destructible_v<Kind> && alignof(Kind) <= 8);

    static typename Kind::Parameters parameters(const LearnerSection& section) {
        typename Kind::Parameters parsed{};
        (void)Kind::parse(section.header, section.values, section.parameters, parsed);  // checked
        return parsed;
    }
    static Status check(const LearnerSection& section) {
        typename Kind::Parameters parsed{};
        return Kind::parse(section.header, section.values, section.parameters, parsed);
    }
    static uint32_t state_bytes(const LearnerSection& section) {
        return Kind::state_bytes(parameters(section));
    }
    static uint32_t scratch_bytes(const LearnerSection& section) {
        return Kind::scratch_bytes(parameters(section));
    }
    static void* create(void* memory) { return new (memory) Kind(); }
    static void start(void* learner, const LearnerSection& section, Bytes state, bool proof) {
        auto wanted = parameters(section);
        if constexpr (requires { Kind::shorten(wanted); }) {
            if (proof) Kind::shorten(wanted);
        }
        static_cast<Kind*>(learner)->start(wanted, state);
    }
    static bool resume(void* learner, const LearnerSection& section, Bytes state) {
        return static_cast<Kind*>(learner)->resume(parameters(section), state);
    }
    static bool push(void* learner, Values values, Bytes scratch, std::span<uint16_t> scores) {
        return static_cast<Kind*>(learner)->push(values, scratch, scores);
    }
    static bool teach(void* learner, uint32_t label, Values values, Bytes scratch) {
        if constexpr (requires(Kind & kind) { kind.teach(label, values, scratch); }) {
            return static_cast<Kind*>(learner)->teach(label, values, scratch);
        } else {
            return false;
        }
    }
    static bool forecast(const void* learner, uint32_t ahead, int16_t& value, uint16_t& error) {
        if constexpr (requires(const Kind& kind) { kind.forecast(ahead, value, error); }) {
            return static_cast<const Kind*>(learner)->forecast(ahead, value, error);
        } else {
            return false;
        }
    }
    static uint32_t shared_numbers(const LearnerSection& section) {
        if constexpr (requires { Kind::shared_numbers(parameters(section)); }) {
            return Kind::shared_numbers(parameters(section));
        } else {
            return 0;
        }
    }
    static uint32_t share(const void* learner, std::span<int16_t> shared) {
        if constexpr (requires(const Kind& kind) { kind.share(shared); }) {
            return static_cast<const Kind*>(learner)->share(shared);
        } else {
            return 0;
        }
    }
    static bool prime(void* learner, Values prior) {
        if constexpr (requires(Kind & kind) { kind.prime(prior); }) {
            return static_cast<Kind*>(learner)->prime(prior);
        } else {
            return false;
        }
    }
};

template <typename Kind>
constexpr Row row(LearnerKind kind) {
    using K = Kept<Kind>;
    return {kind,
            (sizeof(Kind) + 7U) / 8U * 8U,
            K::check,
            K::state_bytes,
            K::scratch_bytes,
            K::create,
            K::start,
            K::resume,
            K::push,
            K::teach,
            K::forecast,
            K::shared_numbers,
            K::share,
            K::prime};
}

// The learners that a device knows.
constexpr Row kLearners[] = {
    row<DistanceLearner>(LearnerKind::distance), row<SeriesLearner>(LearnerKind::series),
    row<PlotLearner>(LearnerKind::plot),         row<RoutineLearner>(LearnerKind::routine),
    row<LevelLearner>(LearnerKind::level),       row<PrototypeLearner>(LearnerKind::prototypes),
    row<NoiseLearner>(LearnerKind::noise),
};

const Row* find(const LearnerSection& section) {
    for (const Row& row : kLearners) {
        if (static_cast<uint32_t>(row.kind) == section.header.kind) return &row;
    }
    return nullptr;
}

}  // namespace

Status Learner::parse(std::span<const uint8_t> bytes, uint32_t values, LearnerSection& section) {
    LearnerSection parsed;
    if (bytes.size() < sizeof(LearnerHeader)) return Status::truncated;
    if (reinterpret_cast<uintptr_t>(bytes.data()) % 4 != 0) return Status::bad_offset;
    std::memcpy(&parsed.header, bytes.data(), sizeof(LearnerHeader));
    if (parsed.header.outputs < 1 || parsed.header.outputs > 16) return Status::bad_value;
    const uint32_t share_bytes = parsed.header.share_bytes;
    if (parsed.header.parameter_bytes % 4 != 0) return Status::bad_value;
    if (share_bytes != 0 && share_bytes != sizeof(ShareTerms)) return Status::bad_value;
    if (bytes.size() - sizeof(LearnerHeader) !=
        uint64_t{parsed.header.parameter_bytes} + share_bytes) {
        return Status::bad_shape;
    }
    parsed.values = values;
    parsed.parameters = bytes.subspan(sizeof(LearnerHeader), parsed.header.parameter_bytes);
    parsed.shares = share_bytes != 0;
    if (parsed.shares) {
        std::memcpy(&parsed.share, bytes.data() + bytes.size() - share_bytes, share_bytes);
        if (!parsed.share.valid()) return Status::bad_value;
    }
    const Row* row = find(parsed);
    if (row == nullptr) return Status::unsupported;
    if (const Status status = row->check(parsed); status != Status::ok) return status;
    if (parsed.shares && parsed.share.count != row->shared_numbers(parsed))
        return Status::bad_shape;
    section = parsed;
    return Status::ok;
}

uint32_t Learner::state_bytes(const LearnerSection& section) {
    const Row* row = find(section);
    return row == nullptr ? 0 : row->object_bytes + row->state_bytes(section);
}

uint32_t Learner::scratch_bytes(const LearnerSection& section) {
    const Row* row = find(section);
    return row == nullptr ? 0 : row->scratch_bytes(section);
}

void Learner::start(const LearnerSection& section, std::span<uint8_t> state, bool proof) {
    *this = Learner();
    const Row* row = find(section);
    if (row == nullptr) return;
    push_ = row->push;
    teach_ = row->teach;
    forecast_ = row->forecast;
    share_ = row->share;
    prime_ = row->prime;
    learner_ = row->create(state.data());
    learned_ = state.subspan(row->object_bytes, row->state_bytes(section));
    row->start(learner_, section, learned_, proof);
}

bool Learner::resume(const LearnerSection& section) {
    const Row* row = find(section);
    if (row == nullptr) return false;
    if (row->resume(learner_, section, learned_)) return true;
    forget(section);
    return false;
}

void Learner::forget(const LearnerSection& section) {
    const Row* row = find(section);
    if (row == nullptr || learner_ == nullptr) return;
    std::fill(learned_.begin(), learned_.end(), uint8_t{0});
    row->start(learner_, section, learned_, false);
}

}  // namespace ganglion
