#include "train/evaluate/decided_beats.hpp"

#include <stdexcept>
#include <utility>

namespace ganglion::train {

DecidedBeats decide_beats(const JudgeInput& input, const HeartRecord& record) {
    const auto pause_ms =
        static_cast<uint32_t>(project::number_of(input.project.features.parameters, "pause_ms"));
    auto frames = beat_frames(record.samples, record.rate_hz, pause_ms);
    auto stream = input.device.decide(record.samples);
    if (stream.decisions.size() != frames.size())
        throw std::runtime_error(record.name + ": the pipeline does not decide at each beat");
    return {std::move(frames), std::move(stream.decisions)};
}

std::vector<HeartRecord> unpaced_records(const JudgeInput& input) {
    auto records = read_heart_records(judged_folder(input.project, input.data), input.split);
    std::erase_if(records, [](const HeartRecord& record) { return record.paced; });
    return records;
}

}  // namespace ganglion::train
