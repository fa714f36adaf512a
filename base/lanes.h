// base/lanes.h: four, eight or sixteen bytes looked at together.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace base::lanes {

/// Bytes side by side, which the compiler keeps in one register. A mask is of the same type: 0xff in the place of each byte
/// that is meant, and 0 in the others.
using Four [[gnu::vector_size(4)]] = unsigned char;
using Eight [[gnu::vector_size(8)]] = unsigned char;
using Sixteen [[gnu::vector_size(16)]] = unsigned char;

/// `from` points to as many bytes as `Lanes` has, at least; so does `to`.
template <class Lanes>
[[nodiscard]] Lanes load(const char* from) {
    Lanes bytes;
    std::memcpy(&bytes, from, sizeof bytes);
    return bytes;
}
template <class Lanes>
void store(char* to, Lanes bytes) {
    std::memcpy(to, &bytes, sizeof bytes);
}

/// The mask of the bytes that are `byte`.
template <class Lanes>
[[nodiscard]] Lanes is(Lanes bytes, unsigned char byte) {
    return (Lanes)(bytes == byte);
}
/// The mask of the bytes from `first` to `last`.
template <class Lanes>
[[nodiscard]] Lanes between(Lanes bytes, unsigned char first, unsigned char last) {
    return (Lanes)((bytes - first) <= static_cast<unsigned char>(last - first));
}

constexpr unsigned char kCaseBit = 'a' - 'A';
/// The masks of ASCII letters, and of them and digits.
template <class Lanes>
[[nodiscard]] Lanes letters(Lanes bytes) {
    return between(bytes | kCaseBit, 'a', 'z');
}
template <class Lanes>
[[nodiscard]] Lanes letters_and_digits(Lanes bytes) {
    return letters(bytes) | between(bytes, '0', '9');
}
/// ASCII letters in lower case, other bytes as they are.
template <class Lanes>
[[nodiscard]] Lanes lower(Lanes bytes) {
    return bytes | (between(bytes, 'A', 'Z') & kCaseBit);
}

/// Whether a mask means every byte.
[[nodiscard]] inline bool every(Four mask) { return std::bit_cast<std::uint32_t>(mask) == UINT32_MAX; }
[[nodiscard]] inline bool every(Eight mask) { return std::bit_cast<std::uint64_t>(mask) == UINT64_MAX; }
[[nodiscard]] inline bool every(Sixteen mask) {
    using Halves [[gnu::vector_size(16)]] = std::uint64_t;
    const auto halves = (Halves)mask;
    return (halves[0] & halves[1]) == UINT64_MAX;
}

/// Whether `sound` means every byte of texts of one size, which begin there and are sizeof(Lanes) long at least: of as many
/// bytes of each it is asked for a mask. Some bytes it sees twice.
template <class Lanes, class F, class... Begin>
[[nodiscard]] bool all_by(std::size_t size, F sound, Begin... texts) {
    const std::size_t last = size - sizeof(Lanes);
    Lanes all = sound(load<Lanes>(texts + last)...);
    for (std::size_t at = 0; at < last; at += sizeof(Lanes)) all &= sound(load<Lanes>(texts + at)...);
    return every(all);
}
inline constexpr std::size_t kFewest = sizeof(Four);

/// The same by the widest lanes that the texts fill. Of fewer than kFewest bytes nothing is known, which is false.
template <class F, class... Begin>
[[nodiscard]] bool all(std::size_t size, F sound, Begin... texts) {
    if (size >= sizeof(Sixteen)) return all_by<Sixteen>(size, sound, texts...);
    if (size >= sizeof(Eight)) return all_by<Eight>(size, sound, texts...);
    return size >= kFewest && all_by<Four>(size, sound, texts...);
}
template <class F>
[[nodiscard]] bool all(std::string_view text, F sound) {
    return all(text.size(), sound, text.data());
}

}  // namespace base::lanes
