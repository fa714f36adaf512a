// ctl/text_file.cc: files as people and other programs leave them.
// SPDX-License-Identifier: Apache-2.0
#include "ctl/text_file.h"

#include "base/fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace ctl {

using base::Errc;
using base::fail;

namespace {

void append_utf8(std::string& out, std::uint32_t c) {
    const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (c < 0x80) return put(c);
    if (c < 0x800) {
        put(0xc0 | c >> 6);
    } else if (c < 0x10000) {
        put(0xe0 | c >> 12);
        put(0x80 | (c >> 6 & 0x3f));
    } else {
        put(0xf0 | c >> 18);
        put(0x80 | (c >> 12 & 0x3f));
        put(0x80 | (c >> 6 & 0x3f));
    }
    put(0x80 | (c & 0x3f));
}

base::Result<std::string> from_utf16(std::string_view bytes, bool big_endian) {
    if (bytes.size() % 2 != 0) return fail(Errc::malformed, "the file ends within a character");
    std::string text;
    std::uint32_t high = 0;
    for (std::size_t i = 0; i < bytes.size(); i += 2) {
        const auto first = static_cast<unsigned char>(bytes[i]);
        const auto second = static_cast<unsigned char>(bytes[i + 1]);
        const std::uint32_t unit = big_endian ? first * 256U + second : second * 256U + first;
        const bool is_low = unit >= 0xdc00 && unit < 0xe000;
        if (is_low != (high != 0)) return fail(Errc::malformed, "half a character of UTF-16");
        if (is_low) append_utf8(text, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
        high = unit >= 0xd800 && unit < 0xdc00 ? unit : 0;
        if (high == 0 && !is_low) append_utf8(text, unit);
    }
    if (high != 0) return fail(Errc::malformed, "half a character of UTF-16");
    return text;
}

}  // namespace

base::Result<std::string> read_file(const std::string& path, std::size_t most) {
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    std::array<char, 65536> part{};
    while (file) {
        const ssize_t got = ::read(file.get(), part.data(), part.size());
        if (got == 0) return text;
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) break;
        text.append(part.data(), static_cast<std::size_t>(got));
        if (text.size() > most) return fail(Errc::too_large, path + ": over " + std::to_string(most >> 20) + " MiB");
    }
    return fail(Errc::not_found, path + ": " + std::strerror(errno));
}

base::Result<std::string> decode_text(std::string_view bytes) {
    if (bytes.starts_with("\xef\xbb\xbf")) return std::string(bytes.substr(3));
    if (bytes.starts_with("\xff\xfe")) return from_utf16(bytes.substr(2), false);
    if (bytes.starts_with("\xfe\xff")) return from_utf16(bytes.substr(2), true);
    return std::string(bytes);
}

}  // namespace ctl
