#pragma once

#include <cstdint>

#include "train/synthesis/random.hpp"

namespace ganglion::train {

/// One recording's log energies by band as another microphone, loudness and speaker would give
/// them: an offset that tilts over the bands, and bands stretched and moved as by another vocal
/// tract (Jaitly and Hinton, "Vocal tract length perturbation", 2013).
class SpectrumChange {
  public:
    SpectrumChange(int32_t bands, Random& random);

    /// What band `band` of an int8 frame becomes, within int8's range. `bands` at least 2.
    float at(const int8_t* frame, int32_t band) const;

  private:
    int32_t bands_;
    double shift_;
    double tilt_;
    double stretch_;
};

/// Sets some bands and some moments of [bands, frames] to 0 (Park et al., "SpecAugment", 2019).
void mask_spectrum(float* values, int32_t bands, int32_t frames, Random& random);

}  // namespace ganglion::train
