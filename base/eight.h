// base/eight.h: eight bytes looked at together, in one word.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace base::eight {

/// Eight bytes; which end comes first does not matter to what is asked here.
using Word = std::uint64_t;
inline constexpr std::size_t kBytes = sizeof(Word);
inline constexpr Word kOnes = 0x0101010101010101;
inline constexpr Word kTops = 0x8080808080808080;

/// `from` points to eight bytes at least.
[[nodiscard]] inline Word load(const char* from) {
    Word word;
    std::memcpy(&word, from, kBytes);
    return word;
}
inline void store(char* to, Word word) { std::memcpy(to, &word, kBytes); }

/// Whether one of the bytes is below `bound`, which is at most 128.
[[nodiscard]] constexpr bool any_below(Word word, unsigned char bound) { return ((word - kOnes * bound) & ~word & kTops) != 0; }
[[nodiscard]] constexpr bool any_is(Word word, unsigned char byte) { return any_below(word ^ (kOnes * byte), 1); }

/// The top bit of each byte from `first` to `last`, which are ASCII.
[[nodiscard]] constexpr Word between(Word word, unsigned char first, unsigned char last) {
    const Word low_seven = word & ~kTops;
    const Word from_first = low_seven + kOnes * (0x80U - first);
    const Word beyond_last = low_seven + kOnes * (0x7fU - last);
    return (from_first ^ beyond_last) & ~word & kTops;
}
/// The same of ASCII letters and digits.
[[nodiscard]] constexpr Word letters_and_digits(Word word) {
    return between(word, 'a', 'z') | between(word, 'A', 'Z') | between(word, '0', '9');
}

/// ASCII letters in lower case, other bytes as they are.
[[nodiscard]] constexpr Word lower(Word word) { return word | between(word, 'A', 'Z') >> 2; }  // 0x80 >> 2 is what parts 'a' from 'A'

/// Whether `sound` says so of every eight bytes `step` apart, and of the last eight. Of fewer than eight nothing is
/// known, which is false.
template <std::size_t step = kBytes, class F>
[[nodiscard]] bool all(std::string_view text, F sound) {
    if (text.size() < kBytes) return false;
    bool every = sound(load(text.data() + text.size() - kBytes));
    for (std::size_t at = 0; at + kBytes < text.size(); at += step) every &= sound(load(text.data() + at));
    return every;
}

}  // namespace base::eight
