#include "compile/box.hpp"
#include "compile/window.hpp"

namespace ganglion::compile {
namespace {

using model::Tensor;

/// A factor as [batch, batch, lines, depth], shape and distances.
struct Factor {
    int64_t batches[2], lines, depth;
    BatchMatmulOp::Side side;
};

Factor factor_of(const Place& place, size_t n, bool lines_last) {
    const Tensor& tensor = place.input(n);
    const size_t rank = tensor.shape.size();
    if (rank < 2 || rank > 4) {
        place.fail("'" + tensor.name + "' has " + std::to_string(rank) +
                   " dimensions; 2 to 4 are supported: merge the batch dimensions");
    }
    const std::vector<int64_t> strides = strides_of(tensor);
    const size_t lines = rank - (lines_last ? 1 : 2);
    const size_t depth = rank - (lines_last ? 2 : 1);
    Factor factor{{1, 1}, tensor.shape[lines], tensor.shape[depth], {}};
    factor.side.offset = static_cast<uint32_t>(place.input_number(n));
    factor.side.zero_point = zero_point(tensor);
    factor.side.line_stride = static_cast<uint32_t>(strides[lines]);
    factor.side.depth_stride = static_cast<uint32_t>(strides[depth]);
    for (size_t i = 0; i + 2 < rank; ++i) {
        const size_t batch = 4 - rank + i;
        factor.batches[batch] = tensor.shape[i];
        // A single one serves all batches.
        factor.side.batch_strides[batch] =
            tensor.shape[i] == 1 ? 0 : static_cast<uint32_t>(strides[i]);
    }
    return factor;
}

/// A factor that is constant is first put into the arena.
void check_factor(const Place& place, size_t n, std::vector<Operation>& operations) {
    const Tensor& tensor = place.input(n);
    if (tensor.is_constant() && tensor.quantization.scales.size() != 1) {
        place.fail("'" + tensor.name +
                   "' has several scales; quantize it per tensor, or use FULLY_CONNECTED");
    }
    (void)(takes_int16(place) ? place.int16_operand(n) : place.int8_operand(n));
    if (!tensor.is_constant()) return;
    LoadConstantsOp load{};
    load.header = {OpKind::load_constants, sizeof load};
    load.count = static_cast<uint32_t>(tensor.data.size());
    load.output = static_cast<uint32_t>(place.input_number(n));
    load.source = place.constants().add(std::span<const uint8_t>(tensor.data));
    operations.emplace_back(load);
}

/// The fields that do not depend on the type of the elements.
template <typename Op>
void set_matrices(const Place& place, Op& op) {
    const auto& options = place.options<model::BatchMatMulOptions>();
    const Factor first = factor_of(place, 0, options.transposes_first);
    const Factor second = factor_of(place, 1, !options.transposes_second);
    int64_t elements = first.lines * second.lines;
    bool fits = first.depth == second.depth;
    for (size_t i = 0; i < 2; ++i) {
        const int64_t most = std::max(first.batches[i], second.batches[i]);
        for (const Factor* factor : {&first, &second})
            fits = fits && (factor->batches[i] == most || factor->batches[i] == 1);
        op.batches[i] = static_cast<uint32_t>(most);
        elements *= most;
    }
    if (!fits || elements != place.output().elements())
        place.fail("its shapes do not fit each other");
    if (first.depth > kMostMatmulDepth) {
        place.fail("sums of more than " + std::to_string(kMostMatmulDepth) +
                   " products; split the matrices");
    }
    op.rows = static_cast<uint32_t>(first.lines);
    op.columns = static_cast<uint32_t>(second.lines);
    op.depth = static_cast<uint32_t>(first.depth);
    op.first = first.side;
    op.second = second.side;
    op.output = static_cast<uint32_t>(place.output_number());
}

/// What sums of products are scaled by.
Multiplier product_factor(const Place& place) {
    const float product_scale =
        place.input(0).quantization.scales[0] * place.input(1).quantization.scales[0];
    return place.multiplier(static_cast<double>(product_scale) /
                            static_cast<double>(place.output().quantization.scales[0]));
}

Operation int8_product(const Place& place) {
    (void)place.int8_output();
    BatchMatmulOp op{};
    op.header = {OpKind::batch_matmul, sizeof op};
    set_matrices(place, op);
    const Multiplier factor = product_factor(place);
    op.multiplier = factor.multiplier;
    op.shift = factor.shift;
    op.range = place.range(model::Activation::none);
    return op;
}

Operation int16_product(const Place& place) {
    (void)place.int16_output();
    Int16BatchMatmulOp op{};
    op.header = {OpKind::int16_batch_matmul, sizeof op};
    set_matrices(place, op);
    const LongMultiplier factor = long_multiplier(place, product_factor(place));
    op.multiplier = factor.multiplier;
    op.shift = factor.shift;
    return op;
}

}  // namespace

std::vector<Operation> lower_batch_matmul(const Place& place) {
    std::vector<Operation> operations;
    for (size_t n : {0, 1}) check_factor(place, n, operations);
    operations.push_back(takes_int16(place) ? int16_product(place) : int8_product(place));
    return operations;
}

}  // namespace ganglion::compile
