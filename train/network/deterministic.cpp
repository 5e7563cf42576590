#include "train/network/deterministic.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <torch/torch.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "train/network/compute_device.hpp"

namespace ganglion::train {
namespace {

torch::Device chosen = torch::kCPU;

constexpr const char* kNoCard =
    "--device cuda: libtorch sees no NVIDIA card here (it needs one, its driver, and a libtorch "
    "built with CUDA; Debian's has none); leave it out to train on the processor";

/// True for a card; throws where the name is none.
bool names_card(const std::string& name) {
    if (name == "cpu" || name == "cuda") return name == "cuda";
    throw std::runtime_error(fmt::format("--device: '{}' is not known; write cpu or cuda", name));
}

}  // namespace

void be_deterministic(uint64_t seed) {
    // Read by cuBLAS when it starts: without it its sums differ from run to run.
    setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
    torch::manual_seed(seed);
    at::globalContext().setDeterministicAlgorithms(true, false);
    torch::set_num_threads(1);
}

void choose_device(const std::string& name) {
    const bool card = names_card(name);
    if (card && !torch::cuda::is_available()) throw std::runtime_error(kNoCard);
    chosen = card ? torch::Device(torch::kCUDA, 0) : torch::Device(torch::kCPU);
}

void check_device(const std::string& name) {
    if (!names_card(name)) return;
    const pid_t pid = fork();
    if (pid < 0) throw std::runtime_error("cannot start a process to look for a card");
    if (pid == 0) _exit(torch::cuda::is_available() ? 0 : 1);
    int status = 0;
    waitpid(pid, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw std::runtime_error(kNoCard);
}

torch::Device compute_device() {
    return chosen;
}

}  // namespace ganglion::train
