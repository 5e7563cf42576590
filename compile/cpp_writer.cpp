#include "compile/cpp_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <span>
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

/// The record word by word: the same bytes as in a loadable program.
std::string text(const Operation& operation, const std::string& constant) {
    const std::vector<uint8_t> bytes = bytes_of(operation);
    std::vector<uint32_t> words(bytes.size() / sizeof(uint32_t));
    std::memcpy(words.data(), bytes.data(), bytes.size());
    return fmt::format(
        "constexpr auto {} = ganglion::record_of(ganglion::{}, std::array<uint32_t, "
        "{}>{{{:#x}}});\n",
        constant, kernel_name(header_of(operation).kind), words.size(), fmt::join(words, ", "));
}

const char* name_of(ElementType type) {
    switch (type) {
        case ElementType::int8:
            return "int8";
        case ElementType::uint8:
            return "uint8";
        case ElementType::int16:
            return "int16";
        case ElementType::int32:
            return "int32";
    }
    return "";
}

/// Names of the records of a run of operations.
struct Names {
    const char* prefix;
    size_t first;
    std::string constant(size_t n) const { return fmt::format("k{}{}", prefix, first + n); }
};

std::string records_text(std::span<const Operation> list, const Names& names) {
    std::string result;
    for (size_t i = 0; i < list.size(); ++i) result += text(list[i], names.constant(i));
    return result;
}

std::string call_text(const Operation& operation, const std::string& record) {
    return fmt::format("ganglion::{}({}, arena, kConstants);\n",
                       kernel_name(header_of(operation).kind), record);
}

/// A loop whose moving records are copies that move on after each turn.
std::string loop_text(const RepeatOp& loop, std::span<const Operation> body, const Names& names) {
    const std::span moves = std::span(loop.moves).first(loop.move_count);
    std::string copies;
    std::string calls;
    std::string steps;
    for (size_t i = 0; i < body.size(); ++i) {
        std::string record = names.constant(i);
        const auto moves_it = [&](const RepeatOp::Move& move) { return move.operation == i; };
        if (std::any_of(moves.begin(), moves.end(), moves_it)) {
            copies += fmt::format("        auto moving{} = {};\n", i, record);
            record = fmt::format("moving{}", i);
        }
        calls += "            " + call_text(body[i], record);
    }
    for (const RepeatOp::Move& move : moves) {
        steps += fmt::format("            ganglion::move_on(moving{}, {}, {});\n", move.operation,
                             move.word, move.step);
    }
    return fmt::format(
        "    {{\n{}        for (uint32_t turn = 0; turn < {}; ++turn) {{\n{}{}"
        "        }}\n    }}\n",
        copies, loop.turns, calls, steps);
}

/// `scale` in a form that a compiler reads back to the same bits.
std::string text(const TensorInfo& tensor) {
    return fmt::format(
        "{{{}, {}, {:a}F, {}, {}, ganglion::ElementType::{}, {{}}, {{{}, {}, {}, {}}}}}",
        tensor.offset, tensor.bytes, tensor.scale, tensor.zero_point, tensor.rank,
        name_of(tensor.type), tensor.dims[0], tensor.dims[1], tensor.dims[2], tensor.dims[3]);
}

std::string text(const std::vector<TensorInfo>& tensors) {
    std::string result = "{";
    for (size_t i = 0; i < tensors.size(); ++i) result += (i == 0 ? "" : ", ") + text(tensors[i]);
    return result + "}";
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
        "#include \"device/program/tensor_info.hpp\"\n\n"
        "namespace {0} {{\n\n"
        "inline constexpr uint32_t arena_bytes = {1};\n"
        "/// At the arena's start, kept from run to run; the rest is scratch.\n"
        "inline constexpr uint32_t state_bytes = {4};\n"
        "inline constexpr ganglion::TensorInfo inputs[] = {2};\n"
        "inline constexpr ganglion::TensorInfo outputs[] = {3};\n"
        "/// The first of each.\n"
        "inline constexpr const ganglion::TensorInfo& input = inputs[0];\n"
        "inline constexpr const ganglion::TensorInfo& output = outputs[0];\n\n"
        "/// Writes the initial state, as before the first run; nothing where there is no state.\n"
        "void reset(int8_t* arena);\n\n"
        "/// Runs the network once: inputs at arena + inputs[i].offset, results at arena + "
        "outputs[i].offset.\n"
        "/// arena has arena_bytes bytes, 16-byte aligned; the inputs may be overwritten.\n"
        "void invoke(int8_t* arena);\n\n"
        "}}  // namespace {0}\n",
        name, lowered.report.arena_bytes, text(lowered.inputs), text(lowered.outputs),
        lowered.state_bytes);
}

std::string cpp_source(const Lowered& lowered, std::string_view name) {
    check_identifier(name);
    std::string operations;
    const auto calls_of = [&](const std::vector<Operation>& list, const char* prefix) {
        std::string calls;
        for (size_t i = 0; i < list.size(); ++i) {
            if (const auto* loop = std::get_if<RepeatOp>(&list[i])) {
                const std::span body = std::span(list).subspan(i + 1, loop->operation_count);
                const Names names{prefix, i + 1};
                operations += records_text(body, names);
                calls += loop_text(*loop, body, names);
                i += loop->operation_count;
                continue;
            }
            const Names names{prefix, i};
            operations += records_text(std::span(list).subspan(i, 1), names);
            calls += "    " + call_text(list[i], names.constant(0));
        }
        return calls;
    };
    const auto parameter = [](const std::string& calls) {
        return calls.empty() ? "int8_t*" : "int8_t* arena";
    };
    const std::string resets = calls_of(lowered.reset, "Reset");
    const std::string calls = calls_of(lowered.operations, "Operation");
    return fmt::format(
        "// Written by the Ganglion compiler.\n"
        "#include \"{0}.hpp\"\n\n"
        "#include \"device/program/operations.hpp\"\n\n"
        "namespace {0} {{\n"
        "namespace {{\n\n"
        "alignas(16) constexpr uint8_t kConstants[] = {{\n{1}}};\n\n"
        "{2}\n"
        "}}  // namespace\n\n"
        "void reset({3}) {{\n{4}}}\n\n"
        "void invoke({5}) {{\n{6}}}\n\n"
        "}}  // namespace {0}\n",
        name, constants_text(lowered.constants), operations, parameter(resets), resets,
        parameter(calls), calls);
}

}  // namespace ganglion::compile
