#include "device/features/feature_block.hpp"

#include <new>
#include <type_traits>

#include "device/features/ecg_beats.hpp"
#include "device/features/eye_frames.hpp"
#include "device/features/gradient_frames.hpp"
#include "device/features/impact_frames.hpp"
#include "device/features/level_frames.hpp"
#include "device/features/log_mel.hpp"
#include "device/features/motion_frames.hpp"
#include "device/features/pulse_windows.hpp"
#include "device/features/readings.hpp"
#include "device/features/slot_means.hpp"
#include "device/features/spectrum_bands.hpp"
#include "device/features/stroke_frames.hpp"

namespace ganglion {

namespace {

struct Row {
    FeatureKind kind;
    Status (*check)(const FeatureSection&);
    uint32_t (*state_bytes)(const FeatureSection&);
    uint32_t (*scratch_bytes)(const FeatureSection&);
    void* (*start)(const FeatureSection&, std::span<uint8_t>);
    size_t (*push)(void*, std::span<const int16_t>, std::span<uint8_t>, int16_t*, bool&);
};

// What a block needs to be kept in memory that is not its own: the object, then its state.
template <typename Block>
struct Kept {
    static_assert(std::is_trivially_destructible_v<Block> && alignof(Block) <= 8);
    static constexpr uint32_t object_bytes = (sizeof(Block) + 7U) / 8U * 8U;

    static typename Block::Parameters parameters(const FeatureSection& section) {
        typename Block::Parameters parsed{};
        (void)Block::parse(section.header, section.parameters, parsed);  // checked before
        return parsed;
    }
    static Status check(const FeatureSection& section) {
        typename Block::Parameters parsed{};
        return Block::parse(section.header, section.parameters, parsed);
    }
    static uint32_t state_bytes(const FeatureSection& section) {
        return object_bytes + Block::state_bytes(parameters(section));
    }
    static uint32_t scratch_bytes(const FeatureSection& section) {
        return Block::scratch_bytes(parameters(section));
    }
    static void* start(const FeatureSection& section, std::span<uint8_t> state) {
        auto* block = new (state.data()) Block();
        block->start(parameters(section), state.subspan(object_bytes));
        return block;
    }
    static size_t push(void* block, std::span<const int16_t> samples, std::span<uint8_t> scratch,
                       int16_t* frame, bool& ready) {
        return static_cast<Block*>(block)->push(samples, scratch, frame, ready);
    }
};

template <typename Block>
constexpr Row row(FeatureKind kind) {
    using K = Kept<Block>;
    return {kind, K::check, K::state_bytes, K::scratch_bytes, K::start, K::push};
}

// The blocks that a device knows.
constexpr Row kBlocks[] = {
    row<LogMel>(FeatureKind::log_mel),           row<SpectrumBands>(FeatureKind::spectrum_bands),
    row<EcgBeats>(FeatureKind::ecg_beats),       row<PulseWindows>(FeatureKind::pulse_windows),
    row<Readings>(FeatureKind::readings),        row<SlotMeans>(FeatureKind::slot_means),
    row<ImpactFrames>(FeatureKind::impacts),     row<MotionFrames>(FeatureKind::motion),
    row<StrokeFrames>(FeatureKind::strokes),     row<LevelFrames>(FeatureKind::levels),
    row<GradientFrames>(FeatureKind::gradients), row<EyeFrames>(FeatureKind::eyes),
};

const Row* find(FeatureKind kind) {
    for (const Row& row : kBlocks) {
        if (row.kind == kind) return &row;
    }
    return nullptr;
}

}  // namespace

Status FeatureBlock::check(const FeatureSection& section) {
    const Row* row = find(section.kind());
    return row == nullptr ? Status::unsupported : row->check(section);
}

uint32_t FeatureBlock::state_bytes(const FeatureSection& section) {
    const Row* row = find(section.kind());
    return row == nullptr ? 0 : row->state_bytes(section);
}

uint32_t FeatureBlock::scratch_bytes(const FeatureSection& section) {
    const Row* row = find(section.kind());
    return row == nullptr ? 0 : row->scratch_bytes(section);
}

void FeatureBlock::start(const FeatureSection& section, std::span<uint8_t> state) {
    *this = FeatureBlock();
    const Row* row = find(section.kind());
    if (row == nullptr) return;
    push_ = row->push;
    block_ = row->start(section, state);
}

}  // namespace ganglion
