#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "project/project.hpp"
#include "train/evaluate/device_run.hpp"

namespace ganglion::train {

/// One call of a device by its wake word and what is said to it then, samples from 0.
struct Call {
    uint64_t begin = 0;  ///< of the recording of the wake word
    uint64_t end = 0;
    uint64_t command_end = 0;  ///< the command's recording begins at `end`
    std::string command;       ///< its label
    std::string name;          ///< the wake word's file
};

/// What such a device hears: before each call half a minute of which people speak about a quarter.
struct Conversation {
    std::vector<int16_t> samples;
    std::vector<Call> calls;
    double speech_s = 0;  ///< recordings of speech, words and commands included
};

/// One call for each recording of the wake word in a split: the last gate's label. Commands are the
/// labels of the decision, in turn; before each call come sounds that are no speech (role `sound`
/// or `noise`), their loudness as recorded, for 20 s, and one recording of other words or running
/// speech. At most `most` calls. Throws std::runtime_error where there is no gate or no recordings.
Conversation conversation(const project::Project& project, const std::filesystem::path& data,
                          const std::string& split, size_t most);

struct CascadeJudgement {
    uint64_t words = 0;
    uint64_t missed_words = 0;
    uint64_t missed_commands = 0;  ///< of the calls whose wake word was heard; another word too
    uint64_t false_words = 0;      ///< heard outside of calls
    uint64_t false_commands = 0;   ///< told outside of calls
    double hours = 0;              ///< outside of calls
    std::vector<std::string> missed_names;
};

/// What the device decides over a conversation against what was said: the wake word within half a
/// second, the first command within a second of its recording.
CascadeJudgement judge_calls(const DeviceRun& device, const Conversation& heard,
                             const std::string& word);

}  // namespace ganglion::train
