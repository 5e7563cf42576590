#pragma once

#include <cstddef>
#include <cstdint>

/// Where everything lies in the board's memory-backed flash (docs/firmware.md). The emulator's host
/// library writes the same offsets into the image file.
namespace ganglion::firmware {

inline constexpr uint32_t kImageAddress =
    0x21000000;  ///< the board's PSRAM, backed by the image file
inline constexpr uint32_t kImageBytes = 16U << 20;

inline constexpr uint32_t kEraseBlock = 4096;
inline constexpr uint32_t kFlashBytes =
    4U << 20;  ///< the part of the image that is flash; offsets below

inline constexpr uint32_t kProvisioningOffset = 0;
inline constexpr uint32_t kProvisioningBytes = 16 << 10;
inline constexpr uint32_t kBootCounterOffset = 0x8000;
inline constexpr uint32_t kBootCounterBlocks = 2;
inline constexpr uint32_t kOutboxOffset = 0x10000;
inline constexpr uint32_t kOutboxBlocks = 64;
inline constexpr uint32_t kLearnedOffset = 0x50000;  ///< what the learners know, in two halves
inline constexpr uint32_t kLearnedHalfBytes = 0x10000;
/// What it has shared of it and begun with, in two halves: kept when what was learned is forgotten.
inline constexpr uint32_t kSharingOffset = 0x70000;
inline constexpr uint32_t kSharingHalfBytes = kEraseBlock;
inline constexpr uint32_t kBundleSlotOffset[2] = {0x100000, 0x280000};
inline constexpr uint32_t kBundleSlotBytes = 0x180000;

static_assert(kProvisioningOffset + kProvisioningBytes <= kBootCounterOffset);
static_assert(kBootCounterOffset + kBootCounterBlocks * kEraseBlock <= kOutboxOffset);
static_assert(kOutboxOffset + kOutboxBlocks * kEraseBlock <= kLearnedOffset);
static_assert(kLearnedOffset + 2 * kLearnedHalfBytes <= kSharingOffset);
static_assert(kSharingOffset + 2 * kSharingHalfBytes <= kBundleSlotOffset[0]);
static_assert(kBundleSlotOffset[0] + kBundleSlotBytes <= kBundleSlotOffset[1]);
static_assert(kBundleSlotOffset[1] + kBundleSlotBytes <= kFlashBytes);

/// The sensor's side of the board: a ring that the host fills as a converter's DMA would. Not
/// flash.
inline constexpr uint32_t kSamplePortOffset = 12U << 20;
inline constexpr uint32_t kSampleRingOffset = kSamplePortOffset + 4096;
inline constexpr uint32_t kSampleRingValues = 1U << 18;  ///< int16; a power of two
static_assert(kSampleRingOffset + kSampleRingValues * sizeof(int16_t) <= kImageBytes);

inline constexpr uint32_t kSamplePortMagic = 0x54504d53;  // "SMPT"

/// What the agent does now (SamplePort::state).
enum class AgentState : uint32_t { starting, deciding, not_deciding };

/// Control page of the sample ring. Indices count int16 values and wrap at 2^32. The host writes
/// the first group, the device the second; a field has one writer, and `written` is set after the
/// values it covers.
struct SamplePort {
    uint32_t magic;
    uint32_t written;  ///< values put into the ring
    uint32_t ended;    ///< 1: no more will come
    uint32_t pace;     ///< 1: device time may run faster than the host's (see docs/firmware.md)
    uint32_t speed;    ///< a slow sensor's seconds in one of the device's; 0: one
    uint32_t reserved[11];

    uint32_t taken;          ///< values taken out of the ring
    uint32_t state;          ///< AgentState
    uint32_t boot;           ///< boot id, 0 until known
    uint32_t connected;      ///< 1: an MQTT session is up
    uint32_t waits;          ///< sampling ticks that found no whole block
    uint32_t overruns;       ///< samples lost because earlier blocks were not worked off in time
    uint32_t inferences;     ///< since boot
    uint32_t outbox;         ///< events waiting
    uint32_t last_sequence;  ///< of the newest event committed in this boot
    uint32_t handshakes;     ///< TLS handshakes begun
    uint32_t in_handshake;   ///< 1: one is under way
    uint32_t instructions;   ///< of the last inference with its features
    uint32_t finished;       ///< 1: ended, and every value has been worked off
    uint32_t events_lost;    ///< decided while the outbox was full
    uint32_t device_ms;      ///< device clock
    uint32_t stack_free;     ///< bytes of the main stack never touched
    uint32_t tls_heap_peak;  ///< bytes
    uint32_t work_low;       ///< instructions of all inferences with their features, lower half
    uint32_t work_high;      ///< and upper half
};
static_assert(sizeof(SamplePort) <= 4096);

/// What a decision moves by itself: the line that stops the machine, a relay, a light.
enum class Line : uint16_t { stop, relay, light };

/// One record on UART2 per edge of a line, little-endian.
struct LineEdgeRecord {
    static constexpr uint32_t kMagic = 0x45474445;  // "EDGE"
    uint32_t magic;
    uint16_t level;
    uint16_t line;          ///< Line
    uint64_t tick;          ///< 40 ns since boot
    uint64_t sample;        ///< index of the last sample that the decision has seen
    uint32_t instructions;  ///< from that sample's arrival to this edge
    uint32_t in_handshake;  ///< 1: the network stack was in a TLS handshake
};
static_assert(sizeof(LineEdgeRecord) == 32);

/// The emulator runs with `-icount shift=5`: an instruction takes 2^5 ns of device time.
inline constexpr uint32_t kInstructionShift = 5;
inline constexpr uint32_t kTickNanoseconds = 40;  ///< of the board's 25 MHz timers

/// Instructions in `ticks` of the board's timers; exact to one tick (1.25 instructions).
constexpr uint64_t instructions_in(uint64_t ticks) {
    return ticks * kTickNanoseconds >> kInstructionShift;
}

}  // namespace ganglion::firmware
