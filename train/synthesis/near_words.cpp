#include "train/synthesis/near_words.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <numeric>

#include "train/synthesis/random.hpp"
#include "train/synthesis/scratch_folder.hpp"
#include "train/synthesis/subprocess.hpp"

namespace ganglion::train {
namespace {

/// espeak-ng's names of the sounds of English, longest first where one begins another.
constexpr std::array kVowels{"aI@", "aI3", "a#", "aI", "aU", "aa", "A@", "A:", "eI", "e@",
                             "i:",  "i@",  "I2", "I#", "3:", "0#", "O:", "O@", "oU", "OI",
                             "u:",  "U@",  "@L", "a",  "A",  "E",  "e",  "I",  "i",  "3",
                             "0",   "O",   "o",  "u",  "U",  "V",  "@"};
constexpr std::array kConsonants{"tS", "dZ", "t#", "t2", "p", "b", "t", "d", "k",
                                 "g",  "f",  "v",  "T",  "D", "s", "z", "S", "Z",
                                 "h",  "m",  "n",  "N",  "l", "r", "w", "j"};
/// What syllables are made of: the plain sounds.
constexpr std::array kSpokenVowels{"a",  "aI", "E",  "eI", "i:", "I",
                                   "oU", "0",  "u:", "V",  "@",  "3:"};

bool is_vowel(const std::string& sound) {
    return std::find(kVowels.begin(), kVowels.end(), sound) != kVowels.end();
}

std::string any_consonant(Random& random) {
    return kConsonants[4 + random.below(kConsonants.size() - 4)];
}

std::string any_vowel(Random& random) {
    return kSpokenVowels[random.below(kSpokenVowels.size())];
}

void append_syllable(std::vector<std::string>& sounds, Random& random) {
    if (random.chance(0.8)) sounds.push_back(any_consonant(random));
    sounds.push_back(any_vowel(random));
    if (random.chance(0.4)) sounds.push_back(any_consonant(random));
}

std::vector<std::string> altered(const std::vector<std::string>& from, Random& random) {
    const auto half = static_cast<ptrdiff_t>((from.size() + random.below(2)) / 2);
    std::vector<std::string> to;
    switch (random.below(4)) {
        case 0:  // its beginning, then something else
            to.assign(from.begin(), from.begin() + half);
            for (uint64_t n = 1 + random.below(2); n > 0; --n) append_syllable(to, random);
            return to;
        case 1:  // something else, then its end
            for (uint64_t n = 1 + random.below(2); n > 0; --n) append_syllable(to, random);
            to.insert(to.end(), from.begin() + half, from.end());
            return to;
        default:
            to = from;
            for (auto& sound : to) {
                if (!random.chance(0.45)) continue;
                sound = is_vowel(sound) ? any_vowel(random) : any_consonant(random);
            }
            return to;
    }
}

std::string written(const std::vector<std::string>& sounds) {
    // The stress falls on the second syllable, or the only one.
    std::string text = "[[";
    const auto syllables =
        static_cast<size_t>(std::count_if(sounds.begin(), sounds.end(), is_vowel));
    size_t syllable = 0;
    for (const auto& sound : sounds) {
        if (is_vowel(sound) && ++syllable == std::min<size_t>(2, syllables)) text += '\'';
        text += sound;
    }
    return text + "]]";
}

}  // namespace

std::vector<std::string> phonemes_of(std::string_view text) {
    const ScratchFolder folder;
    const auto file = folder.path() / "phonemes.txt";
    run_program({"espeak-ng", "-v", "en-us", "-q", "-x", "--phonout=" + file.string(), "--stdin"},
                text);
    std::ifstream in(file);
    const std::string all((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    std::vector<std::string> sounds;
    for (size_t at = 0; at < all.size();) {
        const std::string_view rest = std::string_view(all).substr(at);
        const auto begins = [&](const char* name) { return rest.starts_with(name); };
        const char* found = nullptr;
        if (const auto* vowel = std::find_if(kVowels.begin(), kVowels.end(), begins);
            vowel != kVowels.end())
            found = *vowel;
        if (const auto* consonant = std::find_if(kConsonants.begin(), kConsonants.end(), begins);
            found == nullptr && consonant != kConsonants.end())
            found = *consonant;
        if (found == nullptr) {  // stress, length, pause
            ++at;
            continue;
        }
        sounds.emplace_back(found);
        at += sounds.back().size();
    }
    return sounds;
}

size_t sound_distance(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    std::vector<size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 1; i <= a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row.back();
}

std::vector<std::string> near_words(const std::vector<std::string>& phonemes, size_t count,
                                    uint64_t seed) {
    std::vector<std::string> words;
    if (phonemes.size() < 3) return words;
    Random random(seed);
    const size_t least = std::max<size_t>(2, (phonemes.size() + 2) / 3);
    while (words.size() < count) {
        const auto sounds = altered(phonemes, random);
        if (sound_distance(phonemes, sounds) >= least) words.push_back(written(sounds));
    }
    return words;
}

}  // namespace ganglion::train
