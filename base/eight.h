// base/eight.h: eight bytes looked at together, in one word.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

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

/// ASCII letters in lower case, other bytes as they are.
[[nodiscard]] constexpr Word lower(Word word) {
    const Word low_seven = word & ~kTops;
    const Word from_a = low_seven + kOnes * (0x80 - 'A');      // top bit: at least 'A'
    const Word beyond_z = low_seven + kOnes * (0x7f - 'Z');    // top bit: above 'Z'
    const Word upper = (from_a ^ beyond_z) & ~word & kTops;
    return word | upper >> 2;                                  // 0x80 >> 2 is what parts 'a' from 'A'
}

}  // namespace base::eight
