#include "compile/bands.hpp"

#include <algorithm>
#include <type_traits>
#include <variant>

namespace ganglion::compile {
namespace {

/// The fields of a window that concern its rows.
struct RowFields {
    uint16_t Window2d::*in;
    uint16_t Window2d::*out;
    uint16_t Window2d::*kernel;
    uint16_t Window2d::*stride;
    uint16_t Window2d::*dilation;
    uint16_t Window2d::*pad;
};

constexpr RowFields kAlongY{&Window2d::in_height, &Window2d::out_height, &Window2d::kernel_height,
                            &Window2d::stride_y,  &Window2d::dilation_y, &Window2d::pad_top};
constexpr RowFields kAlongX{&Window2d::in_width, &Window2d::out_width,  &Window2d::kernel_width,
                            &Window2d::stride_x, &Window2d::dilation_x, &Window2d::pad_left};

bool is_laid_down(const Window2d& window) {
    return window.in_height == 1 && window.out_height == 1 && window.kernel_height == 1;
}

const RowFields& row_fields(const Window2d& window) {
    return is_laid_down(window) ? kAlongX : kAlongY;
}

RowSlide slide_of(const Window2d& window, uint32_t each) {
    const RowFields& rows = row_fields(window);
    const bool down = is_laid_down(window);
    const uint32_t in_pixels = down ? 1 : window.in_width;
    const uint32_t out_pixels = down ? 1 : window.out_width;
    return {window.*rows.in,
            window.*rows.out,
            in_pixels * window.in_channels * each,
            out_pixels * window.out_channels * each,
            window.*rows.kernel,
            window.*rows.stride,
            window.*rows.dilation,
            window.*rows.pad};
}

/// Bytes of what an operation reads and writes.
template <typename Op>
constexpr uint32_t element_bytes_of() {
    if constexpr (requires { Op::element_bytes; })
        return Op::element_bytes;
    else
        return 1;
}

}  // namespace

std::optional<RowSlide> row_slide(const Step& step) {
    const std::vector<uint32_t>& shape = step.layer.output_shape;
    return std::visit(
        [&](const auto& op) -> std::optional<RowSlide> {
            using Op = std::decay_t<decltype(op)>;
            constexpr uint32_t kBytes = element_bytes_of<Op>();
            // The window of a transposed convolution slides over the output.
            constexpr bool kTransposed =
                std::is_same_v<Op, TransposeConv2dOp> || std::is_same_v<Op, Int16TransposeConv2dOp>;
            if constexpr (!kTransposed && requires { op.window; }) {
                return slide_of(op.window, kBytes);
            } else if constexpr (requires {
                                     op.runs_in_place;
                                     op.count;
                                 }) {
                if (shape.size() != 4 || shape[1] == 0 || op.count % shape[1] != 0)
                    return std::nullopt;
                const auto rows = static_cast<int32_t>(shape[1]);
                const uint32_t row_bytes = op.count / shape[1] * kBytes;
                return RowSlide{rows, rows, row_bytes, row_bytes};
            } else {
                return std::nullopt;
            }
        },
        step.operation);
}

Rows needed_rows(const RowSlide& slide, const Rows& out) {
    return {out.first * slide.stride - slide.pad,
            (out.end - 1) * slide.stride - slide.pad + (slide.kernel - 1) * slide.dilation + 1};
}

bool sees_image(const RowSlide& slide, const Rows& out) {
    return needed_rows(slide, {out.first, out.first + 1}).end > 0 &&
           needed_rows(slide, {out.end - 1, out.end}).first < slide.in;
}

Operation band_of(const Operation& whole, const RowSlide& slide, const Rows& out) {
    const Rows needed = needed_rows(slide, out);
    const int32_t rows = std::min(needed.end, slide.in) - std::max(needed.first, 0);
    Operation operation = whole;
    std::visit(
        [&](auto& op) {
            if constexpr (requires { op.window; }) {
                const RowFields& fields = row_fields(op.window);
                op.window.*fields.in = static_cast<uint16_t>(rows);
                op.window.*fields.out = static_cast<uint16_t>(out.count());
                op.window.*fields.pad = static_cast<uint16_t>(std::max(-needed.first, 0));
                if constexpr (requires { op.band; })
                    op.band = std::min(op.band, op.window.out_height);
            } else if constexpr (requires { op.count; }) {
                op.count = static_cast<uint32_t>(out.count()) * slide.out_bytes /
                           element_bytes_of<std::decay_t<decltype(op)>>();
            }
        },
        operation);
    return operation;
}

bool has_scratch_band(const Operation& operation) {
    return std::visit(
        [](const auto& op) {
            return requires {
                op.band;
            };
        },
        operation);
}

void choose_scratch_band(Operation& operation, uint32_t bytes) {
    std::visit(
        [&](auto& op) {
            if constexpr (requires { op.band; }) {
                op.band = 1;
                while (op.band < op.window.out_height) {
                    auto wider = op;
                    ++wider.band;
                    if (wider.scratch_bytes() > bytes) break;
                    op = wider;
                }
            }
        },
        operation);
}

}  // namespace ganglion::compile
