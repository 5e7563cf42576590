#include "bench/engine/x86.hpp"

#if !defined(__x86_64__)

namespace ganglion::bench {

std::vector<Row> bench_x86(const std::filesystem::path&, const std::vector<std::string>&) {
    return {};
}

}  // namespace ganglion::bench

#else

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <memory>
#include <stdexcept>

#include "bench/engine/reference.hpp"
#include "compile/compile.hpp"
#include "device/kernels/x86/paths.hpp"
#include "device/program/program.hpp"
#include "model/tflite.hpp"

namespace ganglion::bench {
namespace {

namespace fs = std::filesystem;
using x86::Path;

/// A model and the most time that it may take, as a part of the portable kernels' time.
struct Case {
    const char* name;
    const char* model;
    std::optional<double> goal;
};

constexpr Case kCases[] = {
    {"ic", "mlperf_tiny/ic_resnet8_int8", 0.05},
    {"vww", "mlperf_tiny/vww_mobilenetv1_025_96_int8", 0.05},
    {"kws", "mlperf_tiny/kws_dscnn_int8", {}},
    {"ad", "mlperf_tiny/ad_autoencoder_int8", {}},
    {"sww", "mlperf_tiny/sww_dscnn1d_int8", {}},
};

constexpr size_t kChecked = 3;  // inputs whose outputs are compared
constexpr size_t kRounds = 60;  // of each program in turn, so that all see the same machine
constexpr double kRoundMicroseconds = 1000;

/// This thread's processor time: what others take of the machine does not count.
double microseconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return 1e6 * static_cast<double>(now.tv_sec) + 1e-3 * static_cast<double>(now.tv_nsec);
}

struct Free {
    void operator()(void* memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<uint8_t, Free>;

/// Begins at a cache line.
Memory allocate(size_t bytes) {
    return Memory(static_cast<uint8_t*>(std::aligned_alloc(64, (bytes + 63) / 64 * 64)));
}

/// One compiled model, run with one set of kernels.
class Runner {
  public:
    Runner(const model::Graph& graph, const char* target, Path path) : path_(path) {
        const std::vector<uint8_t> bytes =
            compile::compile(graph, compile::target_by_name(target)).program;
        bytes_ = allocate(bytes.size());
        std::memcpy(bytes_.get(), bytes.data(), bytes.size());
        if (program_.load({bytes_.get(), bytes.size()}) != Status::ok)
            throw std::runtime_error("the compiled program does not load");
        memory_ = allocate(program_.arena_bytes());
        arena_ = {reinterpret_cast<int8_t*>(memory_.get()), program_.arena_bytes()};
        std::memset(arena_.data(), 0, arena_.size());
        program_.reset(arena_);
    }

    void check(const Reference& reference, const char* name) {
        x86::use(path_);
        const uint32_t in = program_.input().bytes;
        const uint32_t out = program_.output().bytes;
        for (size_t i = 0; i < reference.runs; ++i) {
            std::memcpy(arena_.data() + program_.input().offset, &reference.inputs[i * in], in);
            program_.run(arena_);
            if (std::memcmp(arena_.data() + program_.output().offset, &reference.outputs[i * out],
                            out) != 0) {
                throw std::runtime_error(
                    fmt::format("{}: this machine's outputs differ from the reference's", name));
            }
        }
    }

    /// Runs for a round and keeps the mean time of one inference.
    void time_round() {
        x86::use(path_);
        program_.run(arena_);  // what the others left in the caches
        size_t runs = 0;
        const double begin = microseconds();
        double end = 0;
        do {
            program_.run(arena_);
            ++runs;
            end = microseconds();
        } while (end - begin < kRoundMicroseconds);
        rounds_.push_back((end - begin) / static_cast<double>(runs));
    }

    double median_microseconds() {
        std::sort(rounds_.begin(), rounds_.end());
        return rounds_[rounds_.size() / 2];
    }

  private:
    Path path_;
    Memory bytes_, memory_;
    Program program_;
    std::span<int8_t> arena_;
    std::vector<double> rounds_;
};

const char* name_of(Path path) {
    return path == Path::avx512_vnni ? "AVX-512 VNNI" : "AVX2";
}

void measure(const Case& of, const fs::path& shared, const std::vector<Path>& paths,
             std::vector<Row>& rows) {
    const model::Graph graph =
        model::read_tflite_file(shared / "models" / (std::string(of.model) + ".tflite"));
    std::vector<Runner> runners;
    runners.emplace_back(graph, "portable", Path::portable);
    for (Path path : paths) runners.emplace_back(graph, "x86-64", path);
    const Reference reference = read_reference(shared, of.model, kChecked);
    for (Runner& runner : runners) runner.check(reference, of.name);
    for (size_t round = 0; round < kRounds; ++round) {
        for (Runner& runner : runners) runner.time_round();
    }
    const double portable = runners[0].median_microseconds();
    for (size_t i = 0; i < paths.size(); ++i) {
        const double time = runners[i + 1].median_microseconds();
        rows.push_back({"engine", fmt::format("{} time x86-64 {}", of.name, name_of(paths[i])),
                        time, "microseconds", "our portable kernels, -O3", portable,
                        i == 0 ? of.goal : std::nullopt});
        rows.push_back({"engine",
                        fmt::format("{} inferences a second x86-64 {}", of.name, name_of(paths[i])),
                        1e6 / time,
                        "1/s",
                        "",
                        {},
                        {}});
    }
}

}  // namespace

std::vector<Row> bench_x86(const fs::path& shared, const std::vector<std::string>& models) {
    std::vector<Path> paths;
    for (Path path : {Path::avx512_vnni, Path::avx2}) {
        if (x86::is_available(path)) paths.push_back(path);
    }
    struct Restore {
        Path path = x86::path();
        ~Restore() { x86::use(path); }
    } restore;
    std::vector<Row> rows;
    for (const Case& of : kCases) {
        if (models.empty() || std::find(models.begin(), models.end(), of.name) != models.end())
            measure(of, shared, paths, rows);
    }
    return rows;
}

}  // namespace ganglion::bench

#endif
