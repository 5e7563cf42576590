#include "train/fit/checkpoint.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "train/report/settings.hpp"

namespace ganglion::train {
namespace {

using torch::serialize::InputArchive;
using torch::serialize::OutputArchive;

void write_list(OutputArchive& archive, const std::string& name,
                const std::vector<torch::Tensor>& tensors) {
    archive.write(name, c10::IValue(static_cast<int64_t>(tensors.size())));
    for (size_t i = 0; i < tensors.size(); ++i)
        archive.write(fmt::format("{}_{}", name, i), tensors[i]);
}

int64_t read_number(InputArchive& archive, const std::string& name) {
    c10::IValue value;
    archive.read(name, value);
    return value.toInt();
}

std::vector<torch::Tensor> read_list(InputArchive& archive, const std::string& name) {
    std::vector<torch::Tensor> tensors(static_cast<size_t>(read_number(archive, name)));
    for (size_t i = 0; i < tensors.size(); ++i)
        archive.read(fmt::format("{}_{}", name, i), tensors[i]);
    return tensors;
}

/// One row an epoch.
torch::Tensor written(const std::vector<Epoch>& curve) {
    auto rows = torch::empty({static_cast<int64_t>(curve.size()), 3}, torch::kFloat64);
    auto* row = rows.data_ptr<double>();
    for (const Epoch& epoch : curve) {
        *row++ = epoch.train_loss;
        *row++ = epoch.validation_loss;
        *row++ = epoch.validation_accuracy;
    }
    return rows;
}

std::vector<Epoch> curve_of(const torch::Tensor& rows) {
    std::vector<Epoch> curve;
    const auto* row = rows.data_ptr<double>();
    for (int64_t i = 0; i < rows.size(0); ++i, row += 3) curve.push_back({row[0], row[1], row[2]});
    return curve;
}

void read_all(InputArchive& archive, torch::nn::Module& net, torch::optim::Optimizer& optimizer,
              FitState& state) {
    state.step = read_number(archive, "step");
    state.random = static_cast<uint64_t>(read_number(archive, "random"));
    c10::IValue loss;
    archive.read("loss", loss);
    state.loss = loss.toDouble();
    torch::Tensor curve;
    archive.read("curve", curve);
    state.curve = curve_of(curve);
    state.averaged = read_list(archive, "averaged");
    state.found = read_list(archive, "found");
    InputArchive inner;
    archive.read("net", inner);
    net.load(inner);
    InputArchive steps;
    archive.read("optimizer", steps);
    optimizer.load(steps);
}

}  // namespace

void save_checkpoint(const std::filesystem::path& file, const std::string& key,
                     const torch::nn::Module& net, const torch::optim::Optimizer& optimizer,
                     const FitState& state) {
    OutputArchive archive, inner, steps;
    archive.write("key", c10::IValue(key));
    archive.write("step", c10::IValue(state.step));
    archive.write("random", c10::IValue(static_cast<int64_t>(state.random)));
    archive.write("loss", c10::IValue(state.loss));
    archive.write("curve", written(state.curve));
    write_list(archive, "averaged", state.averaged);
    write_list(archive, "found", state.found);
    net.save(inner);
    archive.write("net", inner);
    optimizer.save(steps);
    archive.write("optimizer", steps);
    std::ostringstream bytes;
    archive.save_to(bytes);
    std::filesystem::create_directories(file.parent_path());
    write_file(file, bytes.str());
}

bool load_checkpoint(const std::filesystem::path& file, const std::string& key,
                     torch::nn::Module& net, torch::optim::Optimizer& optimizer, FitState& state) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return false;
    try {
        InputArchive archive;
        archive.load_from(in);
        c10::IValue kept;
        archive.read("key", kept);
        if (kept.toStringRef() != key) return false;
        read_all(archive, net, optimizer, state);
        return true;
    } catch (const c10::Error&) {  // write_file() leaves no half ones, but a disk may
        return false;
    }
}

}  // namespace ganglion::train
