#pragma once

#include "train/corpus/speech_corpus.hpp"

namespace ganglion::train {

/// Half of a recorded word (its first or its last 35 to 50 %) among silence and other speech, in
/// the very voices and rooms that say the word: half a word is not the word.
Sound half_word(const Utterance& utterance, const SpeechCorpus& corpus, Random& random);

/// About `seconds` of pieces of 80 to 400 ms of speech in random order, some of them backwards:
/// real voices that say what nobody says. Three of four pieces are recorded speech where there is
/// any.
Sound scrambled_speech(const SpeechCorpus& corpus, double seconds, Random& random);

}  // namespace ganglion::train
