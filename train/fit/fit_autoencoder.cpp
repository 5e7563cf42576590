#include "train/fit/fit_autoencoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <numeric>
#include <stdexcept>

#include "train/network/compute_device.hpp"
#include "train/network/deterministic.hpp"
#include "train/network/net.hpp"
#include "train/quantize/to_graph.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

/// RunningNormal gives 16 steps per mean absolute deviation: real numbers are deviations.
constexpr float kInputScale = 1.0F / 16;

}  // namespace

FoldedNetwork fit_autoencoder(const project::Project& project, const std::vector<int8_t>& windows,
                              const ProgressCallback& progress, const StopFlag& stop) {
    const size_t size = static_cast<size_t>(project.frame_values()) * project.features.frames;
    const size_t count = windows.size() / size;
    const size_t batch = project.network.batch;
    if (count < batch || batch == 0) {
        throw std::runtime_error(fmt::format(
            "{}: {} windows of normal running are fewer than network.batch = {}; give more "
            "recordings or write a smaller batch",
            project.path.string(), count, batch));
    }
    be_deterministic(project.network.seed);
    Net net(autoencoder_layers(project));
    net.to(compute_device());
    net.train();
    torch::optim::AdamW optimizer(
        net.parameters(),
        torch::optim::AdamWOptions(project.network.learning_rate).weight_decay(0.01));
    std::vector<size_t> order(count);
    std::iota(order.begin(), order.end(), size_t{0});
    Random random(project.network.seed);
    const size_t per_epoch = count / batch;
    const size_t steps = per_epoch * project.network.epochs;
    const auto start = std::chrono::steady_clock::now();
    double running_loss = 0;
    for (size_t step = 0; step < steps && !stop; ++step) {
        if (step % per_epoch == 0) {
            for (size_t i = count; i-- > 1;) std::swap(order[i], order[random.below(i + 1)]);
        }
        const double done = static_cast<double>(step) / static_cast<double>(steps);
        static_cast<torch::optim::AdamWOptions&>(optimizer.param_groups()[0].options())
            .lr(project.network.learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * done)));
        auto x = torch::empty({static_cast<int64_t>(batch), static_cast<int64_t>(size)});
        float* values = x.data_ptr<float>();
        for (size_t b = 0; b < batch; ++b) {
            const int8_t* window = windows.data() + order[(step % per_epoch) * batch + b] * size;
            for (size_t i = 0; i < size; ++i)
                values[b * size + i] = static_cast<float>(window[i]) * kInputScale;
        }
        x = x.to(compute_device());
        optimizer.zero_grad();
        const auto loss = torch::mse_loss(net.forward(x), x);
        loss.backward();
        optimizer.step();
        const double value = loss.item<double>();
        running_loss = step == 0 ? value : 0.99 * running_loss + 0.01 * value;
        if (step % 50 == 49) {
            const double seconds =
                std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            const double fraction = static_cast<double>(step + 1) / static_cast<double>(steps);
            progress({"fit", fraction, seconds / fraction * (1 - fraction),
                      fmt::format("loss {:.3f}", running_loss)});
        }
    }
    net.eval();
    FoldedNetwork network;
    network.name = project.application.name;
    network.frames = static_cast<int32_t>(project.features.frames);
    network.values = static_cast<int32_t>(project.frame_values());
    network.input_scale = kInputScale;
    network.layers = net.fold();
    std::vector<int8_t> sample;
    for (size_t i = 0; i < std::min<size_t>(count, 1000); ++i) {
        const auto window = windows.begin() + static_cast<ptrdiff_t>(order[i] * size);
        sample.insert(sample.end(), window, window + static_cast<ptrdiff_t>(size));
    }
    calibrate(network, sample);
    return network;
}

}  // namespace ganglion::train
