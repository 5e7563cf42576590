#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "project/project.hpp"

namespace ganglion::train {

/// A stretch of a stream in which a decision should come, in samples per channel from 0.
struct Expected {
    uint64_t begin = 0;
    uint64_t end = 0;
    std::string label = {};  ///< of the decision; empty: any
    bool required = true;    ///< false: a decision here is neither right nor wrong
};

/// Real recordings one after the other, as one device would sense them, and what is true of them.
struct RecordedStream {
    std::string description;       ///< for people
    std::vector<int16_t> samples;  ///< interleaved channels
    std::vector<Expected> expected;
    uint64_t tolerance = 0;           ///< samples behind a stretch in which a decision still counts
    std::vector<std::string> judged;  ///< labels whose truth is known; empty: all
};

struct StreamInput {
    const project::Project& project;
    std::filesystem::path data;  ///< root of the recordings
    std::string split;
};

/// What an application of one kind of judge senses in a demonstration: minutes of a fast sensor,
/// weeks to a year of a slow one. Deterministic. Throws std::runtime_error: no such recordings.
using Streamer = RecordedStream (*)(const StreamInput& input);

/// At most three clips of each label that can fire, and as many of others, in turn: of each label
/// the manifest's first.
RecordedStream clips_stream(const StreamInput& input);

/// Each wake word of the last gate with a command behind it, among sounds and other speech: the
/// first six of the judged conversation (cascade_judgement.hpp).
RecordedStream cascade_stream(const StreamInput& input);

/// Normal running as the device learns it and of the split, then the split's first faulty recording
/// of the same sensor position.
RecordedStream motor_stream(const StreamInput& input);

/// Trials to be found and others in turn; where whole recordings are judged by their mean, those of
/// one person (who is learned first) or of three.
RecordedStream trial_stream(const StreamInput& input);

/// Minutes of the person of whom the most is to be found.
RecordedStream beat_stream(const StreamInput& input);
RecordedStream pause_stream(const StreamInput& input);

/// The shortest series of a feeder or region: a year to learn, then twelve weeks with a fault of
/// known size in each (load_judgement.hpp).
RecordedStream load_stream(const StreamInput& input);

/// The first hourly soil sensor. True are its rises of 1 % within three hours; of drying nothing is
/// judged here.
RecordedStream soil_stream(const StreamInput& input);

/// The home with the most regular actions.
RecordedStream routine_stream(const StreamInput& input);

/// The first recording of events, from its beginning; judged is the split's part.
RecordedStream event_stream(const StreamInput& input);

/// Some minutes of one room at night, with sounds that do not belong there.
RecordedStream noise_stream(const StreamInput& input);

/// The first room's days. Absences of up to an hour are no absence here: the light stays on.
RecordedStream room_stream(const StreamInput& input);

}  // namespace ganglion::train
