#include "bench/engine/chip_image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "bench/engine/emulation.hpp"
#include "bench/engine/stack_bound.hpp"
#include "bench/engine/tools.hpp"

namespace ganglion::bench {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kStackBytes = 16 * 1024;  // the linker script's default
constexpr uint64_t kCallAndReturn = 2;       // of a set-up that does nothing

std::vector<int8_t> read_values(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

constexpr const char* kParts[] = {"weights and tables",    "operation records",
                                  "the network's calls",   "kernels",
                                  "start-up of the board", "C library, alignment, unwind tables"};

/// Which of kParts a symbol belongs to.
size_t part_of(const std::string& name) {
    const auto has = [&](const char* text) { return name.find(text) != std::string::npos; };
    if (has("kConstants")) return 0;
    if (has("network::(anonymous namespace)::k")) return 1;
    if (has("network::")) return 2;
    for (const char* start : {"firmware::", "reset_handler", "vectors", "prepare_memory",
                              "fault_handler", "unused_handler", "end_with", " main"}) {
        if (has(start)) return 4;
    }
    return has("ganglion") ? 3 : 5;
}

template <typename Value>
void write(const fs::path& path, const std::vector<Value>& values) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(values.data()),
               static_cast<std::streamsize>(values.size()));
}

}  // namespace

ChipImages::ChipImages(const chip::Toolchain& toolchain, fs::path work)
    : toolchain_(toolchain), work_(std::move(work)), network_((work_ / "network.o").string()) {
    output_of(fmt::format("{} -c {} -o {}", toolchain_.compile, (work_ / "network.cpp").string(),
                          network_));
}

fs::path ChipImages::link(const std::string& name, const std::string& objects) const {
    fs::path image = work_ / (name + ".elf");
    output_of(fmt::format("{} -I{} {} {} {} -o {}", toolchain_.compile, work_.string(), objects,
                          toolchain_.objects, toolchain_.link, image.string()));
    return image;
}

ChipImages::Runs ChipImages::run(const fs::path& image, const std::vector<int8_t>& inputs,
                                 const std::string& program) const {
    const fs::path outputs = work_ / "outputs.bin";
    write(work_ / "inputs.bin", inputs);
    std::vector<uint64_t> counts =
        counted(toolchain_, work_, image,
                fmt::format("arg=runner,arg={},arg={}{}", (work_ / "inputs.bin").string(),
                            outputs.string(), program.empty() ? "" : ",arg=" + program));
    if (counts.size() < 3) throw std::runtime_error(image.string() + ": counted nothing");
    Runs runs{read_values(outputs), counts[0], counts[1], counts[2], {}};
    runs.instructions.assign(counts.begin() + 3, counts.end());
    runs.set_up -= std::min(runs.set_up, kCallAndReturn);
    return runs;
}

std::vector<uint64_t> ChipImages::profile(const std::vector<uint8_t>& program,
                                          const std::vector<int8_t>& input) const {
    return bench::profile(toolchain_, work_, {{program, input}});
}

ChipImages::Runs ChipImages::run_linked(const std::vector<int8_t>& inputs) const {
    return run(link("linked", fmt::format("{} {} {}", network_, chip::kLinkedSource,
                                          toolchain_.runner_object)),
               inputs, "");
}

ChipImages::Runs ChipImages::run_loaded(const std::vector<int8_t>& inputs,
                                        const std::vector<uint8_t>& program) const {
    const fs::path file = work_ / "program.bin";
    write(file, program);
    return run(std::string(toolchain_.loaded_runner), inputs, file.string());
}

ChipImages::Size ChipImages::minimal_size(uint64_t arena_bytes) const {
    return size_of(link("minimal", fmt::format("{} {}", network_, tools::kMinimalSource)),
                   arena_bytes);
}

ChipImages::Size ChipImages::minimal_loaded_size(const std::vector<uint8_t>& program,
                                                 uint64_t arena_bytes) const {
    const fs::path file = work_ / "program.bin";
    write(file, program);
    return size_of(
        link("minimal_loaded",
             fmt::format("-DARENA_BYTES={} '-DPROGRAM=\"{}\"' {} {}", arena_bytes, file.string(),
                         tools::kMinimalLoadedSource, toolchain_.program_objects)),
        arena_bytes);
}

std::vector<compile::FlashPart> ChipImages::flash_parts(uint64_t arena_bytes) const {
    const Size size = minimal_size(arena_bytes);
    std::string tool(toolchain_.size);
    tool.replace(tool.rfind("size"), 4, "nm");
    std::istringstream lines(
        output_of(fmt::format("{} -S -C {}", tool, (work_ / "minimal.elf").string())));
    std::vector<compile::FlashPart> parts;
    for (const char* name : kParts) parts.push_back({name, 0});
    uint64_t left = size.flash;
    std::string line;
    while (std::getline(lines, line)) {
        std::istringstream words(line);
        std::string address;
        std::string bytes;
        std::string type;
        std::string name;
        words >> address >> bytes >> type;
        std::getline(words, name);
        if (type.size() != 1 || std::string("tTrRdDW").find(type) == std::string::npos) continue;
        const uint64_t count = std::stoul(bytes, nullptr, 16);
        parts[part_of(name)].bytes += count;
        left -= std::min(left, count);
    }
    parts.back().bytes += left;
    return parts;
}

ChipImages::Size ChipImages::size_of(const fs::path& image, uint64_t arena_bytes) const {
    // Header, then: text (constants included), data, bss (the stack included).
    std::istringstream sizes(output_of(fmt::format("{} {}", toolchain_.size, image.string())));
    std::string header;
    std::getline(sizes, header);
    uint64_t text = 0;
    uint64_t data = 0;
    uint64_t bss = 0;
    if (!(sizes >> text >> data >> bss) || data + bss < kStackBytes + arena_bytes)
        throw std::runtime_error(std::string(toolchain_.size) + " told no sizes");
    return {text + data, data + bss - kStackBytes - arena_bytes};
}

ChipImages::Stack ChipImages::stack() const {
    const fs::path image = link("stack", fmt::format("{} {}", network_, tools::kStackSource));
    const std::string free = output_of(fmt::format(
        "{} {} -semihosting-config enable=on,target=native", toolchain_.emulator, image.string()));
    std::string tool(toolchain_.size);
    tool.replace(tool.rfind("size"), 4, "objdump");
    const std::string code =
        output_of(fmt::format("{} -d --no-show-raw-insn {}", tool, image.string()));
    return {kStackBytes - std::stoul(free), stack_bound(code, "main")};
}

}  // namespace ganglion::bench
