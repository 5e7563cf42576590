#include "train/corpus/augment_motion.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace ganglion::train {
namespace {

using Turn = std::array<std::array<double, 3>, 3>;

/// Around a random axis (Rodrigues' formula).
Turn random_turn(double most, Random& random) {
    std::array<double, 3> axis{random.normal(), random.normal(), random.normal()};
    const double norm = std::sqrt(axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2]);
    for (double& a : axis) a /= std::max(norm, 1e-9);
    const double angle = random.uniform(-most, most);
    const double c = std::cos(angle), s = std::sin(angle);
    Turn turn{};
    for (size_t i = 0; i < 3; ++i) {
        for (size_t j = 0; j < 3; ++j) turn[i][j] = (1 - c) * axis[i] * axis[j] + (i == j ? c : 0);
    }
    turn[0][1] -= s * axis[2];
    turn[0][2] += s * axis[1];
    turn[1][0] += s * axis[2];
    turn[1][2] -= s * axis[0];
    turn[2][0] -= s * axis[1];
    turn[2][1] += s * axis[0];
    return turn;
}

double deviation_of(const std::vector<int16_t>& samples) {
    double sum = 0, square = 0;
    for (const int16_t s : samples) {
        sum += s;
        square += static_cast<double>(s) * s;
    }
    const auto count = static_cast<double>(samples.size());
    return std::sqrt(std::max(0.0, square / count - sum / count * (sum / count)));
}

}  // namespace

std::vector<int16_t> change_motion(const std::vector<int16_t>& samples, uint32_t channels,
                                   const MotionChange& change, Random& random) {
    const size_t length = channels == 0 ? 0 : samples.size() / channels;
    if (length < 2) return samples;
    std::vector<Turn> turns;
    for (uint32_t c = 0; c + 3 <= channels; c += 3)
        turns.push_back(random_turn(change.most_turn, random));
    const double speed = 1 + random.uniform(-change.most_speed, change.most_speed);
    const double gain = 1 + random.uniform(-change.most_gain, change.most_gain);
    const double noise = change.noise * deviation_of(samples);
    const auto out_length = static_cast<size_t>(static_cast<double>(length - 1) / speed);
    std::vector<int16_t> out(out_length * channels);
    std::vector<double> values(channels);
    for (size_t i = 0; i < out_length; ++i) {
        const double at = static_cast<double>(i) * speed;
        const auto k = static_cast<size_t>(at);
        const double t = at - static_cast<double>(k);
        for (uint32_t c = 0; c < channels; ++c) {
            values[c] = (1 - t) * samples[k * channels + c] +
                        t * samples[std::min(k + 1, length - 1) * channels + c];
        }
        for (size_t group = 0; group < turns.size(); ++group) {
            const std::array<double, 3> v{values[3 * group], values[3 * group + 1],
                                          values[3 * group + 2]};
            for (size_t a = 0; a < 3; ++a) {
                values[3 * group + a] = turns[group][a][0] * v[0] + turns[group][a][1] * v[1] +
                                        turns[group][a][2] * v[2];
            }
        }
        const bool lost = i > 0 && random.chance(change.lost);
        for (uint32_t c = 0; c < channels; ++c) {
            const double value = gain * values[c] + noise * random.normal();
            out[i * channels + c] =
                lost ? out[(i - 1) * channels + c]
                     : static_cast<int16_t>(std::lrint(std::clamp(value, -32768.0, 32767.0)));
        }
    }
    return out;
}

}  // namespace ganglion::train
