#include "train/synthesis/near_words.hpp"

#include <gtest/gtest.h>

#include <set>

#include "train/synthesis/speech.hpp"

namespace ganglion::train {
namespace {

using Sounds = std::vector<std::string>;

TEST(SoundDistance, CountsReplacedLeftOutAndPutIn) {
    const Sounds alexa = {"a#", "l", "E", "k", "s", "@"};
    EXPECT_EQ(sound_distance(alexa, alexa), 0U);
    EXPECT_EQ(sound_distance(alexa, {"l", "E", "k", "s", "@"}), 1U);
    EXPECT_EQ(sound_distance(alexa, {"a#", "l", "E", "k", "t", "@", "z"}), 2U);
    EXPECT_EQ(sound_distance({}, alexa), 6U);
}

TEST(NearWords, AreManyDifferentAndTheSameForASeed) {
    const Sounds alexa = {"a#", "l", "E", "k", "s", "@"};
    const auto words = near_words(alexa, 300, 5);
    ASSERT_EQ(words.size(), 300U);
    EXPECT_GT(std::set<std::string>(words.begin(), words.end()).size(), 200U);
    EXPECT_EQ(words, near_words(alexa, 300, 5));
    EXPECT_NE(words, near_words(alexa, 300, 6));
    for (const auto& word : words) {
        EXPECT_TRUE(word.starts_with("[[") && word.ends_with("]]")) << word;
        EXPECT_EQ(word.find("a#l'Eks@"), std::string::npos) << word;
    }
    // Some begin as it does, some end as it does.
    const auto some = [&](const char* part) {
        return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
            return word.find(part) != std::string::npos;
        });
    };
    EXPECT_TRUE(some("[[a#l'E"));
    EXPECT_TRUE(some("ks@]]"));
    EXPECT_TRUE(near_words({"a"}, 5, 1).empty()) << "too short to be near to";
}

TEST(PhonemesOf, AreThoseThatEspeakSays) {
    if (!is_available(SpeechEngine::espeak_ng)) GTEST_SKIP() << "SKIPPED: needs espeak-ng";
    EXPECT_EQ(phonemes_of("alexa"), (Sounds{"a#", "l", "E", "k", "s", "@"}));
    EXPECT_EQ(phonemes_of("jarvis"), (Sounds{"dZ", "A@", "v", "I", "s"}));
    // What is written so is spoken: other sounds than those of the word itself.
    const Voice voice{SpeechEngine::espeak_ng, "en-us"};
    const auto near = near_words(phonemes_of("alexa"), 1, 9);
    EXPECT_GT(speak_trimmed(near[0], voice).size(), 3000U);
    EXPECT_NE(speak_trimmed(near[0], voice), speak_trimmed("alexa", voice));
}

}  // namespace
}  // namespace ganglion::train
