// base/utf16.cc: UTF-16, as files, messages and clients of another time bring it.
// SPDX-License-Identifier: Apache-2.0
#include "base/utf16.h"

#include <cstddef>
#include <cstdint>

namespace base {
namespace {

constexpr std::uint32_t kHigh = 0xd800;  // to kLow: the first half of a pair
constexpr std::uint32_t kLow = 0xdc00;   // to kEnd: the second
constexpr std::uint32_t kEnd = 0xe000;
constexpr std::uint32_t kPairs = 0x10000;  // the first character that needs one

void append_utf8(std::string& out, std::uint32_t c) {
    const auto add = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (c < 0x80) return add(c);
    if (c < 0x800) {
        add(0xc0 | c >> 6);
    } else if (c < kPairs) {
        add(0xe0 | c >> 12);
        add(0x80 | (c >> 6 & 0x3f));
    } else {
        add(0xf0 | c >> 18);
        add(0x80 | (c >> 12 & 0x3f));
        add(0x80 | (c >> 6 & 0x3f));
    }
    add(0x80 | (c & 0x3f));
}

}  // namespace

std::optional<std::string> utf8_of_utf16(std::string_view bytes, ByteOrder order) {
    const auto unit_at = [&](std::size_t at) -> std::uint32_t {
        const auto first = static_cast<unsigned char>(bytes[at]), second = static_cast<unsigned char>(bytes[at + 1]);
        return order == ByteOrder::big ? first * 256U + second : second * 256U + first;
    };
    if (bytes.size() % 2 != 0) return std::nullopt;
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += 2) {
        std::uint32_t c = unit_at(at);
        if (c >= kHigh && c < kEnd) {
            if (c >= kLow || bytes.size() - at < 4) return std::nullopt;
            const std::uint32_t low = unit_at(at += 2);
            if (low < kLow || low >= kEnd) return std::nullopt;
            c = kPairs + ((c - kHigh) << 10) + (low - kLow);
        }
        append_utf8(out, c);
    }
    return out;
}

}  // namespace base
