// ctl/text_file.cc: files as people and other programs leave them.
// SPDX-License-Identifier: Apache-2.0
#include "ctl/text_file.h"

#include "base/fd.h"
#include "base/utf16.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace ctl {

using base::Errc;
using base::fail;

namespace {

base::Result<std::string> from_utf16(std::string_view bytes, base::ByteOrder order) {
    if (bytes.size() % 2 != 0) return fail(Errc::malformed, "the file ends within a character");
    auto text = base::utf8_of_utf16(bytes, order);
    if (!text) return fail(Errc::malformed, "half a character of UTF-16");
    return std::move(*text);
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
    if (bytes.starts_with("\xff\xfe")) return from_utf16(bytes.substr(2), base::ByteOrder::little);
    if (bytes.starts_with("\xfe\xff")) return from_utf16(bytes.substr(2), base::ByteOrder::big);
    return std::string(bytes);
}

}  // namespace ctl
