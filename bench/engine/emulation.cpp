#include "bench/engine/emulation.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

#include "bench/engine/tools.hpp"

namespace ganglion::bench {

namespace fs = std::filesystem;

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

std::vector<uint64_t> counted(const chip::Toolchain& toolchain, const fs::path& work,
                              const fs::path& image, const std::string& arguments) {
    const fs::path counts = work / "counts.txt";
    output_of(fmt::format("{} {} -semihosting-config enable=on,target=native,{} -plugin {},out={}",
                          toolchain.emulator, image.string(), arguments, tools::kPlugin,
                          counts.string()));
    std::ifstream file(counts);
    return {std::istream_iterator<uint64_t>(file), {}};
}

std::vector<uint64_t> profile(const chip::Toolchain& toolchain, const fs::path& work,
                              const std::vector<ProfileCase>& cases) {
    const fs::path path = work / "cases.bin";
    std::ofstream file(path, std::ios::binary);
    for (const ProfileCase& one : cases) {
        const uint32_t sizes[] = {static_cast<uint32_t>(one.program.size()),
                                  static_cast<uint32_t>(one.input.size())};
        file.write(reinterpret_cast<const char*>(sizes), sizeof sizes);
        file.write(reinterpret_cast<const char*>(one.program.data()),
                   static_cast<std::streamsize>(one.program.size()));
        file.write(reinterpret_cast<const char*>(one.input.data()),
                   static_cast<std::streamsize>(one.input.size()));
    }
    if (!file.flush()) throw std::runtime_error(path.string() + ": cannot write");
    return counted(toolchain, work, std::string(toolchain.profile_runner),
                   fmt::format("arg=profile,arg={}", path.string()));
}

}  // namespace ganglion::bench
