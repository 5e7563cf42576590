#include "compile/compile.hpp"

#include <fstream>
#include <stdexcept>

#include "compile/cpp_writer.hpp"
#include "compile/lower.hpp"

namespace ganglion::compile {
namespace {

void write_file(const std::filesystem::path& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary);
    file << text;
    if (!file.flush()) throw std::runtime_error(path.string() + ": cannot write");
}

}  // namespace

CompiledModel compile(const model::Graph& graph, const Target& target,
                      const CompileOptions& options) {
    const Lowered lowered = lower(graph, target, options);
    CompiledModel result{write_program(lowered), lowered.report};
    result.report.program_bytes = static_cast<uint32_t>(result.program.size());
    return result;
}

Report emit_cpp(const model::Graph& graph, const Target& target,
                const std::filesystem::path& directory, std::string_view name,
                const CompileOptions& options) {
    const Lowered lowered = lower(graph, target, options);
    std::filesystem::create_directories(directory);
    write_file(directory / (std::string(name) + ".hpp"), cpp_header(lowered, name));
    write_file(directory / (std::string(name) + ".cpp"), cpp_source(lowered, name));
    Report report = lowered.report;
    report.program_bytes = static_cast<uint32_t>(write_program(lowered).size());
    return report;
}

}  // namespace ganglion::compile
