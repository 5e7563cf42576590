#include "project/sensing.hpp"

#include <algorithm>
#include <bit>

namespace ganglion::project {
namespace {

void check_band_limits(const TomlSection& section, const Project::FeatureChoice& features,
                       uint32_t rate_hz) {
    if (features.high_hz > rate_hz / 2.0) {
        section.refuse("high_hz", "is above half the sampling rate",
                       "write at most " + std::to_string(rate_hz / 2));
    }
    if (features.low_hz >= features.high_hz) {
        section.refuse("low_hz", "is not below high_hz", "write a smaller number");
    }
    if (features.spacing == Spacing::log && features.low_hz <= 0) {
        section.refuse("low_hz", "is 0, which log spacing cannot start from",
                       "write a number above 0 or spacing = \"linear\"");
    }
}

void read_spectrum(TomlSection& section, const Project::SensorInput& sensor,
                   Project::FeatureChoice& features) {
    const bool mel = features.kind == Features::log_mel;
    features.window = section.integer_required("window", 2, 2048);
    if (features.window % 2 != 0) {
        section.refuse("window", std::to_string(features.window) + " is odd",
                       "write an even number of samples");
    }
    features.hop = section.integer_required("hop", 1, features.window);
    const uint32_t smallest = std::max(128U, std::bit_ceil(features.window));
    features.fft_size = section.integer("fft_size", smallest, smallest, 2048);
    if (!std::has_single_bit(features.fft_size)) {
        section.refuse("fft_size", std::to_string(features.fft_size) + " is not a power of two",
                       "write " + std::to_string(std::bit_ceil(features.fft_size)));
    }
    features.bands = section.integer_required("bands", 1, 128);
    features.low_hz = section.number_required("low_hz", 0, 500000);
    features.high_hz = section.number_required("high_hz", 0, 500000);
    const Spacing usual = mel ? Spacing::mel : Spacing::linear;
    features.spacing = choice<Spacing>(
        section, "spacing",
        {{"mel", Spacing::mel}, {"linear", Spacing::linear}, {"log", Spacing::log}}, &usual);
    check_band_limits(section, features, sensor.rate_hz);
    features.time_features = section.boolean("time_features", false);
    if (features.time_features && mel) {
        section.refuse("time_features", "only spectrum_bands has them", "write false");
    }
    features.offset = section.number("offset", 35, -64, 64);
    features.steps = section.number("steps", 8, 1.0 / 256, 64);
    features.normalise_seconds = section.number("normalise_seconds", 0, 0, 3600);
    if (features.normalise_seconds > 0 && !mel) {
        section.refuse("normalise_seconds", "only log_mel has it",
                       "leave it out and write running_normal_frames in [learn]");
    }
}

}  // namespace

Numbers read_numbers(TomlSection& section, const std::vector<Key>& keys) {
    Numbers numbers;
    for (const Key& key : keys) {
        if (key.most == 1 && !key.fallback) {
            numbers[key.name] = {section.number_required(key.name, key.low, key.high)};
            continue;
        }
        if (key.most == 1) {
            numbers[key.name] = {section.number(key.name, *key.fallback, key.low, key.high)};
            continue;
        }
        std::vector<double> list = section.numbers(key.name, key.low, key.high);
        if (list.empty() && key.fallback) list = {*key.fallback};
        if (list.empty() || list.size() > key.most) {
            section.refuse(key.name, "has " + std::to_string(list.size()) + " numbers",
                           "write a list of 1 to " + std::to_string(key.most));
        }
        numbers[key.name] = std::move(list);
    }
    return numbers;
}

Project::SensorInput read_sensor(TomlSection section) {
    Project::SensorInput sensor;
    sensor.kind = choice<Sensor>(section, "kind",
                                 {{"microphone", Sensor::microphone},
                                  {"accelerometer", Sensor::accelerometer},
                                  {"imu", Sensor::imu},
                                  {"ecg", Sensor::ecg},
                                  {"ppg", Sensor::ppg},
                                  {"blink", Sensor::blink},
                                  {"image", Sensor::image},
                                  {"soil", Sensor::soil},
                                  {"room", Sensor::room},
                                  {"meter", Sensor::meter},
                                  {"ride", Sensor::ride}});
    if (section.has("period_s")) {
        if (section.has("rate_hz")) {
            section.refuse("period_s", "stands beside rate_hz", "write one of the two");
        }
        sensor.period_s = section.integer("period_s", 1, 1, 86400 * 7);
        sensor.rate_hz = 1;
    } else {
        sensor.rate_hz = section.integer_required("rate_hz", 1, 1000000);
    }
    sensor.channels = section.integer("channels", 1, 1, 16);
    sensor.columns = section.texts("columns", "write the names of CSV columns, one a channel");
    if (!sensor.columns.empty() && sensor.columns.size() != sensor.channels) {
        section.refuse("columns", "has not one name a channel", "write as many as channels");
    }
    const std::string unit_advice = "write at most 11 bytes in quotes, e.g. \"g\"";
    sensor.unit = section.text("unit", "", unit_advice);
    if (sensor.unit.size() > 11) section.refuse("unit", "is longer than 11 bytes", unit_advice);
    sensor.units_per_lsb = section.numbers("unit_per_lsb", 0, 1e6);
    if (sensor.units_per_lsb.empty()) sensor.units_per_lsb = {0};
    if (sensor.units_per_lsb.size() == 1) {
        sensor.units_per_lsb.resize(sensor.channels, sensor.units_per_lsb.front());
    }
    if (sensor.units_per_lsb.size() != sensor.channels) {
        section.refuse("unit_per_lsb", "has not one number a channel",
                       "write one for all channels, or as many as channels");
    }
    sensor.unit_per_lsb = sensor.units_per_lsb.front();
    section.finish();
    return sensor;
}

Project::FeatureChoice read_features(TomlSection section, const Project::SensorInput& sensor) {
    Project::FeatureChoice features;
    std::vector<std::pair<std::string_view, Features>> kinds;
    for (const FeatureRow& row : feature_rows()) kinds.emplace_back(row.name, row.kind);
    features.kind = choice<Features>(section, "kind", kinds);
    const auto row = std::ranges::find(feature_rows(), features.kind, &FeatureRow::kind);
    if (sensor.channels > row->most_channels) {
        section.refuse(
            "kind",
            std::string(row->name) + " takes " +
                (row->most_channels == 1
                     ? "one channel"
                     : "at most " + std::to_string(row->most_channels) + " channels"),
            "write sensor.channels = " + std::to_string(row->most_channels) + " or another kind");
    }
    features.frames = section.integer("frames", 1, 1, 1024);
    features.stride = section.integer("stride", 1, 1, 1024);
    if (row->frame_values == nullptr) {
        read_spectrum(section, sensor, features);
    } else {
        features.parameters = read_numbers(section, row->keys);
    }
    section.finish();
    return features;
}

Project::Scaling read_scaling(TomlSection section, uint32_t values) {
    Project::Scaling scaling;
    scaling.offset = section.numbers("offset", -131072, 131072);
    scaling.steps = section.numbers("steps", 0, 127);
    const size_t count = scaling.offset.size();
    if (count != scaling.steps.size() || (count > 1 && count != values)) {
        section.refuse("offset", "and steps have not as many numbers as a frame has values",
                       "write " + std::to_string(values) + " numbers each, or one for all");
    }
    section.finish();
    return scaling;
}

Project::SoundGate read_sound_gate(TomlSection section, const Project& project) {
    const uint32_t hop = project.features.hop;
    if (project.sensor.channels != 1 || hop == 0 || hop % 2 != 0) {
        section.refuse("ratio", "a sound gate needs one channel and features with an even hop",
                       "change features.hop, or leave [sound_gate] out");
    }
    Project::SoundGate gate;
    gate.ratio = section.number_required("ratio", 1, 255);
    gate.least = section.integer("least", gate.least, 0, 65535);
    const double hop_ms = 1000.0 * hop / project.sensor.rate_hz;
    const auto most = [&](uint32_t blocks) {
        return static_cast<uint32_t>(std::min(blocks * hop_ms, 3600000.0));
    };
    gate.hold_ms = section.integer("hold_ms", gate.hold_ms, 0, most(65535));
    gate.floor_ms = section.integer("floor_ms", gate.floor_ms, 1, most(65535));
    gate.preroll_ms = section.integer("preroll_ms", gate.preroll_ms, 0, most(15));
    section.finish();
    return gate;
}

}  // namespace ganglion::project
