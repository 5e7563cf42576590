#include "train/synthesis/signals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace ganglion::train {
namespace {

constexpr double kRate = 16000;
constexpr double kHighest = 7600;  // Hz: what is above would fold back

using Wave = std::vector<double>;

struct Partial {
    double hz = 0;
    double height = 0;
    double decay_s = 0;  ///< to 1/e; 0: held
};

/// Adds a partial that begins at `at` and lasts `length` (seconds), with soft ends.
void add(Wave& wave, double at, double length, const Partial& partial, double phase) {
    if (partial.hz >= kHighest) return;
    constexpr double ramp = 0.003;
    const auto first = static_cast<size_t>(at * kRate);
    const auto count = static_cast<size_t>(length * kRate);
    if (wave.size() < first + count) wave.resize(first + count, 0.0);
    const double turn = 2 * std::numbers::pi * partial.hz / kRate;
    for (size_t i = 0; i < count; ++i) {
        const double t = static_cast<double>(i) / kRate;
        const double edge = std::min({1.0, t / ramp, (length - t) / ramp});
        const double fall = partial.decay_s > 0 ? std::exp(-t / partial.decay_s) : 1;
        wave[first + i] +=
            partial.height * edge * fall * std::sin(turn * static_cast<double>(i) + phase);
    }
}

std::vector<int16_t> to_full_scale(const Wave& wave) {
    double peak = 1e-9;
    for (const double v : wave) peak = std::max(peak, std::fabs(v));
    std::vector<int16_t> samples(wave.size());
    std::transform(wave.begin(), wave.end(), samples.begin(),
                   [peak](double v) { return static_cast<int16_t>(std::lrint(20000 * v / peak)); });
    return samples;
}

double log_between(Random& random, double low, double high) {
    return std::exp(random.uniform(std::log(low), std::log(high)));
}

void strike_bar(Wave& wave, double at, double hz, Random& random) {
    const double decay = log_between(random, 0.2, 1.2);
    const double length = std::min(3 * decay, 2.0);
    constexpr std::array ratios{1.0, 2.756, 5.404};
    double height = 1;
    for (const double ratio : ratios) {
        const double off = 1 + 0.02 * random.normal();
        add(wave, at, length, {hz * (ratio == 1.0 ? 1.0 : ratio * off), height, decay / ratio},
            random.uniform(0, 6.28));
        height *= random.uniform(0.1, 0.6);
    }
}

/// One note of a melody chip or a recorded chime: harmonics that decay.
void play_note(Wave& wave, double at, double hz, double length, double decay, double dullness) {
    for (int harmonic = 1; harmonic <= 6; ++harmonic) {
        add(wave, at, length,
            {hz * harmonic, std::pow(harmonic, -dullness), decay / std::sqrt(harmonic)}, 0);
    }
}

void play_bars(Wave& wave, Random& random) {
    const double high = log_between(random, 500, 1400);
    // The usual ding-dong is a major third down; others are near it.
    const double interval = std::exp2(-random.uniform(2.5, 6.5) / 12);
    const double gap = random.uniform(0.3, 0.9);
    const uint64_t times = 1 + random.below(2);
    for (uint64_t n = 0; n < times; ++n) {
        const double at = static_cast<double>(n) * (2 * gap + random.uniform(0.2, 0.8));
        strike_bar(wave, at, high, random);
        strike_bar(wave, at + gap, high * interval, random);
    }
}

void play_melody(Wave& wave, Random& random) {
    constexpr std::array steps{0, 2, 4, 5, 7, 9, 12, -3, -5};
    const double base = log_between(random, 450, 1600);
    const double note = random.uniform(0.12, 0.5);
    const double decay = random.uniform(0.1, 0.8);
    const double dullness = random.uniform(0.8, 3);
    const uint64_t notes = 2 + random.below(7);
    for (uint64_t n = 0; n < notes; ++n) {
        const double hz = base * std::exp2(steps[random.below(steps.size())] / 12.0);
        const double held = n + 1 == notes ? 3 * decay : std::min(1.6 * note, 3 * decay);
        play_note(wave, static_cast<double>(n) * note, hz, held, decay, dullness);
    }
}

void ring_bell(Wave& wave, Random& random) {
    const double blows = log_between(random, 15, 60);
    const double length = random.uniform(0.6, 2.0);
    const double decay = log_between(random, 0.01, 0.3);
    std::vector<Partial> partials;
    partials.reserve(5);
    const double base = log_between(random, 700, 2500);
    for (int p = 0; p < 5; ++p) {
        partials.push_back({base * (p == 0 ? 1 : random.uniform(1.2, 4.5)), random.uniform(0.2, 1),
                            decay * random.uniform(0.5, 1.5)});
    }
    double at = 0;
    while (at < length) {
        for (const Partial& partial : partials)
            add(wave, std::max(at, 0.0), std::min(3 * partial.decay_s, 0.5), partial,
                random.uniform(0, 6.28));
        at += (1 + 0.03 * random.normal()) / blows;
    }
}

/// One beep; its tone rises by `sweep` (a ratio) over the beep.
void beep(Wave& wave, double at, double length, double hz, double sweep, bool square,
          double second) {
    const int pieces = sweep == 1.0 ? 1 : 24;
    for (int piece = 0; piece < pieces; ++piece) {
        const double share = static_cast<double>(piece) / pieces;
        const double tone = hz * std::pow(sweep, share);
        const double begin = at + length * share;
        for (int harmonic = 1; harmonic <= 9; ++harmonic) {
            if (square && harmonic % 2 == 0) continue;
            const double height = square ? 1.0 / harmonic : std::pow(second, harmonic - 1);
            add(wave, begin, length / pieces, {tone * harmonic, height, 0}, 0);
        }
    }
}

}  // namespace

std::vector<int16_t> simulate_doorbell(Random& random) {
    Wave wave;
    const double kind = random.uniform();
    if (kind < 0.45) {
        play_bars(wave, random);
    } else if (kind < 0.8) {
        play_melody(wave, random);
    } else {
        ring_bell(wave, random);
    }
    return to_full_scale(wave);
}

std::vector<int16_t> simulate_alarm(Random& random) {
    Wave wave;
    const bool low = random.chance(0.12);
    const double hz = low ? random.uniform(500, 540) : random.uniform(2800, 3600);
    const double second = random.uniform(0.02, 0.4);
    const double sweep = random.chance(0.15) ? random.uniform(1.05, 1.3) : 1.0;
    const double kind = random.uniform();
    double on = 0.5, off = 0.5, pause = 1.5;
    int beeps = 3;
    if (kind > 0.5 && kind < 0.65) {
        on = off = 0.1;
        pause = 2;
        beeps = 4;
    } else if (kind >= 0.65) {
        on = random.uniform(0.08, 1.0);
        off = on * random.uniform(0.3, 1.2);
        pause = off;
        beeps = static_cast<int>(3 + random.below(6));
    }
    double at = random.uniform(0, 0.3);
    for (int n = 0; n < beeps; ++n) {
        beep(wave, at, on, hz, sweep, low, second);
        at += on + off;
    }
    beep(wave, at + pause - off, on, hz, sweep, low, second);
    return to_full_scale(wave);
}

std::vector<int16_t> synthesize_signal(std::string_view label, Random random) {
    if (label == "doorbell") return simulate_doorbell(random);
    if (label == "smoke_alarm") return simulate_alarm(random);
    throw std::runtime_error(
        fmt::format("training.synthetic: no sound is known for '{}'; write \"doorbell\" or "
                    "\"smoke_alarm\"",
                    label));
}

}  // namespace ganglion::train
