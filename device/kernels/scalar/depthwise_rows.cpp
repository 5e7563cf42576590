#include "device/kernels/scalar/depthwise_rows.hpp"

#include "device/kernels/packed.hpp"
#include "device/kernels/scalar/scale.hpp"
#include "device/kernels/scalar/sums.hpp"

namespace ganglion::scalar {
namespace {

/// What a record begins with.
struct Head {
    int32_t twice_bias, multiplier;
    uint32_t shift_less_1;
};

class Rows {
  public:
    explicit Rows(const DepthwiseRows& work)
        : work_(work),
          head_(*reinterpret_cast<const Head*>(work.record)),
          weights_(reinterpret_cast<const int8_t*>(work.record + sizeof(Head))),
          bias_(head_.twice_bias >> 1),
          scale_(head_.multiplier, head_.shift_less_1, work.twice_zero_point_plus_1) {}

    void any() const {
        const uint32_t* words = work_.words;
        int8_t* output = work_.output;
        for (int32_t x = work_.width; x > 0; --x) {
            PairSums sums;
            const uint32_t* taps = words;
            const int8_t* weights = weights_;
            uint32_t held = 0;
            for (int32_t ky = work_.kernel_height; ky > 0; --ky) {
                for (uint32_t kx = 0; kx < static_cast<uint32_t>(work_.kernel_width); ++kx) {
                    sums.add(weights[work_.is_3x3 ? kx + kx / 2 : packed_tap(kx)], taps[kx]);
                    if (++held == kPairSumsHold) {
                        sums.part();
                        held = 0;
                    }
                }
                taps += work_.columns;
                weights += round_up_to_4(static_cast<uint32_t>(work_.kernel_width));
            }
            sums.part();
            put(output, sums);
            words += work_.stride;
            output += work_.channels;
        }
    }

    /// Where the products of a kernel row fit into a pixel's bits together.
    template <int32_t stride>
    void three_by_three() const {
        const int32_t w[9] = {weights_[0], weights_[1], weights_[3], weights_[4], weights_[5],
                              weights_[7], weights_[8], weights_[9], weights_[11]};
        const uint32_t* top = work_.words;
        int8_t* output = work_.output;
        int32_t x = work_.width;
        for (; x > 1; x -= 2) {
            PairSums sums;
            PairSums next;
            const uint32_t* taps = top;
#pragma GCC unroll 3
            for (int32_t ky = 0; ky < 3; ++ky, taps += work_.columns) {
#pragma GCC unroll 3
                for (int32_t kx = 0; kx < 3; ++kx) {
                    sums.add(w[3 * ky + kx], taps[kx]);
                    next.add(w[3 * ky + kx], taps[stride + kx]);
                }
                if (ky == 2 || kPairSumsHold < 9) {
                    sums.part();
                    next.part();
                }
            }
            put(output, sums);
            put(output + work_.channels, next);
            top += 2 * stride;
            output += 2 * work_.channels;
        }
        if (x == 0) return;
        PairSums sums;
        for (int32_t ky = 0; ky < 3; ++ky, top += work_.columns) {
            for (int32_t kx = 0; kx < 3; ++kx) sums.add(w[3 * ky + kx], top[kx]);
            sums.part();
        }
        put(output, sums);
    }

    bool rows_fit() const {
#if defined(__ARM_ARCH_7M__)
        return true;
#else
        const int8_t* row = weights_;
        for (int32_t ky = 0; ky < 3; ++ky, row += 4) {
            int32_t most = 0;
            for (int32_t weight : {row[0], row[1], row[3]}) most += weight < 0 ? -weight : weight;
            if (most > 255) return false;
        }
        return true;
#endif
    }

  private:
    /// The second row first: where there is none it shares the first one's place.
    void put(int8_t* output, const PairSums& sums) const {
        output[work_.second] = scale_.output(sums.high() + bias_);
        *output = scale_.output(sums.low() + bias_);
    }

    const DepthwiseRows& work_;
    const Head& head_;
    const int8_t* weights_;
    int32_t bias_;
    Scale scale_;
};

}  // namespace

void depthwise_rows(const DepthwiseRows& work) {
    const Rows rows(work);
    if (!work.is_3x3 || !rows.rows_fit()) {
        rows.any();
    } else if (work.stride == 1) {
        rows.three_by_three<1>();
    } else {
        rows.three_by_three<2>();
    }
}

}  // namespace ganglion::scalar
