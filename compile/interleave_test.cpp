#include <gtest/gtest.h>

#include "compile/testing/differential.hpp"
#include "compile/testing/random_graph.hpp"
#include "compile/testing/reference.hpp"

// Convolutions in the sizes that the vector kernels for x86-64 tell apart, more than the random
// graphs have: each set of kernels against the plain interpreter, bit for bit.

namespace ganglion::compile {
namespace {

struct Size {
    int height, width, in, kernel, stride, out;
};

void PrintTo(const Size& size, std::ostream* out) {
    *out << size.height << 'x' << size.width << 'x' << size.in << " kernel " << size.kernel
         << " stride " << size.stride << " out " << size.out;
}

class Interleaved : public testing::TestWithParam<Size> {};

TEST_P(Interleaved, EqualsThePlainInterpreter) {
    const Size& size = GetParam();
    for (const model::Padding padding : {model::Padding::same, model::Padding::valid}) {
        if (padding == model::Padding::valid && std::min(size.height, size.width) < size.kernel)
            continue;
        for (uint32_t seed = 1; seed <= 6; ++seed) {
            RandomGraph random(seed);
            const auto along = [&](int in) {
                return padding == model::Padding::same ? (in + size.stride - 1) / size.stride
                                                       : (in - size.kernel) / size.stride + 1;
            };
            const int32_t image = random.begin({1, size.height, size.width, size.in});
            const int32_t out = random.tensor({1, along(size.height), along(size.width), size.out},
                                              random.real(0.05F, 0.5F), seed % 2 == 0 ? -128 : 10);
            const int32_t w =
                random.weights({size.out, size.kernel, size.kernel, size.in}, 0, true);
            random.apply(
                model::OperatorCode::conv_2d, {image, w, random.bias(size.out)}, {out},
                model::Conv2dOptions{padding, size.stride, size.stride, 1, 1, random.activation()});
            const model::Graph graph = random.finish(out);
            const std::vector<int8_t> input = random.values(reference::input_bytes(graph));
            const reference::Interpreter expected(graph, input);
            EXPECT_EQ(difference(graph, "x86-64", input, expected.output()), "") << seed;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, Interleaved,
    testing::Values(Size{8, 8, 16, 3, 1, 16},    // tiles of two rows and columns
                    Size{7, 9, 18, 3, 1, 20},    // that do not divide; 16 channels and two more
                    Size{9, 7, 40, 3, 1, 33},    // two and a half times 16
                    Size{2, 2, 16, 3, 1, 3},     // one tile
                    Size{4, 21, 62, 3, 1, 8},    // the most channels, a last block of pixels
                    Size{5, 5, 17, 3, 1, 16},    // channels that make no pairs
                    Size{3, 3, 128, 3, 1, 20},   // weights too many to be widened
                    Size{9, 9, 16, 3, 2, 24},    // a stride
                    Size{12, 11, 3, 3, 2, 8},    // few channels in, and half a block out
                    Size{2, 40, 480, 1, 1, 12},  // a row too large to be widened
                    Size{1, 3, 24, 1, 1, 40}));  // few pixels

}  // namespace
}  // namespace ganglion::compile
