#include "compile/cpp_writer.hpp"

#include <fmt/format.h>

#include <cctype>
#include <set>
#include <stdexcept>

namespace ganglion::compile {
namespace {

void check_identifier(std::string_view name) {
    bool good = !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0;
    for (char c : name)
        good = good && (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_');
    if (!good)
        throw std::runtime_error("'" + std::string(name) +
                                 "' is not a C++ identifier; use letters, digits and _");
}

std::string text(const OpHeader& header) {
    return fmt::format("{{ganglion::OpKind::{}, {}}}", kernel_name(header.kind), header.bytes);
}

std::string text(const Window2d& w) {
    return fmt::format("{{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}}", w.in_height,
                       w.in_width, w.in_channels, w.out_height, w.out_width, w.out_channels,
                       w.kernel_height, w.kernel_width, w.stride_y, w.stride_x, w.dilation_y,
                       w.dilation_x, w.pad_top, w.pad_left);
}

std::string text(const OutputRange& range) {
    return fmt::format("{{{}, {}, {}}}", range.zero_point, range.minimum, range.maximum);
}

std::string text(const AddOp::Side& side) {
    return fmt::format("{{{}, {}, {}, {}}}", side.offset, side.zero_point, side.multiplier,
                       side.shift);
}

/// The operation's type and its fields in order.
struct Initializer {
    std::string operator()(const Conv2dOp& op) const {
        return fmt::format("Conv2dOp {{}}{{{}, {}, {}, {}, {}, {}, {{{}}}, {}, {}, 0}}",
                           text(op.header), text(op.window), op.input, op.output, op.scratch,
                           op.weights, op.channels.offset, text(op.range), op.input_zero_point);
    }
    std::string operator()(const DepthwiseConv2dOp& op) const {
        return fmt::format("DepthwiseConv2dOp {{}}{{{}, {}, {}, {}, {}, {{{}}}, {}, {}, 0}}",
                           text(op.header), text(op.window), op.input, op.output, op.weights,
                           op.channels.offset, text(op.range), op.input_zero_point);
    }
    std::string operator()(const FullyConnectedOp& op) const {
        return fmt::format("FullyConnectedOp {{}}{{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}}",
                           text(op.header), op.rows, op.depth, op.out, op.input, op.output,
                           op.weights, op.bias, op.multiplier, op.shift, text(op.range));
    }
    std::string operator()(const Pool2dOp& op) const {
        return fmt::format("Pool2dOp {{}}{{{}, {}, {}, {}, {}}}", text(op.header), text(op.window),
                           op.input, op.output, text(op.range));
    }
    std::string operator()(const AddOp& op) const {
        return fmt::format("AddOp {{}}{{{}, {}, {}, {}, {}, {}, {}, {}}}", text(op.header),
                           op.count, text(op.first), text(op.second), op.output, op.multiplier,
                           op.shift, text(op.range));
    }
    std::string operator()(const SoftmaxOp& op) const {
        return fmt::format("SoftmaxOp {{}}{{{}, {}, {}, {}, {}, {}, {}, {}}}", text(op.header),
                           op.rows, op.depth, op.input, op.output, op.multiplier, op.left_shift,
                           op.difference_minimum);
    }
    std::string operator()(const LookupOp& op) const {
        return fmt::format("LookupOp {{}}{{{}, {}, {}, {}, {}}}", text(op.header), op.count,
                           op.input, op.output, op.table);
    }
    std::string operator()(const PackedConv2dOp& op) const {
        return fmt::format("PackedConv2dOp {{}}{{{}, {}, {}, {}, {}, {}, {}, {}, 0}}",
                           text(op.header), text(op.window), op.input, op.output, op.scratch,
                           op.records, text(op.range), op.input_zero_point);
    }
    std::string operator()(const PackedDepthwiseConv2dOp& op) const {
        return fmt::format("PackedDepthwiseConv2dOp {{}}{{{}, {}, {}, {}, {}, {}, {}, {}, {}}}",
                           text(op.header), text(op.window), op.input, op.output, op.scratch,
                           op.records, text(op.range), op.input_zero_point, op.band);
    }
    std::string operator()(const PackedFullyConnectedOp& op) const {
        return fmt::format("PackedFullyConnectedOp {{}}{{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}}}",
                           text(op.header), op.rows, op.depth, op.out, op.input, op.output,
                           op.records, op.multiplier, op.shift, text(op.range));
    }
    std::string operator()(const CopyOp& op) const {
        return fmt::format("CopyOp {{}}{{{}, {}, {}, {}, {}, {}, {}, {}, {}}}", text(op.header),
                           op.rows, op.bytes, op.input_stride, op.output_stride, op.input,
                           op.output, op.input_begin, op.output_begin);
    }
    std::string operator()(const FillOp& op) const {
        return fmt::format("FillOp {{}}{{{}, {}, {}, {}}}", text(op.header), op.count, op.output,
                           op.value);
    }
    std::string operator()(const LoadConstantsOp& op) const {
        return fmt::format("LoadConstantsOp {{}}{{{}, {}, {}, {}}}", text(op.header), op.count,
                           op.output, op.source);
    }
    std::string operator()(const PadOp& op) const {
        return fmt::format("PadOp {{}}{{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}}",
                           text(op.header), op.in_height, op.in_width, op.channels, op.out_height,
                           op.out_width, op.top, op.left, op.value, op.input, op.output);
    }
};

std::string header_of_kernel(OpKind kind) {
    return kind == OpKind::average_pool_2d || kind == OpKind::max_pool_2d ? "pool_2d"
                                                                          : kernel_name(kind);
}

/// `scale` in a form that a compiler reads back to the same bits.
std::string text(const TensorInfo& tensor) {
    return fmt::format(
        "{{{}, {}, {:a}F, {}, {}, ganglion::ElementType::{}, {{}}, {{{}, {}, {}, {}}}}}",
        tensor.offset, tensor.bytes, tensor.scale, tensor.zero_point, tensor.rank,
        tensor.type == ElementType::uint8 ? "uint8" : "int8", tensor.dims[0], tensor.dims[1],
        tensor.dims[2], tensor.dims[3]);
}

std::string constants_text(const std::vector<uint8_t>& constants) {
    std::string result;
    for (size_t i = 0; i < constants.size(); ++i) {
        result += std::to_string(constants[i]);
        result += i % 32 == 31 || i + 1 == constants.size() ? ",\n" : ",";
    }
    return result.empty() ? "0\n" : result;
}

}  // namespace

std::string cpp_header(const Lowered& lowered, std::string_view name) {
    check_identifier(name);
    return fmt::format(
        "// Written by the Ganglion compiler.\n"
        "#pragma once\n\n"
        "#include <cstdint>\n\n"
        "#include \"device/program/program.hpp\"\n\n"
        "namespace {0} {{\n\n"
        "inline constexpr uint32_t arena_bytes = {1};\n"
        "/// At the arena's start, kept from run to run; the rest is scratch.\n"
        "inline constexpr uint32_t state_bytes = {4};\n"
        "inline constexpr ganglion::TensorInfo input{2};\n"
        "inline constexpr ganglion::TensorInfo output{3};\n\n"
        "/// Writes the initial state, as before the first run; nothing where there is no state.\n"
        "void reset(int8_t* arena);\n\n"
        "/// Runs the network once: input at arena + input.offset, result at arena + "
        "output.offset. arena has\n"
        "/// arena_bytes bytes, 16-byte aligned; the input may be overwritten.\n"
        "void invoke(int8_t* arena);\n\n"
        "}}  // namespace {0}\n",
        name, lowered.report.arena_bytes, text(lowered.input), text(lowered.output),
        lowered.state_bytes);
}

std::string cpp_source(const Lowered& lowered, std::string_view name) {
    check_identifier(name);
    std::set<std::string> headers;
    std::string operations;
    const auto calls_of = [&](const std::vector<Operation>& list, const char* prefix) {
        std::string calls;
        for (size_t i = 0; i < list.size(); ++i) {
            const OpKind kind = header_of(list[i]).kind;
            const std::string constant = fmt::format("k{}{}", prefix, i);
            headers.insert(header_of_kernel(kind));
            std::string initializer = std::visit(Initializer{}, list[i]);
            initializer.replace(initializer.find(" {}"), 3, " " + constant);
            operations += fmt::format("constexpr ganglion::{};\n", initializer);
            calls += fmt::format("    ganglion::{}({}, arena, kConstants);\n", kernel_name(kind),
                                 constant);
        }
        return calls;
    };
    const auto parameter = [](const std::string& calls) {
        return calls.empty() ? "int8_t*" : "int8_t* arena";
    };
    const std::string resets = calls_of(lowered.reset, "Reset");
    const std::string calls = calls_of(lowered.operations, "Operation");
    std::string includes;
    for (const std::string& header : headers)
        includes += fmt::format("#include \"device/kernels/{}.hpp\"\n", header);
    return fmt::format(
        "// Written by the Ganglion compiler.\n"
        "#include \"{0}.hpp\"\n\n"
        "{1}\n"
        "namespace {0} {{\n"
        "namespace {{\n\n"
        "alignas(16) constexpr uint8_t kConstants[] = {{\n{2}}};\n\n"
        "{3}\n"
        "}}  // namespace\n\n"
        "void reset({4}) {{\n{5}}}\n\n"
        "void invoke({6}) {{\n{7}}}\n\n"
        "}}  // namespace {0}\n",
        name, includes, constants_text(lowered.constants), operations, parameter(resets), resets,
        parameter(calls), calls);
}

}  // namespace ganglion::compile
