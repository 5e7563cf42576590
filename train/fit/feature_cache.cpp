#include "train/fit/feature_cache.hpp"

#include <zlib.h>

#include <cstring>
#include <fstream>

#include "train/report/settings.hpp"

namespace ganglion::train {
namespace {

template <typename T>
void put(std::string& text, const T& value) {
    text.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <typename T>
bool take(std::string_view& text, T& value) {
    if (text.size() < sizeof value) return false;
    std::memcpy(&value, text.data(), sizeof value);
    text.remove_prefix(sizeof value);
    return true;
}

uint64_t checksum(std::string_view text) {
    return crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size());
}

bool take_tracks(std::string_view& text, std::vector<Track>& tracks) {
    uint64_t count = 0;
    if (!take(text, count) || count > text.size()) return false;
    tracks.resize(count);
    for (auto& track : tracks) {
        uint64_t size = 0;
        if (!take(text, track.frames) || !take(text, track.word_begin) ||
            !take(text, track.word_end) || !take(text, size) || size > text.size()) {
            return false;
        }
        track.values.assign(text.begin(), text.begin() + static_cast<ptrdiff_t>(size));
        text.remove_prefix(size);
    }
    return true;
}

}  // namespace

bool load_frames(const std::filesystem::path& file, const std::string& key, WordFrames& frames) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return false;
    const std::string all((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    std::string_view text = all;
    uint64_t stored = 0;
    if (!text.starts_with(key + '\n')) return false;
    text.remove_prefix(key.size() + 1);
    if (!take(text, stored) || stored != checksum(text)) return false;
    return take_tracks(text, frames.positives) && take_tracks(text, frames.negatives);
}

void save_frames(const std::filesystem::path& file, const std::string& key,
                 const WordFrames& frames) {
    std::string body;
    for (const auto* tracks : {&frames.positives, &frames.negatives}) {
        put(body, static_cast<uint64_t>(tracks->size()));
        for (const auto& track : *tracks) {
            put(body, track.frames);
            put(body, track.word_begin);
            put(body, track.word_end);
            put(body, static_cast<uint64_t>(track.values.size()));
            body.append(track.values.begin(), track.values.end());
        }
    }
    std::string text = key + '\n';
    put(text, checksum(body));
    std::filesystem::create_directories(file.parent_path());
    write_file(file, text + body);
}

}  // namespace ganglion::train
