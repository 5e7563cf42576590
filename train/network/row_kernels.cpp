#include "train/network/row_kernels.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define GANGLION_EACH_MACHINE \
    __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define GANGLION_EACH_MACHINE
#endif

namespace ganglion::train {
namespace {

/// The compiler may not reorder a single floating-point sum itself: sums are kept in so many lanes,
/// one vector register or a few.
constexpr int64_t kLanes = 16;
using Vector = float __attribute__((vector_size(sizeof(float) * kLanes)));

constexpr int64_t kTileRows = 4;     // of a matrix product, whose sums stay in registers
constexpr int64_t kTileVectors = 2;  // columns, in vectors
constexpr int64_t kTileColumns = kTileVectors * kLanes;
constexpr int64_t kStretch = 512;  // columns of a row product, so that both sides stay in cache

#define GANGLION_INLINE __attribute__((always_inline)) inline

GANGLION_INLINE void load(Vector& to, const float* from) {
    std::memcpy(&to, from, sizeof to);
}
GANGLION_INLINE void store(float* to, const Vector& from) {
    std::memcpy(to, &from, sizeof from);
}

GANGLION_INLINE float total(const Vector& lanes) {
    float sum = 0;
    for (int64_t l = 0; l < kLanes; ++l) sum += lanes[l];
    return sum;
}

/// `inner` rows of kTileColumns columns from the column at x on, zeros behind the last.
GANGLION_INLINE void pack(const float* x, int64_t inner, int64_t count, int64_t columns,
                          float* packed) {
    for (int64_t i = 0; i < inner; ++i) {
        float* to = packed + i * kTileColumns;
        for (int64_t c = 0; c < columns; ++c) to[c] = x[i * count + c];
        for (int64_t c = columns; c < kTileColumns; ++c) to[c] = 0;
    }
}

/// `Rows` rows of one panel's product.
template <int64_t Rows>
GANGLION_INLINE void weigh_tile(const float* weights, const float* bias, const float* packed,
                                int64_t inner, int64_t count, int64_t columns, float* y) {
    Vector sums[Rows][kTileVectors];
    for (int64_t r = 0; r < Rows; ++r)
        for (auto& sum : sums[r]) sum = Vector{} + (bias != nullptr ? bias[r] : 0.0F);
    for (int64_t i = 0; i < inner; ++i) {
        Vector x[kTileVectors];
        for (int64_t v = 0; v < kTileVectors; ++v)
            load(x[v], packed + i * kTileColumns + v * kLanes);
        for (int64_t r = 0; r < Rows; ++r)
            for (int64_t v = 0; v < kTileVectors; ++v) sums[r][v] += weights[r * inner + i] * x[v];
    }
    for (int64_t r = 0; r < Rows; ++r) {
        if (columns == kTileColumns) {
            for (int64_t v = 0; v < kTileVectors; ++v)
                store(y + r * count + v * kLanes, sums[r][v]);
        } else {
            std::memcpy(y + r * count, &sums[r], static_cast<size_t>(columns) * sizeof(float));
        }
    }
}

/// out[r][i] += the product of row r of a and row i of b over `count` columns of rows `stride`
/// long.
template <int64_t Rows, int64_t Inner>
GANGLION_INLINE void multiply_tile(const float* a, const float* b, int64_t count, int64_t stride,
                                   int64_t inner, float* out) {
    Vector sums[Rows][Inner] = {};
    int64_t j = 0;
    for (; j + kLanes <= count; j += kLanes) {
        Vector left[Rows];
        for (int64_t r = 0; r < Rows; ++r) load(left[r], a + r * stride + j);
        for (int64_t i = 0; i < Inner; ++i) {
            Vector right;
            load(right, b + i * stride + j);
            for (int64_t r = 0; r < Rows; ++r) sums[r][i] += left[r] * right;
        }
    }
    for (int64_t r = 0; r < Rows; ++r) {
        for (int64_t i = 0; i < Inner; ++i) {
            float sum = total(sums[r][i]);
            for (int64_t rest = j; rest < count; ++rest)
                sum += a[r * stride + rest] * b[i * stride + rest];
            out[r * inner + i] += sum;
        }
    }
}

template <int64_t Rows>
GANGLION_INLINE void multiply_stretch(const float* a, const float* b, int64_t inner, int64_t count,
                                      int64_t stride, float* out) {
    int64_t i = 0;
    for (; i + kTileRows <= inner; i += kTileRows)
        multiply_tile<Rows, kTileRows>(a, b + i * stride, count, stride, inner, out + i);
    for (; i < inner; ++i) multiply_tile<Rows, 1>(a, b + i * stride, count, stride, inner, out + i);
}

template <int64_t Taps>
GANGLION_INLINE void slopes_of_taps(const float* slope, const float* x, int64_t count, float* out) {
    Vector sums[Taps] = {};
    int64_t j = 0;
    for (; j + kLanes <= count; j += kLanes) {
        Vector s;
        load(s, slope + j);
        for (int64_t k = 0; k < Taps; ++k) {
            Vector v;
            load(v, x + j + k);
            sums[k] += s * v;
        }
    }
    for (int64_t k = 0; k < Taps; ++k) {
        float sum = total(sums[k]);
        for (int64_t rest = j; rest < count; ++rest) sum += slope[rest] * x[rest + k];
        out[k] = sum;
    }
}

/// Σ (x - middle), or of its squares.
template <bool Squared>
GANGLION_INLINE float total_of_row(const float* x, float middle, int64_t count) {
    Vector sums[4] = {};
    int64_t j = 0;
    for (; j + 4 * kLanes <= count; j += 4 * kLanes) {
        for (int64_t v = 0; v < 4; ++v) {
            Vector value;
            load(value, x + j + v * kLanes);
            value -= middle;
            sums[v] += Squared ? value * value : value;
        }
    }
    float sum = total(sums[0] + sums[1] + sums[2] + sums[3]);
    for (; j < count; ++j) {
        const float value = x[j] - middle;
        sum += Squared ? value * value : value;
    }
    return sum;
}

/// The nearest whole number, halves to even, of a value within ±2^22: what is added moves the point
/// behind the last binary digit.
GANGLION_INLINE float nearest(float x) {
    constexpr float point = 0x1.8p23F;
    return (x + point) - point;
}

}  // namespace

GANGLION_EACH_MACHINE
void weigh_rows(const float* weights, const float* bias, const float* x, int64_t rows,
                int64_t inner, int64_t count, float* y) {
    std::vector<float> packed(static_cast<size_t>(inner * kTileColumns));
    for (int64_t first = 0; first < count; first += kTileColumns) {
        const int64_t columns = std::min(kTileColumns, count - first);
        pack(x + first, inner, count, columns, packed.data());
        int64_t r = 0;
        for (; r + kTileRows <= rows; r += kTileRows)
            weigh_tile<kTileRows>(weights + r * inner, bias != nullptr ? bias + r : nullptr,
                                  packed.data(), inner, count, columns, y + r * count + first);
        for (; r < rows; ++r)
            weigh_tile<1>(weights + r * inner, bias != nullptr ? bias + r : nullptr, packed.data(),
                          inner, count, columns, y + r * count + first);
    }
}

GANGLION_EACH_MACHINE
void multiply_rows(const float* a, const float* b, int64_t rows, int64_t inner, int64_t count,
                   float* out) {
    std::fill(out, out + rows * inner, 0.0F);
    for (int64_t first = 0; first < count; first += kStretch) {
        const int64_t columns = std::min(kStretch, count - first);
        int64_t r = 0;
        for (; r + kTileRows <= rows; r += kTileRows)
            multiply_stretch<kTileRows>(a + r * count + first, b + first, inner, columns, count,
                                        out + r * inner);
        for (; r < rows; ++r)
            multiply_stretch<1>(a + r * count + first, b + first, inner, columns, count,
                                out + r * inner);
    }
}

GANGLION_EACH_MACHINE
void filter_row(const float* x, const float* kernel, int64_t taps, float bias, int64_t count,
                float* y) {
    constexpr int64_t block = 4 * kLanes;
    int64_t j = 0;
    for (; j + block <= count; j += block) {
        Vector sums[4];
        for (auto& sum : sums) sum = Vector{} + bias;
        for (int64_t k = 0; k < taps; ++k) {
            for (int64_t v = 0; v < 4; ++v) {
                Vector value;
                load(value, x + j + k + v * kLanes);
                sums[v] += kernel[k] * value;
            }
        }
        for (int64_t v = 0; v < 4; ++v) store(y + j + v * kLanes, sums[v]);
    }
    for (; j < count; ++j) {
        float sum = bias;
        for (int64_t k = 0; k < taps; ++k) sum += kernel[k] * x[j + k];
        y[j] = sum;
    }
}

GANGLION_EACH_MACHINE
void filter_slopes(const float* slope, const float* x, int64_t taps, int64_t count, float* out) {
    int64_t k = 0;
    for (; k + 8 <= taps; k += 8) slopes_of_taps<8>(slope, x + k, count, out + k);
    for (; k + 4 <= taps; k += 4) slopes_of_taps<4>(slope, x + k, count, out + k);
    for (; k < taps; ++k) slopes_of_taps<1>(slope, x + k, count, out + k);
}

GANGLION_EACH_MACHINE
float sum_of_row(const float* x, int64_t count) {
    return total_of_row<false>(x, 0, count);
}

GANGLION_EACH_MACHINE
float squares_of_row(const float* x, float middle, int64_t count) {
    return total_of_row<true>(x, middle, count);
}

GANGLION_EACH_MACHINE
void scale_row(const float* x, float scale, float offset, float floor, int64_t count, float* y) {
    for (int64_t j = 0; j < count; ++j) {
        const float value = x[j] * scale + offset;
        y[j] = value > floor ? value : floor;
    }
}

GANGLION_EACH_MACHINE
SlopeSums mask_slopes(const float* slope, const float* y, const float* x, float floor,
                      int64_t count, float* masked) {
    Vector plain[2] = {}, weighted[2] = {};
    int64_t j = 0;
    for (; j + 2 * kLanes <= count; j += 2 * kLanes) {
        for (int64_t v = 0; v < 2; ++v) {
            const int64_t at = j + v * kLanes;
            Vector s, value, input;
            load(s, slope + at);
            load(value, y + at);
            load(input, x + at);
            s = value > floor ? s : Vector{};
            store(masked + at, s);
            plain[v] += s;
            weighted[v] += s * input;
        }
    }
    SlopeSums sums{total(plain[0] + plain[1]), total(weighted[0] + weighted[1])};
    for (; j < count; ++j) {
        masked[j] = y[j] > floor ? slope[j] : 0.0F;
        sums.plain += masked[j];
        sums.weighted += masked[j] * x[j];
    }
    return sums;
}

GANGLION_EACH_MACHINE
void tilt_row(const float* x, float scale, float level, float tilt, int64_t count, float* target) {
    for (int64_t j = 0; j < count; ++j) target[j] = scale * (target[j] - level - tilt * x[j]);
}

GANGLION_EACH_MACHINE
void round_row(const float* x, Steps steps, int64_t count, float* y) {
    const float per_scale = 1 / steps.scale;
    const float low = -128 - steps.zero, high = 127 - steps.zero;
    for (int64_t j = 0; j < count; ++j) {
        float place = x[j] * per_scale;
        place = place > low ? place : low;
        place = place < high ? place : high;
        y[j] = nearest(place) * steps.scale;
    }
}

GANGLION_EACH_MACHINE
void pass_slopes(const float* slope, const float* x, Steps steps, int64_t count, float* out) {
    const float per_scale = 1 / steps.scale;
    const float low = -128 - steps.zero, high = 127 - steps.zero;
    for (int64_t j = 0; j < count; ++j) {
        float place = x[j] * per_scale;  // one step beyond tells as much as many
        place = place > low - 1 ? place : low - 1;
        place = place < high + 1 ? place : high + 1;
        place = nearest(place);
        out[j] = place >= low && place <= high ? slope[j] : 0.0F;
    }
}

}  // namespace ganglion::train
