#pragma once

#include <cstdint>

namespace ganglion::train {

/// Loops over long rows of floats, one a channel, that the layers in fast_layers.hpp are made of.
/// On x86-64 each is compiled for several instruction sets and the machine's best is taken when the
/// program starts. Sums are taken in an order that only the sizes decide: on one machine equal
/// inputs give equal bits. Matrices lie row by row without gaps.

/// y [rows, count] = weights [rows, inner] · x [inner, count] + bias [rows]; without bias: null.
void weigh_rows(const float* weights, const float* bias, const float* x, int64_t rows,
                int64_t inner, int64_t count, float* y);

/// out [rows, inner] = a [rows, count] · b [inner, count] transposed.
void multiply_rows(const float* a, const float* b, int64_t rows, int64_t inner, int64_t count,
                   float* out);

/// y[j] = bias + Σ kernel[k] · x[j + k] for j below `count`; x has count + taps - 1 values.
void filter_row(const float* x, const float* kernel, int64_t taps, float bias, int64_t count,
                float* y);

/// out[k] = Σ slope[j] · x[j + k] over j below `count`; x has count + taps - 1 values.
void filter_slopes(const float* slope, const float* x, int64_t taps, int64_t count, float* out);

float sum_of_row(const float* x, int64_t count);

/// Σ (x - middle)².
float squares_of_row(const float* x, float middle, int64_t count);

/// y = max(floor, x · scale + offset).
void scale_row(const float* x, float scale, float offset, float floor, int64_t count, float* y);

/// Of a normed row y with slopes: `masked`, the slopes where y is above `floor` and 0 elsewhere;
/// their sum and that of their products with x.
struct SlopeSums {
    float plain, weighted;
};
SlopeSums mask_slopes(const float* slope, const float* y, const float* x, float floor,
                      int64_t count, float* masked);

/// target = scale · (target - level - tilt · x).
void tilt_row(const float* x, float scale, float level, float tilt, int64_t count, float* target);

/// The int8 steps of an activation: value = (step - zero) · scale, steps from -128 to 127.
struct Steps {
    float scale, zero;
};

/// x on its nearest step, halves to even.
void round_row(const float* x, Steps steps, int64_t count, float* y);

/// The slopes where x lies within the steps, 0 beyond them.
void pass_slopes(const float* slope, const float* x, Steps steps, int64_t count, float* out);

}  // namespace ganglion::train
