#include "train/corpus/augment.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ganglion::train {

Sound to_sound(std::span<const int16_t> samples) {
    return {samples.begin(), samples.end()};
}

std::vector<int16_t> to_samples(const Sound& sound) {
    std::vector<int16_t> samples(sound.size());
    std::transform(sound.begin(), sound.end(), samples.begin(), [](float s) {
        return static_cast<int16_t>(std::lrintf(std::clamp(s, -32768.0F, 32767.0F)));
    });
    return samples;
}

double level_of(std::span<const float> sound) {
    double sum = 0;
    for (const float s : sound) sum += static_cast<double>(s) * s;
    return sound.empty() ? 0 : std::sqrt(sum / static_cast<double>(sound.size()));
}

Sound change_speed(const Sound& sound, double factor) {
    // Cubic (Catmull-Rom) interpolation: cheap, and its aliasing is far below the recordings' own
    // noise for the few percent that training uses.
    if (sound.size() < 4) return sound;
    Sound out(static_cast<size_t>(static_cast<double>(sound.size() - 3) / factor));
    for (size_t i = 0; i < out.size(); ++i) {
        const double at = static_cast<double>(i) * factor;
        const auto k = static_cast<size_t>(at);
        const auto t = static_cast<float>(at - static_cast<double>(k));
        const float a = sound[k], b = sound[k + 1], c = sound[k + 2], d = sound[k + 3];
        out[i] =
            b + 0.5F * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
    }
    return out;
}

Sound change_tempo(const Sound& sound, double factor) {
    constexpr size_t piece = 480;
    constexpr size_t step = piece / 2;
    constexpr size_t search = 160;
    if (sound.size() < piece + 2 * search + step) return sound;
    const auto length = static_cast<size_t>(static_cast<double>(sound.size()) / factor);
    Sound out(length + piece, 0.0F);
    Sound fade(piece);
    for (size_t i = 0; i < piece; ++i) {
        fade[i] = static_cast<float>(
            0.5 - 0.5 * std::cos(2 * std::numbers::pi * (static_cast<double>(i) + 0.5) / piece));
    }
    size_t follows = 0;  // where the sound would go on after the piece before
    for (size_t at = 0; at < length; at += step) {
        const size_t last = sound.size() - piece;
        const auto centre = std::min(static_cast<size_t>(static_cast<double>(at) * factor), last);
        const size_t low = centre > search ? centre - search : 0;
        const size_t high = std::min(centre + search, last);
        size_t best = std::min(centre, last);
        if (at > 0) {
            double best_fit = -1e30;
            const size_t wanted = std::min(follows, last);
            // Every second lag, every second sample: the fit is smooth at speech's frequencies.
            for (size_t from = low; from <= high; from += 2) {
                double fit = 0;
                for (size_t i = 0; i < step; i += 2) fit += sound[from + i] * sound[wanted + i];
                if (fit > best_fit) {
                    best_fit = fit;
                    best = from;
                }
            }
        }
        for (size_t i = 0; i < piece; ++i) out[at + i] += fade[i] * sound[best + i];
        follows = best + step;
    }
    out.resize(length);
    return out;
}

void colour(Sound& sound, Random& random) {
    const auto tilt = static_cast<float>(random.uniform(-0.5, 0.5));
    // Peaking equaliser of Bristow-Johnson's audio EQ cookbook.
    const double w =
        2 * std::numbers::pi * std::exp(random.uniform(std::log(150.0), std::log(6000.0))) / 16000;
    const double amplitude = std::pow(10.0, random.uniform(-8, 8) / 40);
    const double alpha = std::sin(w) / (2 * random.uniform(0.5, 2));
    const double a0 = 1 + alpha / amplitude;
    const auto b0 = static_cast<float>((1 + alpha * amplitude) / a0);
    const auto b1 = static_cast<float>(-2 * std::cos(w) / a0);
    const auto b2 = static_cast<float>((1 - alpha * amplitude) / a0);
    const auto a2 = static_cast<float>((1 - alpha / amplitude) / a0);
    float previous = 0, x1 = 0, x2 = 0, y1 = 0, y2 = 0;
    for (auto& s : sound) {
        const float x = s + tilt * previous;
        previous = s;
        const float y = b0 * x + b1 * x1 + b2 * x2 - b1 * y1 - a2 * y2;
        x2 = x1;
        x1 = x;
        y2 = y1;
        y1 = y;
        s = y;
    }
}

Sound add_room(const Sound& sound, Random& random) {
    const double decay = random.uniform(0.015, 0.09);
    const double strength = random.uniform(0.1, 0.5);
    Sound out = sound;
    for (int echo = 0; echo < 24; ++echo) {
        const double delay = 0.002 - decay * std::log(1.0 - 0.97 * random.uniform());
        const auto offset = static_cast<size_t>(delay * 16000);
        const auto gain =
            static_cast<float>(strength * std::exp(-delay / (2 * decay)) *
                               (random.chance(0.5) ? 1 : -1) * random.uniform(0.3, 1));
        for (size_t i = offset; i < out.size(); ++i) out[i] += gain * sound[i - offset];
    }
    return out;
}

void degrade(Sound& sound, Random& random) {
    if (random.chance(0.5)) {
        float loudest = 1;
        for (const float s : sound) loudest = std::max(loudest, std::fabs(s));
        const auto top = static_cast<float>(loudest * random.uniform(0.15, 0.8));
        for (auto& s : sound) s = std::clamp(s, -top, top);
        return;
    }
    constexpr float mu = 255;
    for (auto& s : sound) {
        const float x = std::min(std::fabs(s) / 32768.0F, 1.0F);
        const float code = std::round(std::log1p(mu * x) / std::log1p(mu) * 127) / 127;
        s = std::copysign(32768.0F * std::expm1(code * std::log1p(mu)) / mu, s);
    }
}

Sound babble(const std::vector<Sound>& speech, size_t talkers, size_t length, Random& random) {
    Sound all(length, 0.0F);
    for (size_t talker = 0; talker < talkers && !speech.empty(); ++talker) {
        mix(all, speech[random.below(speech.size())], 1000, 0, random);
    }
    return all;
}

void mix(Sound& sound, std::span<const float> background, double sound_level, double snr_db,
         Random& random) {
    const double level = level_of(background);
    if (background.empty() || level < 1) return;
    const auto gain = static_cast<float>(sound_level / level * std::pow(10.0, -snr_db / 20));
    size_t at = random.below(background.size());
    for (auto& s : sound) {
        s += gain * background[at];
        if (++at == background.size()) at = 0;
    }
}

}  // namespace ganglion::train
