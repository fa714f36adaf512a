// base/chars.h: which bytes a text may hold, as a table.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <initializer_list>
#include <string_view>

#include "base/lanes.h"

namespace base {

/// By the byte: whether it is among them. One look per byte and no branch, for what each request is judged by.
using Chars = std::array<bool, 256>;

inline constexpr std::string_view kLowerLettersAndDigits = "abcdefghijklmnopqrstuvwxyz0123456789";
inline constexpr std::string_view kUpperLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Those that stand in one of the texts.
[[nodiscard]] constexpr Chars chars_of(std::initializer_list<std::string_view> texts) {
    Chars table{};
    for (const std::string_view text : texts) {
        for (const char c : text) table[static_cast<unsigned char>(c)] = true;
    }
    return table;
}
/// Whether `text` holds no others; "" holds none.
[[nodiscard]] constexpr bool all_of(std::string_view text, const Chars& allowed) {
    bool all = true;
    for (const char c : text) all &= allowed[static_cast<unsigned char>(c)];
    return all;
}
/// The same, and quicker: `common` says so of many bytes together, when they are such as nearly all are (lanes::all).
template <class F>
[[nodiscard]] bool all_of(std::string_view text, const Chars& allowed, F common) {
    return lanes::all(text, common) || all_of(text, allowed);
}

}  // namespace base
