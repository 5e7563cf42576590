#include "compile/package.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <stdexcept>

namespace ganglion::compile {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error(path.string() + ": cannot open");
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write(const fs::path& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary);
    file << text;
    if (!file.flush()) throw std::runtime_error(path.string() + ": cannot write");
}

/// The folders of a processor's own kernels.
std::vector<std::string> folders_of(std::string_view target) {
    if (target == "cortex-m4" || target == "cortex-m7" || target == "cortex-m33")
        return {"cortex_m4"};
    if (target == "cortex-m55") return {"cortex_m55"};
    if (target == "cortex-m0") return {"scalar", "cortex_m0"};
    if (target == "cortex-m3") return {"scalar", "cortex_m3"};
    if (target == "rv32imc") return {"scalar", "riscv"};
    return {};
}

/// Collects what the network's source needs, file by file.
class Package {
  public:
    Package(fs::path directory, const fs::path& sources, std::vector<std::string> own)
        : directory_(std::move(directory)),
          kernels_(sources / "device/kernels"),
          own_(std::move(own)) {
        root_ = sources;
    }

    void add_network(const std::string& file) {
        const std::string text = read(directory_ / file);
        static const std::regex call(R"(ganglion::(\w+)\(k|ganglion::(\w+)\(moving)");
        for (std::sregex_iterator at(text.begin(), text.end(), call), end; at != end; ++at)
            add_kernel((*at)[1].matched ? (*at)[1] : (*at)[2]);
        write(directory_ / file, with_local_includes(text, "ganglion/"));
    }

    void finish() {
        fs::create_directories(directory_ / "ganglion");
        while (!left_.empty()) {
            const std::string path = *left_.begin();
            left_.erase(left_.begin());
            const std::string name = fs::path(path).filename().string();
            const auto [known, is_new] = files_.emplace(name, path);
            if (!is_new) {
                if (known->second == path) continue;
                throw std::runtime_error(path + " and " + known->second + " have one name");
            }
            write(directory_ / "ganglion" / name, with_local_includes(read(root_ / path), ""));
            add_source_of(path);
        }
    }

    std::vector<fs::path> sources() const {
        std::vector<fs::path> list;
        for (const auto& [name, path] : files_) {
            if (fs::path(name).extension() == ".cpp") list.push_back(fs::path("ganglion") / name);
        }
        return list;
    }

  private:
    /// Adds the source that defines a kernel: the processor's own where it has one.
    void add_kernel(const std::string& kernel) {
        std::vector<std::string> folders = own_;
        folders.emplace_back("portable");
        for (const std::string& folder : folders) {
            for (const auto& entry : fs::directory_iterator(kernels_ / folder)) {
                if (entry.path().extension() != ".cpp") continue;
                if (read(entry.path()).find("\nvoid " + kernel + "(const ") == std::string::npos)
                    continue;
                left_.insert(fs::relative(entry.path(), root_).generic_string());
                return;
            }
        }
        throw std::runtime_error("no source in " + kernels_.string() + " defines the kernel " +
                                 kernel);
    }

    /// What a processor's own header declares is defined in the source of its name.
    void add_source_of(const std::string& header) {
        const fs::path path = header;
        if (std::find(own_.begin(), own_.end(), path.parent_path().filename()) == own_.end())
            return;
        for (const std::string& folder : own_) {
            const fs::path source = kernels_ / folder / (path.stem().string() + ".cpp");
            if (fs::exists(source)) left_.insert(fs::relative(source, root_).generic_string());
        }
    }

    /// Includes of Ganglion's headers, each of them noted, name files in `folder`.
    std::string with_local_includes(const std::string& text, const std::string& folder) {
        static const std::regex include(R"re(#include "(device/[^"]+)")re");
        std::string result;
        auto from = text.cbegin();
        for (std::sregex_iterator at(text.begin(), text.end(), include), end; at != end; ++at) {
            const std::string path = (*at)[1];
            left_.insert(path);
            result.append(from, (*at)[0].first);
            result += "#include \"" + folder + fs::path(path).filename().string() + "\"";
            from = (*at)[0].second;
        }
        return result.append(from, text.cend());
    }

    fs::path directory_, root_, kernels_;
    std::vector<std::string> own_;
    std::set<std::string> left_;                // paths in the sources, not yet copied
    std::map<std::string, std::string> files_;  // name in the package -> path in the sources
};

std::string_view flags_of(std::string_view target) {
    if (target == "cortex-m0") return "arm-none-eabi-g++ -mcpu=cortex-m0 -mthumb";
    if (target == "cortex-m3") return "arm-none-eabi-g++ -mcpu=cortex-m3 -mthumb";
    if (target == "cortex-m4")
        return "arm-none-eabi-g++ -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16";
    if (target == "cortex-m7")
        return "arm-none-eabi-g++ -mcpu=cortex-m7 -mthumb -mfloat-abi=hard -mfpu=fpv5-d16";
    if (target == "cortex-m33")
        return "arm-none-eabi-g++ -mcpu=cortex-m33 -mthumb -mfloat-abi=hard -mfpu=fpv5-sp-d16";
    if (target == "cortex-m55")
        return "arm-none-eabi-g++ -mcpu=cortex-m55 -mthumb -mfloat-abi=hard";
    if (target == "rv32imc") return "riscv64-unknown-elf-g++ -march=rv32imc -mabi=ilp32";
    return "g++";
}

std::string readme(std::string_view name, const Target& target,
                   const std::vector<fs::path>& sources) {
    std::vector<std::string> files{std::string(name) + ".cpp"};
    for (const fs::path& source : sources) files.push_back(source.generic_string());
    return fmt::format(
        "# {0}, a network for {1}\n\n"
        "Written by the Ganglion compiler. The folder needs nothing else: no library, no heap, no\n"
        "operating system. Copy it into your project and compile these files as C++20:\n\n"
        "    {2} -std=c++20 -O2 -ffunction-sections -fdata-sections -c \\\n"
        "        {3}\n\n"
        "Include `{0}.hpp`, one header, and call:\n\n"
        "```cpp\n"
        "#include \"{0}.hpp\"\n\n"
        "alignas(16) static int8_t arena[{0}::arena_bytes];\n\n"
        "{0}::reset(arena);                                  // once, before the first input\n"
        "memcpy(arena + {0}::input.offset, sample, {0}::input.bytes);\n"
        "{0}::invoke(arena);\n"
        "const int8_t* result = arena + {0}::output.offset;  // {0}::output.bytes bytes\n"
        "```\n\n"
        "A real value is `scale * (number - zero_point)` of `{0}::input` and `{0}::output`. "
        "Between\n"
        "two calls the first `{0}::state_bytes` bytes of the arena must stay; the rest, the input\n"
        "included, may be overwritten.\n",
        name, target.name, flags_of(target.name), fmt::join(files, " "));
}

}  // namespace

std::vector<fs::path> write_package(const fs::path& directory, std::string_view name,
                                    const Target& target, const fs::path& sources) {
    if (!fs::exists(sources / "device/kernels"))
        throw std::runtime_error(sources.string() + ": Ganglion's sources are not there");
    Package package(directory, sources, folders_of(target.name));
    package.add_network(std::string(name) + ".hpp");
    package.add_network(std::string(name) + ".cpp");
    package.finish();
    std::vector<fs::path> list = package.sources();
    write(directory / "README.md", readme(name, target, list));
    return list;
}

}  // namespace ganglion::compile
