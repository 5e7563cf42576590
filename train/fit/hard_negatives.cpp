#include "train/fit/hard_negatives.hpp"

#include <algorithm>

#include "train/network/compute_device.hpp"

namespace ganglion::train {
namespace {

constexpr int64_t kWord = 1;  // output of the network
constexpr size_t kMostSpots = 600;
constexpr int64_t kPieces = 16;

/// Several tracks one after the other, so that the network slides over thousands of frames in one
/// call.
struct Chain {
    std::vector<int8_t> values;
    std::vector<std::pair<size_t, int32_t>> tracks;  ///< index, first frame in the chain
    int32_t frames = 0;
};

/// The word's probability in each window of a chain; window k starts at frame kSpotterStepFrames k.
/// The network sees the chain as a batch of pieces that overlap by what a window needs: with fewer
/// than 16 samples and one thread libtorch computes convolutions of width one by the plain BLAS,
/// several times slower.
torch::Tensor probabilities(Net& net, const Chain& chain, int32_t bands, int32_t window) {
    const int64_t windows = (chain.frames - window) / kSpotterStepFrames + 1;
    const int64_t each = (windows + kPieces - 1) / kPieces;
    const int64_t step = each * kSpotterStepFrames;
    const int64_t length = step - kSpotterStepFrames + window;
    const auto raw = torch::from_blob(const_cast<int8_t*>(chain.values.data()),
                                      {chain.frames, bands}, torch::kInt8);
    auto x = torch::zeros({step * (kPieces - 1) + length, bands});
    const int64_t kept = std::min<int64_t>(chain.frames, x.size(0));
    x.narrow(0, 0, kept).copy_(raw.narrow(0, 0, kept));
    x.mul_(kSpotterInputScale);
    const auto pieces = x.unfold(0, length, step).contiguous();  // [pieces, bands, length]
    return torch::softmax(net.forward(pieces.to(compute_device())), 1)
        .select(1, kWord)
        .to(torch::kCPU)
        .contiguous();
}

/// The highest spots of one chain: at most one per half second, so that one bad recording does not
/// fill the list.
void scan(Net& net, const WordFrames& frames, const Chain& chain, int32_t bands, int32_t window,
          std::vector<HardNegative>& spots) {
    const auto p = probabilities(net, chain, bands, window);
    const float* values = p.data_ptr<float>();
    for (const auto& [track, first] : chain.tracks) {
        // Only windows that lie in one track; p[k] belongs to the window that starts at frame 2 k.
        const int32_t from = (first + kSpotterStepFrames - 1) / kSpotterStepFrames;
        const int32_t to = (first + frames.negatives[track].frames - window) / kSpotterStepFrames;
        for (int32_t half_second = from; half_second <= to; half_second += 12) {
            const float* end = values + std::min(half_second + 12, to + 1);
            const float* best = std::max_element(values + half_second, end);
            if (*best <= 0.03F) continue;
            const auto k = static_cast<int32_t>(best - values);
            spots.push_back({track, kSpotterStepFrames * k + window - 1 - first, *best});
        }
    }
}

}  // namespace

std::vector<HardNegative> find_hard_negatives(Net& net, const WordFrames& frames, int32_t bands,
                                              int32_t window, size_t part, size_t parts) {
    const torch::NoGradGuard guard;
    net.eval();
    std::vector<HardNegative> spots;
    Chain chain;
    for (size_t i = part; i < frames.negatives.size(); i += parts) {
        const Track& track = frames.negatives[i];
        if (track.frames >= window) {
            chain.tracks.emplace_back(i, chain.frames);
            chain.values.insert(chain.values.end(), track.values.begin(), track.values.end());
            chain.frames += track.frames;
        }
        if (chain.frames > 12000 || (i + parts >= frames.negatives.size() && chain.frames > 0)) {
            scan(net, frames, chain, bands, window, spots);
            chain = {};
        }
    }
    std::stable_sort(spots.begin(), spots.end(), [](const HardNegative& a, const HardNegative& b) {
        return a.probability > b.probability;
    });
    spots.resize(std::min(spots.size(), kMostSpots));
    net.train();
    return spots;
}

torch::Tensor to_tensor(const std::vector<HardNegative>& spots) {
    auto rows = torch::empty({static_cast<int64_t>(spots.size()), 3}, torch::kFloat64);
    auto* row = rows.data_ptr<double>();
    for (const HardNegative& spot : spots) {
        *row++ = static_cast<double>(spot.track);
        *row++ = spot.last_frame;
        *row++ = static_cast<double>(spot.probability);
    }
    return rows;
}

std::vector<HardNegative> hard_negatives_of(const torch::Tensor& rows) {
    std::vector<HardNegative> spots;
    const auto* row = rows.data_ptr<double>();
    for (int64_t i = 0; i < rows.size(0); ++i, row += 3) {
        spots.push_back({static_cast<size_t>(row[0]), static_cast<int32_t>(row[1]),
                         static_cast<float>(row[2])});
    }
    return spots;
}

}  // namespace ganglion::train
