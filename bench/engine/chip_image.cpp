#include "bench/engine/chip_image.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "bench/engine/tools.hpp"

namespace ganglion::bench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMachine = " -M mps2-an386 -display none -monitor none -serial none -kernel ";
constexpr uint64_t kStackBytes = 16 * 1024;  // the linker script's default

/// What a command wrote to standard output and error.
std::string output_of(const std::string& command) {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(
        popen((command + " 2>&1 </dev/null").c_str(), "r"), [](FILE*) { return 0; });
    if (!pipe) throw std::runtime_error("cannot start: " + command);
    std::string text;
    char part[4096];
    while (size_t read = std::fread(part, 1, sizeof part, pipe.get())) text.append(part, read);
    if (pclose(pipe.get()) != 0)
        throw std::runtime_error("failed: " + command + "\n" + text.substr(0, 2000));
    return text;
}

template <typename Value>
void write(const fs::path& path, const std::vector<Value>& values) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(values.data()),
               static_cast<std::streamsize>(values.size()));
}

}  // namespace

ChipImages::ChipImages(fs::path work) : work_(std::move(work)) {
    network_ = (work_ / "network.o").string();
    output_of(
        fmt::format("{} -c {} -o {}", tools::kCompile, (work_ / "network.cpp").string(), network_));
}

fs::path ChipImages::link(const std::string& name, const std::string& objects) const {
    fs::path image = work_ / (name + ".elf");
    output_of(fmt::format("{} -I{} {} {} {} -o {}", tools::kCompile, work_.string(), network_,
                          objects, tools::kLink, image.string()));
    return image;
}

ChipImages::Runs ChipImages::run(const fs::path& image, const std::vector<int8_t>& inputs,
                                 const std::string& program) const {
    const fs::path outputs = work_ / "outputs.bin";
    const fs::path counts = work_ / "counts.txt";
    write(work_ / "inputs.bin", inputs);
    output_of(fmt::format(
        "{}{}{} -semihosting-config enable=on,target=native,arg=runner,arg={},arg={}{} "
        "-plugin {},out={}",
        tools::kQemu, kMachine, image.string(), (work_ / "inputs.bin").string(), outputs.string(),
        program.empty() ? "" : ",arg=" + program, tools::kPlugin, counts.string()));
    Runs runs;
    std::ifstream output_file(outputs, std::ios::binary);
    runs.outputs.assign(std::istreambuf_iterator<char>(output_file), {});
    std::ifstream count_file(counts);
    runs.instructions.assign(std::istream_iterator<uint64_t>(count_file), {});
    return runs;
}

ChipImages::Runs ChipImages::run_linked(const std::vector<int8_t>& inputs) const {
    return run(link("linked", fmt::format("{} {} {}", tools::kLinkedSources, tools::kRunner,
                                          tools::kObjects)),
               inputs, "");
}

ChipImages::Runs ChipImages::run_loaded(const std::vector<int8_t>& inputs,
                                        const std::vector<uint8_t>& program) const {
    const fs::path file = work_ / "program.bin";
    write(file, program);
    return run(tools::kLoadedRunner, inputs, file.string());
}

ChipImages::Size ChipImages::minimal_size(uint64_t arena_bytes) const {
    const fs::path image =
        link("minimal", fmt::format("{} {}", tools::kMinimalSource, tools::kObjects));
    // Header, then: text (constants included), data, bss (the stack included).
    std::istringstream sizes(output_of(fmt::format("{} {}", tools::kSize, image.string())));
    std::string header;
    std::getline(sizes, header);
    uint64_t text = 0;
    uint64_t data = 0;
    uint64_t bss = 0;
    if (!(sizes >> text >> data >> bss) || data + bss < kStackBytes + arena_bytes)
        throw std::runtime_error(std::string(tools::kSize) + " told no sizes");
    return {text + data, data + bss - kStackBytes - arena_bytes};
}

uint64_t ChipImages::stack_bytes() const {
    const fs::path image =
        link("stack", fmt::format("{} {}", tools::kStackSource, tools::kObjects));
    const std::string free =
        output_of(fmt::format("{}{}{} -semihosting-config enable=on,target=native", tools::kQemu,
                              kMachine, image.string()));
    return kStackBytes - std::stoul(free);
}

}  // namespace ganglion::bench
