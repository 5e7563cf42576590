#include "bench/updates/bench_updates.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <future>
#include <stdexcept>
#include <thread>

#include "device/update/updater.hpp"
#include "update/delta_maker.hpp"
#include "update/testing/power_cuts.hpp"
#include "update/testing/process_kills.hpp"

namespace ganglion::bench {
namespace {

constexpr char kBench[] = "updates";

std::vector<uint8_t> read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error(path.string() + ": cannot be read");
    return {std::istreambuf_iterator<char>(file), {}};
}

template <typename T>
T at(const std::vector<uint8_t>& bytes, size_t offset, const std::filesystem::path& path) {
    T value;
    if (offset > bytes.size() || sizeof value > bytes.size() - offset)
        throw std::runtime_error(path.string() + ": not a whole ELF file of 32 bits");
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

/// The cuts dealt out to all processors, each with keys of its own, since a hash's state is one
/// thread's.
update::testing::CutResult cut_on_all_processors(size_t scenario,
                                                 const update::testing::CutPlan& plan) {
    using namespace update::testing;
    const uint32_t processors = std::max(1U, std::thread::hardware_concurrency());
    std::vector<std::future<CutResult>> parts;
    for (uint32_t i = 0; i < processors; ++i) {
        CutPlan part = plan;
        part.first = i * plan.every;
        part.every = processors * plan.every;
        parts.push_back(std::async(std::launch::async, [scenario, part] {
            const Lab lab;
            return cut_everywhere(lab, all_scenarios(lab)[scenario], part);
        }));
    }
    CutResult all;
    for (auto& part : parts) {
        const CutResult one = part.get();
        all.operations = one.operations;
        all.most_erases = one.most_erases;
        all.lives += one.lives;
    }
    return all;
}

}  // namespace

Row delta_row(const std::string& name, std::span<const uint8_t> base,
              std::span<const uint8_t> image, std::optional<double> goal) {
    return {.bench = kBench,
            .name = name,
            .value = static_cast<double>(update::make_delta(base, image).size()),
            .unit = "bytes",
            .peer = "whole image",
            .peer_value = static_cast<double>(image.size()),
            .goal = goal};
}

std::vector<Row> memory_rows() {
    return {{.bench = kBench,
             .name = "updater RAM (with decoder and piece buffer)",
             .value = sizeof(update::Updater),
             .unit = "bytes",
             .peer = {},
             .peer_value = {},
             .goal = 4096}};
}

std::vector<uint8_t> load_elf(const std::filesystem::path& path) {
    const std::vector<uint8_t> bytes = read_file(path);
    const auto header = at<Elf32_Ehdr>(bytes, 0, path);
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS32)
        throw std::runtime_error(path.string() + ": not an ELF file of 32 bits");
    uint64_t first = UINT64_MAX;
    uint64_t end = 0;
    const auto each_segment = [&](auto&& use) {
        for (unsigned i = 0; i < header.e_phnum; ++i) {
            const auto segment =
                at<Elf32_Phdr>(bytes, header.e_phoff + size_t{i} * header.e_phentsize, path);
            if (segment.p_type == PT_LOAD && segment.p_filesz != 0) use(segment);
        }
    };
    each_segment([&](const Elf32_Phdr& segment) {
        first = std::min<uint64_t>(first, segment.p_paddr);
        end = std::max<uint64_t>(end, uint64_t{segment.p_paddr} + segment.p_filesz);
    });
    constexpr uint64_t most = 64U << 20U;
    if (end <= first || end - first > most)
        throw std::runtime_error(path.string() + ": nothing to load, or over 64 MB");
    std::vector<uint8_t> image(end - first, 0xff);
    each_segment([&](const Elf32_Phdr& segment) {
        if (segment.p_offset > bytes.size() || segment.p_filesz > bytes.size() - segment.p_offset)
            throw std::runtime_error(path.string() + ": a segment lies outside the file");
        std::copy_n(bytes.begin() + segment.p_offset, segment.p_filesz,
                    image.begin() + static_cast<ptrdiff_t>(segment.p_paddr - first));
    });
    return image;
}

std::vector<Row> boot_loader_rows(const std::filesystem::path& elf) {
    if (!std::filesystem::exists(elf)) return {};
    return {{.bench = kBench,
             .name = "boot loader flash cortex-m4",
             .value = static_cast<double>(load_elf(elf).size()),
             .unit = "bytes",
             .peer = {},
             .peer_value = {},
             .goal = 16384}};
}

std::vector<Row> power_cut_rows(
    bool exhaustive, const std::function<void(const std::string&, double)>& on_progress) {
    using namespace update::testing;
    const Lab lab;
    const std::vector<Scenario> scenarios = all_scenarios(lab);
    CutPlan once{.seeds = {}, .by_turns = !exhaustive};
    for (uint32_t seed = 0; seed < (exhaustive ? 34U : 6U); ++seed) once.seeds.push_back(seed);
    const CutPlan twice{.seeds = {0, 2, 3, 4, 5},
                        .by_turns = true,
                        .every = exhaustive ? 1U : 37U,
                        .second_every = exhaustive ? 1U : 23U};
    std::vector<Row> rows;
    const auto add = [&](const std::string& name, double value, const char* unit) {
        rows.push_back({.bench = kBench,
                        .name = name,
                        .value = value,
                        .unit = unit,
                        .peer = {},
                        .peer_value = {},
                        .goal = {}});
    };
    for (size_t i = 0; i < scenarios.size(); ++i) {
        const Scenario& scenario = scenarios[i];
        on_progress(scenario.name, static_cast<double>(i) / static_cast<double>(scenarios.size()));
        const CutResult single = cut_on_all_processors(i, once);
        const CutResult twofold = cut_on_all_processors(i, twice);
        const KillResult killed = kill_everywhere(lab, scenario, exhaustive ? 200 : 20, 1);
        add(scenario.name + ": flash operations", static_cast<double>(single.operations),
            "operations");
        add(scenario.name + ": cut once, all survived", static_cast<double>(single.lives), "lives");
        add(scenario.name + ": cut twice, all survived", static_cast<double>(twofold.lives),
            "lives");
        add(scenario.name + ": a process on Linux, killed at random, all came to the end",
            killed.kills, "kills");
        add(scenario.name + ": most erases of a block", single.most_erases, "erases");
    }
    return rows;
}

}  // namespace ganglion::bench
