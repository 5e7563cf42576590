// How long one training step takes: our networks against a plain libtorch loop. A program of its
// own, because it links libtorch; `ganglion bench training` starts it.
#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <ctime>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>

#include "train/fit/fit_spotter.hpp"
#include "train/network/deterministic.hpp"
#include "train/network/net.hpp"
#include "train/network/quantized_net.hpp"
#include "train/report/settings.hpp"

namespace {

using namespace ganglion::train;

constexpr int kRounds = 15;
constexpr int kSteps = 4;

/// Seconds on a clock: CLOCK_PROCESS_CPUTIME_ID's are processor time, for which other programs on
/// the machine do not count.
double seconds_on(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// The same layers as everyone writes them: float, default layout, no quantization.
struct PlainNet : torch::nn::Module {
    explicit PlainNet(const std::vector<FoldedLayer>& layers) {
        for (const auto& l : layers) {
            auto options = torch::nn::Conv1dOptions(l.in, l.out, l.kernel).stride(l.stride);
            const bool normed = l.kind != LayerKind::dense;
            options.bias(!normed);
            if (l.kind == LayerKind::depthwise) options.groups(l.in);
            all->push_back(torch::nn::Conv1d(options));
            if (normed) all->push_back(torch::nn::BatchNorm1d(l.out));
            if (l.relu) all->push_back(torch::nn::ReLU());
        }
        register_module("all", all);
    }
    torch::Tensor forward(const torch::Tensor& x) { return all->forward(x); }

    torch::nn::Sequential all;
};

template <typename Model>
std::function<void()> step_of(Model& net, const torch::Tensor& x, const torch::Tensor& y) {
    auto optimizer = std::make_shared<torch::optim::AdamW>(net.parameters());
    return [&net, optimizer, x, y] {
        optimizer->zero_grad();
        torch::nn::functional::cross_entropy(net.forward(x), y).backward();
        optimizer->step();
    };
}

double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + kRounds / 2, values.end());
    return values[kRounds / 2];
}

void measure(const char* file) {
    ganglion::project::Project project;  // the shipped wake word's network
    project.features.bands = 40;
    project.features.frames = 49;
    project.network.channels = {64, 64, 64, 64, 64, 64};
    project.decision.labels = {"other", "word"};
    be_deterministic(1);
    const auto layers = spotter_layers(project);
    const auto x = torch::randn({64, 40, 79});
    const auto y = torch::randint(0, 2, {64, 16}, torch::kInt64);
    PlainNet plain(layers);
    Net ours(layers);
    FoldedNetwork folded;
    folded.layers = ours.fold();
    for (auto& layer : folded.layers) {
        layer.least = layer.relu ? 0.0F : -4.0F;
        layer.greatest = 4;
    }
    QuantizedNet quantized(folded);
    const std::vector<std::function<void()>> steps = {step_of(plain, x, y), step_of(ours, x, y),
                                                      step_of(quantized, x, y)};
    std::vector<std::vector<double>> processor(steps.size()), wall(steps.size());
    for (int round = -1; round < kRounds; ++round) {  // the first warms up
        for (size_t i = 0; i < steps.size(); ++i) {
            const double processor_begun = seconds_on(CLOCK_PROCESS_CPUTIME_ID);
            const double wall_begun = seconds_on(CLOCK_MONOTONIC);
            for (int n = 0; n < kSteps; ++n) steps[i]();
            if (round < 0) continue;
            processor[i].push_back((seconds_on(CLOCK_PROCESS_CPUTIME_ID) - processor_begun) /
                                   kSteps);
            wall[i].push_back((seconds_on(CLOCK_MONOTONIC) - wall_begun) / kSteps);
        }
    }
    const auto ms = [](const std::vector<std::vector<double>>& of) {
        return fmt::format(R"({{"plain": {:.3f}, "ours": {:.3f}, "quantized": {:.3f}}})",
                           1000 * median(of[0]), 1000 * median(of[1]), 1000 * median(of[2]));
    };
    write_file(file,
               fmt::format("{{\"processor_ms\": {}, \"wall_ms\": {}}}\n", ms(processor), ms(wall)));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: ganglion-train-speed FILE.json\n";
        return 2;
    }
    try {
        measure(argv[1]);
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "ganglion-train-speed: " << error.what() << '\n';
        return 1;
    }
}
