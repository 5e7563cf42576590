#include "compile/testing/differential.hpp"

namespace ganglion::compile {

std::string difference(const model::Graph& graph, std::string_view target,
                       const std::vector<int8_t>& input, const std::vector<int8_t>& expected) {
    const CompiledModel compiled = compile(graph, target_by_name(target));
    const ExactMemory bytes(compiled.program.data(), compiled.program.size());
    Program program;
    if (program.load(bytes.as<const uint8_t>()) != Status::ok)
        return std::string(target) + ": the loader refuses the compiled program";
    if (program.input().bytes != input.size() || program.output().bytes != expected.size())
        return std::string(target) + ": the program's border differs in size";
    std::string found;
    for_each_kernel_path([&](const std::string& path) {
        const ExactMemory memory(program.arena_bytes());
        const auto arena = memory.as<int8_t>();
        std::memset(arena.data(), 99, arena.size());
        program.reset(arena);
        std::memcpy(arena.data() + program.input().offset, input.data(), input.size());
        program.run(arena);
        const int8_t* output = arena.data() + program.output().offset;
        if (found.empty() && std::memcmp(output, expected.data(), expected.size()) != 0)
            found = std::string(target) + ", " + path + '\n' + to_text(compiled.report);
    });
    return found;
}

}  // namespace ganglion::compile
