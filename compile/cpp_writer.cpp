#include "compile/cpp_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cctype>
#include <cstring>
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
        "#include \"device/program/program.hpp\"\n\n"
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
            const OpKind kind = header_of(list[i]).kind;
            const std::string constant = fmt::format("k{}{}", prefix, i);
            operations += text(list[i], constant);
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
