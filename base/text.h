// base/text.h: small pieces of text: trim, case, numbers, percent, base64.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace base {

/// Without blanks, tabs, CR and LF at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);
/// What assign() does, and quicker where there is room already: for a text that is filled again and again. `from` lies elsewhere.
inline void refill(std::string& text, std::string_view from) {
    text.resize_and_overwrite(from.size(), [from](char* to, std::size_t size) { return from.copy(to, size); });
}
/// One text of three.
[[nodiscard]] inline std::string joined(std::string_view a, std::string_view b, std::string_view c) {
    const std::size_t size = a.size() + b.size() + c.size();
    std::string text;
    text.resize_and_overwrite(size, [&](char* to, std::size_t) {  // what it is told to write may be more (libstdc++ 12)
        to += a.copy(to, a.size());
        to += b.copy(to, b.size());
        c.copy(to, c.size());
        return size;
    });
    return text;
}
/// ASCII letters only; other bytes stay.
[[nodiscard]] std::string to_lower(std::string_view text);
void lower(std::string& text);
[[nodiscard]] std::string to_upper(std::string_view text);
/// The first `most` bytes, less the torn character at their end.
[[nodiscard]] std::string clipped(std::string text, std::size_t most);
/// The same, once the sizes are known to be equal.
[[nodiscard]] bool equal_letters(const char* a, const char* b, std::size_t size);
/// ASCII letters only. Inline, since nearly all pairs of header names differ in size, or in their first byte.
[[nodiscard]] inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    return a.empty() || (((a.front() ^ b.front()) & ~0x20) == 0 && equal_letters(a.data(), b.data(), a.size()));
}
/// Parts between separators, untrimmed; "" gives one empty part.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

/// Decimal digits only, no sign, no blanks; nullopt on anything else or above `most`.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t most = UINT64_MAX);

/// Decodes %XX; nullopt on a broken escape. '+' stays '+'.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);
/// Encodes every byte that RFC 3986 does not allow in a path segment, '/' excepted.
[[nodiscard]] std::string percent_encode_path(std::string_view path);

[[nodiscard]] bool valid_utf8(std::string_view bytes);
/// Bytes of the well-formed character that `bytes` starts with; 0 when there is none. `bytes` is not empty. RFC 3629 4.
[[nodiscard]] std::size_t utf8_length(std::string_view bytes);
/// How many bytes at the start are whole, valid characters; all of them if valid_utf8.
[[nodiscard]] std::size_t valid_utf8_prefix(std::string_view bytes);
/// The bytes as Latin-1 characters, written as UTF-8 (each byte becomes U+0000 to U+00FF).
[[nodiscard]] std::string latin1_to_utf8(std::string_view bytes);
/// The reverse; nullopt when a character is above U+00FF or the text is not UTF-8.
[[nodiscard]] std::optional<std::string> utf8_to_latin1(std::string_view text);

[[nodiscard]] std::string base64_encode(std::string_view bytes);
/// Strict alphabet, padding required; nullopt otherwise.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

/// The candidate with the least edit distance to `word`, if that is at most 1 + a third of its length.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view word,
                                                      const std::vector<std::string_view>& candidates);

}  // namespace base
