#include "train/synthesis/motor.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

constexpr double kTau = 2 * std::numbers::pi;

/// Two-pole resonator with unit gain for white noise of unit variance, up to its band.
class Resonator {
  public:
    Resonator(double frequency_hz, double bandwidth_hz, double rate_hz) {
        const double radius = std::exp(-std::numbers::pi * bandwidth_hz / rate_hz);
        a1_ = 2 * radius * std::cos(kTau * frequency_hz / rate_hz);
        a2_ = -radius * radius;
        // Output variance of an AR(2) process (Box and Jenkins) is scaled to one.
        const double variance = (1 - a2_) / ((1 + a2_) * ((1 - a2_) * (1 - a2_) - a1_ * a1_));
        gain_ = 1 / std::sqrt(variance);
    }
    double step(double input) {
        const double output = input + a1_ * y1_ + a2_ * y2_;
        y2_ = y1_;
        y1_ = output;
        return output * gain_;
    }

  private:
    double a1_ = 0, a2_ = 0, gain_ = 1, y1_ = 0, y2_ = 0;
};

/// Standard normal noise, two values from each draw (Box and Muller): most of a recording's cost is
/// here.
class Noise {
  public:
    explicit Noise(Random random) : random_(random) {}
    double step() {
        if (has_spare_) {
            has_spare_ = false;
            return spare_;
        }
        const double radius = std::sqrt(-2.0 * std::log(1.0 - random_.uniform()));
        const double angle = kTau * random_.uniform();
        spare_ = radius * std::sin(angle);
        has_spare_ = true;
        return radius * std::cos(angle);
    }

  private:
    Random random_;
    double spare_ = 0;
    bool has_spare_ = false;
};

/// First-order low-pass of white noise with unit variance: a slow wander.
class Wander {
  public:
    Wander(double seconds, double rate_hz)
        : keep_(std::exp(-1 / (seconds * rate_hz))), fresh_(std::sqrt(1 - keep_ * keep_)) {}
    double step(Noise& noise) {
        value_ = keep_ * value_ + fresh_ * noise.step();
        return value_;
    }

  private:
    double keep_, fresh_, value_ = 0;
};

struct Machine {
    double shaft_hz, speed_wander, noise_g, load_wander, hum_g, hum_hz;
    std::array<double, 8> harmonic_sin_g{}, harmonic_cos_g{};
    std::vector<Resonator> housing;
    std::vector<double> housing_gain;
    double white_gain;
    double resonance_hz, damping;
};

Machine choose_machine(Random& random, double rate_hz) {
    Machine m{};
    m.shaft_hz = random.uniform(18, 60);
    m.speed_wander = random.uniform(0.0005, 0.004);
    m.noise_g = 0.02 * std::pow(10.0, random.uniform(0, 1));
    m.load_wander = random.uniform(0.01, 0.06);
    m.hum_hz = random.chance(0.5) ? 100 : 120;
    m.hum_g = m.noise_g * random.uniform(0, 0.8);
    for (size_t h = 0; h < m.harmonic_sin_g.size(); ++h) {
        const double g = m.noise_g * random.uniform(0.2, 1.5) / static_cast<double>(h + 1);
        const double phase = random.uniform(0, kTau);
        m.harmonic_sin_g[h] = g * std::cos(phase);
        m.harmonic_cos_g[h] = g * std::sin(phase);
    }
    const size_t modes = 2 + random.below(4);
    double power = 0;
    for (size_t i = 0; i < modes; ++i) {
        m.housing.emplace_back(random.uniform(0.03, 0.45) * rate_hz, random.uniform(100, 900),
                               rate_hz);
        m.housing_gain.push_back(random.uniform(0.2, 1));
        power += m.housing_gain.back() * m.housing_gain.back();
    }
    m.white_gain = random.uniform(0.2, 0.8);
    power += m.white_gain * m.white_gain;
    for (auto& gain : m.housing_gain) gain /= std::sqrt(power);
    m.white_gain /= std::sqrt(power);
    m.resonance_hz = random.uniform(0.15, 0.35) * rate_hz;
    m.damping = random.uniform(0.03, 0.08);
    return m;
}

/// Adds one blow after the other into `signal`, from `first` on.
void add_fault(std::vector<double>& signal, const MotorSettings& settings, const Machine& m,
               size_t first, double fault_hz, Random& random) {
    const double period = settings.rate_hz / fault_hz;
    const auto ring =
        static_cast<size_t>(6 / (kTau * m.damping * m.resonance_hz) * settings.rate_hz) + 1;
    double at = static_cast<double>(first);
    while (at < static_cast<double>(signal.size())) {
        const double seconds = (at - static_cast<double>(first)) / settings.rate_hz;
        double strength =
            settings.growth_per_second * m.noise_g * seconds * random.uniform(0.85, 1.15);
        if (settings.fault == BearingFault::inner_race) {
            strength *= 0.55 + 0.45 * std::cos(kTau * m.shaft_hz * at / settings.rate_hz);
        }
        const auto start = static_cast<size_t>(std::ceil(at));
        for (size_t i = start; i < std::min(start + ring, signal.size()); ++i) {
            const double t = (static_cast<double>(i) - at) / settings.rate_hz;
            signal[i] += strength * std::exp(-kTau * m.damping * m.resonance_hz * t) *
                         std::sin(kTau * m.resonance_hz * t);
        }
        at += period * (1 + 0.01 * random.normal());
    }
}

}  // namespace

MotorRecording simulate_motor(const MotorSettings& settings) {
    if (settings.rate_hz < 2000 || settings.seconds <= 0 || settings.unit_per_lsb <= 0) {
        throw std::runtime_error(
            "a simulated motor needs a rate of at least 2000 Hz, a length and a unit above zero");
    }
    const Random root(settings.seed);
    Random choices = root.fork(1);
    Noise noise(root.fork(2));
    Random blows = root.fork(3);
    Machine m = choose_machine(choices, settings.rate_hz);

    std::vector<double> signal(static_cast<size_t>(settings.seconds * settings.rate_hz));
    Wander speed(0.5, settings.rate_hz);
    Wander load(3.0, settings.rate_hz);
    double turns = 0;
    for (size_t i = 0; i < signal.size(); ++i) {
        const double t = static_cast<double>(i) / settings.rate_hz;
        turns += m.shaft_hz * (1 + m.speed_wander * speed.step(noise)) / settings.rate_hz;
        const double strength = 1 + m.load_wander * load.step(noise);
        double value = m.hum_g * std::sin(kTau * m.hum_hz * t);
        // sin(h·θ + φ) by turning a pointer through θ again and again.
        const double c = std::cos(kTau * turns);
        const double d = std::sin(kTau * turns);
        double re = c;
        double im = d;
        for (size_t h = 0; h < m.harmonic_sin_g.size(); ++h) {
            value += strength * (m.harmonic_sin_g[h] * im + m.harmonic_cos_g[h] * re);
            const double next = re * c - im * d;
            im = re * d + im * c;
            re = next;
        }
        const double white = noise.step();
        double coloured = m.white_gain * white;
        for (size_t k = 0; k < m.housing.size(); ++k) {
            coloured += m.housing_gain[k] * m.housing[k].step(noise.step());
        }
        signal[i] = value + strength * m.noise_g * coloured;
    }

    MotorRecording recording;
    recording.shaft_hz = m.shaft_hz;
    recording.first_faulty = signal.size();
    if (settings.fault != BearingFault::none) {
        constexpr double elements = 9;
        constexpr double diameter_ratio = 0.2032;
        const double sign = settings.fault == BearingFault::outer_race ? -1 : 1;
        recording.fault_hz = elements / 2 * m.shaft_hz * (1 + sign * diameter_ratio);
        recording.resonance_hz = m.resonance_hz;
        recording.first_faulty =
            std::min(signal.size(),
                     static_cast<size_t>(std::max(0.0, settings.fault_after_s) * settings.rate_hz));
        add_fault(signal, settings, m, recording.first_faulty, recording.fault_hz, blows);
    }
    recording.samples.resize(signal.size());
    std::transform(signal.begin(), signal.end(), recording.samples.begin(), [&](double g) {
        return static_cast<int16_t>(
            std::lrint(std::clamp(g / settings.unit_per_lsb, -32768.0, 32767.0)));
    });
    return recording;
}

}  // namespace ganglion::train
