// base/text.cc: trim, case, numbers, percent, UTF-8, base64, and what somebody may have meant.
// SPDX-License-Identifier: Apache-2.0
// Spec: RFC 3986 2.1 and 3.3 (percent), RFC 3629 (UTF-8), RFC 4648 4 (base64)
#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "base/lanes.h"

namespace base {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr char lower_letter(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
constexpr unsigned byte(char c) { return static_cast<unsigned char>(c); }

/// -1 for what is not a hexadecimal digit.
constexpr int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char l = lower_letter(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/// Some bytes come twice.
template <class Lanes>
void lower_by(std::string& text) {
    const auto lower_at = [&](std::size_t at) { lanes::store(&text[at], lanes::lower(lanes::load<Lanes>(&text[at]))); };
    const std::size_t last = text.size() - sizeof(Lanes);
    for (std::size_t at = 0; at < last; at += sizeof(Lanes)) lower_at(at);
    lower_at(last);
}

/// pchar of RFC 3986 without pct-encoded, and '/'.
constexpr bool plain_in_path(char c) {
    const char l = lower_letter(c);
    if ((l >= 'a' && l <= 'z') || (c >= '0' && c <= '9')) return true;
    return c != '\0' && std::string_view("-._~!$&'()*+,;=:@/").contains(c);
}

/// The value of each byte in the alphabet; -1 for others.
constexpr std::array<signed char, 256> base64_values() {
    std::array<signed char, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < kBase64.size(); ++i) values[byte(kBase64[i])] = static_cast<signed char>(i);
    return values;
}
constexpr auto kBase64Values = base64_values();

/// Levenshtein distance, in bytes. O(|a| |b|), with one row of memory.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::size_t utf8_length(std::string_view bytes) {
    const unsigned lead = byte(bytes[0]);
    if (lead < 0x80) return 1;
    const std::size_t length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (length == 0 || bytes.size() < length) return 0;
    // The second byte alone rules out long forms, surrogates and what lies beyond U+10FFFF.
    const unsigned least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (byte(bytes[1]) < least || byte(bytes[1]) > most) return 0;
    for (std::size_t i = 2; i < length; ++i) {
        if ((byte(bytes[i]) & 0xC0) != 0x80) return 0;
    }
    return length;
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

std::string to_lower(std::string_view text) {
    std::string out(text);
    lower(out);
    return out;
}

void lower(std::string& text) {
    if (text.size() >= sizeof(lanes::Sixteen)) {
        lower_by<lanes::Sixteen>(text);
    } else if (text.size() >= sizeof(lanes::Eight)) {
        lower_by<lanes::Eight>(text);
    } else {
        for (char& c : text) c = lower_letter(c);
    }
}

std::string to_upper(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return out;
}

std::string clipped(std::string text, std::size_t most) {
    if (text.size() > most) text.resize(valid_utf8_prefix(std::string_view(text).substr(0, most)));
    return text;
}

bool equal_letters(const char* a, const char* b, std::size_t size) {
    if (size >= lanes::kFewest) {
        const auto alike = []<class Lanes>(Lanes of_a, Lanes of_b) { return (Lanes)(of_a == of_b); };
        const auto alike_lowered = [alike](auto of_a, auto of_b) { return alike(lanes::lower(of_a), lanes::lower(of_b)); };
        return lanes::all(size, alike, a, b) || lanes::all(size, alike_lowered, a, b);  // most are written alike
    }
    for (std::size_t i = 0; i < size; ++i) {
        if (lower_letter(a[i]) != lower_letter(b[i])) return false;
    }
    return true;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == text.npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t most) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || value > most) return std::nullopt;
    return value;
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (text.size() - i < 3) return std::nullopt;
        const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

std::string percent_encode_path(std::string_view path) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    out.reserve(path.size());
    for (char c : path) {
        if (plain_in_path(c)) {
            out += c;
        } else {
            out += {'%', kHex[byte(c) >> 4], kHex[byte(c) & 15]};
        }
    }
    return out;
}

bool valid_utf8(std::string_view bytes) { return valid_utf8_prefix(bytes) == bytes.size(); }

std::size_t valid_utf8_prefix(std::string_view bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        std::uint64_t eight = 0;
        if (bytes.size() - done >= sizeof eight) {
            std::memcpy(&eight, bytes.data() + done, sizeof eight);
            if ((eight & 0x8080808080808080u) == 0) {
                done += sizeof eight;
                continue;
            }
        }
        const std::size_t length = utf8_length(bytes.substr(done));
        if (length == 0) break;
        done += length;
    }
    return done;
}

std::string latin1_to_utf8(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    for (char c : bytes) {
        if (byte(c) < 0x80) {
            out += c;
        } else {
            out += {static_cast<char>(0xC0 | (byte(c) >> 6)), static_cast<char>(0x80 | (byte(c) & 0x3F))};
        }
    }
    return out;
}

std::optional<std::string> utf8_to_latin1(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 1) {
            out += text[0];
        } else if (length == 2 && byte(text[0]) <= 0xC3) {
            out += static_cast<char>((byte(text[0]) & 0x03) << 6 | (byte(text[1]) & 0x3F));
        } else {
            return std::nullopt;
        }
        text.remove_prefix(length);
    }
    return out;
}

std::string base64_encode(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (; bytes.size() >= 3; bytes.remove_prefix(3)) {
        const unsigned three = byte(bytes[0]) << 16 | byte(bytes[1]) << 8 | byte(bytes[2]);
        for (int shift : {18, 12, 6, 0}) out += kBase64[three >> shift & 63];
    }
    if (bytes.size() == 1) {
        out += {kBase64[byte(bytes[0]) >> 2], kBase64[byte(bytes[0]) << 4 & 63], '=', '='};
    } else if (bytes.size() == 2) {
        const unsigned two = byte(bytes[0]) << 8 | byte(bytes[1]);
        out += {kBase64[two >> 10], kBase64[two >> 4 & 63], kBase64[two << 2 & 63], '='};
    }
    return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    text.remove_suffix(padding);
    std::string out;
    out.reserve(text.size() / 4 * 3 + 2);
    unsigned bits = 0;
    int count = 0;
    for (char c : text) {
        const int value = kBase64Values[byte(c)];
        if (value < 0) return std::nullopt;
        bits = (bits << 6 | static_cast<unsigned>(value)) & 0xFFFFFF;
        count += 6;
        if (count >= 8) {
            count -= 8;
            out += static_cast<char>(bits >> count & 0xFF);
        }
    }
    // What is left over must be zero (RFC 4648 3.5): one value, one spelling.
    if ((bits & ((1u << count) - 1)) != 0) return std::nullopt;
    return out;
}

std::optional<std::string_view> nearest(std::string_view word,
                                        const std::vector<std::string_view>& candidates) {
    std::optional<std::string_view> best;
    std::size_t bound = 1 + word.size() / 3;  // the next one found must not be farther than this
    for (const std::string_view candidate : candidates) {
        if (candidate.size() > word.size() + bound || word.size() > candidate.size() + bound) continue;
        const std::size_t apart = distance(word, candidate);
        if (apart > bound) continue;
        best = candidate;
        if (apart == 0) break;
        bound = apart - 1;
    }
    return best;
}

}  // namespace base
