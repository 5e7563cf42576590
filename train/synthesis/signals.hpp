#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "train/synthesis/random.hpp"

namespace ganglion::train {

/// A random doorbell, 16 kHz: two or more struck bars (partials of a free bar, 1 : 2.756 : 5.404,
/// Fletcher and Rossing, "The Physics of Musical Instruments", ch. 2), a short electronic melody of
/// decaying notes, or an electric bell or buzzer (a hammer at 15 to 60 blows a second on a bell
/// with inharmonic partials).
std::vector<int16_t> simulate_doorbell(Random& random);

/// A random alarm of a smoke or gas detector, 16 kHz: a piezoelectric horn at 2.8 to 3.6 kHz with
/// its harmonics or a low-frequency square wave of 520 Hz, in the temporal pattern three (three
/// beeps of 0.5 s, then 1.5 s pause) or four (four of 0.1 s, then 5 s) of ISO 8201 and ANSI S3.41,
/// in plain beeps, or sweeping.
std::vector<int16_t> simulate_alarm(Random& random);

/// The sound that stands for `label`: "doorbell" or "smoke_alarm". Throws std::runtime_error for a
/// label that none is known for.
std::vector<int16_t> synthesize_signal(std::string_view label, Random random);

}  // namespace ganglion::train
