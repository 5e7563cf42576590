#include "device/features/sound_gate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "device/core/crc32.hpp"

namespace ganglion {
namespace {

constexpr SoundGateParameters kUsual{
    .block = 320, .preroll = 3, .ratio_q8 = 512, .least = 40, .hold = 8, .floor = 25};

// Noise of an even distribution, from a generator whose bits are the same everywhere.
class Noise {
  public:
    std::vector<int16_t> blocks(size_t count, int32_t loudness) {
        std::vector<int16_t> samples(count * kUsual.block);
        for (int16_t& sample : samples) {
            state_ = state_ * 1664525U + 1013904223U;
            const int32_t drawn = static_cast<int32_t>(state_ >> 16U) - 32768;
            sample = static_cast<int16_t>(drawn * loudness / 32768);
        }
        return samples;
    }

  private:
    uint32_t state_ = 1;
};

void append(std::vector<int16_t>& to, const std::vector<int16_t>& more) {
    to.insert(to.end(), more.begin(), more.end());
}

struct Heard {
    std::vector<int16_t> samples;
    std::vector<bool> open;  // by block, decided at its end
    uint64_t slept = 0;      // blocks
};

// What passes the gate, in pieces of at most `piece` samples.
Heard hear(const SoundGateParameters& parameters, std::span<const int16_t> samples, size_t piece,
           bool needed = false) {
    std::vector<int16_t> memory(SoundGate::state_bytes(parameters) / 2);
    SoundGate gate;
    gate.start(parameters, memory);
    Heard heard;
    while (!samples.empty()) {
        while (!gate.due().empty()) {
            const auto due = gate.due().first(std::min(piece, gate.due().size()));
            heard.samples.insert(heard.samples.end(), due.begin(), due.end());
            gate.take(due.size());
        }
        const auto part = samples.first(std::min({piece, samples.size(), gate.left()}));
        if (gate.is_open()) heard.samples.insert(heard.samples.end(), part.begin(), part.end());
        gate.push(part);
        samples = samples.subspan(part.size());
        if (gate.left() != 0) continue;
        if (gate.end_block(needed)) ++heard.slept;
        heard.open.push_back(gate.is_open());
    }
    return heard;
}

TEST(SoundGate, SteadyNoiseClosesItHoweverLoudItIs) {
    for (const int32_t loudness : {0, 10, 300, 3000, 32767}) {
        Noise noise;
        const Heard heard = hear(kUsual, noise.blocks(200, loudness), 320);
        // Open until it has a floor, closed from then; three blocks are kept and still to come.
        EXPECT_EQ(heard.samples.size(), kUsual.floor * 320U) << loudness;
        EXPECT_EQ(heard.slept, 200U - kUsual.floor - kUsual.preroll) << loudness;
    }
}

TEST(SoundGate, ASoundIsHeardFromBeforeItsOnsetUntilAfterItsEnd) {
    Noise noise;
    std::vector<int16_t> samples = noise.blocks(60, 300);
    append(samples, noise.blocks(5, 1200));
    append(samples, noise.blocks(60, 300));
    const Heard heard = hear(kUsual, samples, 320);
    const size_t first = 60 - kUsual.preroll;
    const size_t last = 65 + kUsual.hold;
    std::vector<int16_t> wanted(samples.begin(), samples.begin() + kUsual.floor * 320);
    wanted.insert(wanted.end(), samples.begin() + first * 320, samples.begin() + last * 320);
    EXPECT_EQ(heard.samples, wanted);
}

TEST(SoundGate, WhatIsBelowTheLeastLevelIsNoSound) {
    std::vector<int16_t> samples(60 * 320, 0);
    Noise noise;
    append(samples, noise.blocks(5, 30));
    EXPECT_EQ(hear(kUsual, samples, 320).samples.size(), kUsual.floor * 320U);
    SoundGateParameters all = kUsual;
    all.least = 0;
    EXPECT_GT(hear(all, samples, 320).samples.size(), kUsual.floor * 320U);
}

TEST(SoundGate, IsOpenWhileItIsNeeded) {
    Noise noise;
    const auto samples = noise.blocks(100, 300);
    EXPECT_EQ(hear(kUsual, samples, 320, true).samples, samples);
}

// Golden: any other bit is a change of the numeric contract. In pieces of any size the same.
TEST(SoundGate, OpensOnTheGoldenBlocks) {
    Noise noise;
    std::vector<int16_t> samples;
    for (const int32_t loudness : {200, 900, 250, 30, 60, 32767, 500, 100, 480, 100})
        append(samples, noise.blocks(30, loudness));
    const Heard whole = hear(kUsual, samples, 320);
    std::vector<uint8_t> bits;
    for (const bool open : whole.open) bits.push_back(open ? 1 : 0);
    EXPECT_EQ(crc32(bits, 0), 681074275U);
    for (const size_t piece : {1U, 7U, 64U, 319U}) {
        const Heard parts = hear(kUsual, samples, piece);
        EXPECT_EQ(parts.samples, whole.samples) << piece;
        EXPECT_EQ(parts.open, whole.open) << piece;
    }
}

TEST(SoundGate, RefusesParametersThatItCannotHold) {
    const auto parsed = [](SoundGateParameters parameters) {
        std::array<uint8_t, sizeof parameters> bytes{};
        std::memcpy(bytes.data(), &parameters, sizeof parameters);
        SoundGateParameters out;
        return parse_sound_gate(bytes, out);
    };
    EXPECT_EQ(parsed(kUsual), Status::ok);
    for (const uint16_t block : {0, 1, 321, 2050}) {
        SoundGateParameters wrong = kUsual;
        wrong.block = block;
        EXPECT_EQ(parsed(wrong), Status::bad_value) << block;
    }
    SoundGateParameters wrong = kUsual;
    wrong.preroll = 16;
    EXPECT_EQ(parsed(wrong), Status::bad_value);
    wrong = kUsual;
    wrong.ratio_q8 = 255;
    EXPECT_EQ(parsed(wrong), Status::bad_value);
    wrong = kUsual;
    wrong.floor = 0;
    EXPECT_EQ(parsed(wrong), Status::bad_value);
    SoundGateParameters out;
    EXPECT_EQ(parse_sound_gate({}, out), Status::bad_shape);
}

}  // namespace
}  // namespace ganglion
