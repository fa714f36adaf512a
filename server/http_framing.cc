// server/http_framing.cc: is a request's framing sound enough to look inside?
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (framing); RFC 7230 3.2, 3.3.3, 5.4
#include "server/http_framing.h"

#include <cstring>

#include "base/chars.h"
#include "base/lanes.h"
#include "base/text.h"

namespace server {

using base::Errc;
using base::fail;

namespace {

constexpr base::Chars kTokenChars = base::chars_of({base::kLowerLettersAndDigits, base::kUpperLetters, "!#$%&'*+-.^_`|~"});

// What nearly all are made of.
constexpr auto kIsCommon = [](auto bytes) { return base::lanes::letters_and_digits(bytes) | base::lanes::between(bytes, '-', '.'); };

bool is_token(std::string_view text) {
    return !text.empty() && base::all_of(text, kTokenChars, kIsCommon);
}

bool is_only(std::string_view text, char c) { return text.find_first_not_of(c) == text.npos; }

// All from `least` on but for the control character 0x7f: as a table, and of many together.
constexpr base::Chars chars_from(unsigned char least) {
    base::Chars table{};
    for (std::size_t c = least; c < table.size(); ++c) table[c] = c != 0x7f;
    return table;
}
template <unsigned char least>
constexpr auto kIsFrom = [](auto bytes) { return base::lanes::between(bytes, least, 0xff) & ~base::lanes::is(bytes, 0x7f); };

constexpr base::Chars kValueChars = [] {
    base::Chars table = chars_from(' ');
    table['\t'] = true;
    return table;
}();

bool is_field_value(std::string_view text) { return base::all_of(text, kValueChars, kIsFrom<' '>); }  // a tab is not common

// `host[:port]`, in the letters that one may have. Whether it is ours is asked elsewhere.
constexpr base::Chars kHostChars = base::chars_of({base::kLowerLettersAndDigits, base::kUpperLetters, "-._:[]"});

bool is_host(std::string_view text) { return base::all_of(base::trim(text), kHostChars, kIsCommon); }

// Without blanks and control characters.
constexpr base::Chars kTargetChars = chars_from('!');

base::Result<void> check_names(const base::Request& request, const std::string& version) {
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return fail(Errc::malformed, "only HTTP/1.1 and HTTP/1.0 are spoken (RFC 7230 2.6)");
    if (!is_token(request.method)) return fail(Errc::malformed, "the method is no token (RFC 7230 3.1.1)");
    if (!base::all_of(request.target, kTargetChars, kIsFrom<'!'>)) {
        return fail(Errc::malformed, "the request target holds a blank or control character (RFC 7230 3.1.1)");
    }
    for (const base::HttpHeader& h : request.headers) {
        if (!is_token(h.name)) return fail(Errc::malformed, "a header's name is no token (RFC 7230 3.2.6)");
        if (!is_field_value(h.value)) return fail(Errc::malformed, h.name + " holds control characters (RFC 7230 3.2)");
    }
    return {};
}

}  // namespace

HeadLayout::HeadLayout(const char* method, const char* target, std::size_t target_size, const char* version)
    : begin_(method), at_(version + std::strlen(version)) {
    const char* const behind_target = target + target_size;
    sound_ = target == method + std::strlen(method) + 1 && version == behind_target + 1;
}

void HeadLayout::header(const char* name, std::size_t name_size, const char* value, std::size_t value_size) {
    const std::string_view parts(at_, sound_ && name > at_ && name - at_ <= 2 ? static_cast<std::size_t>(name - at_) : 0);
    const char* const behind_colon = name + name_size + 1;
    sound_ = !parts.empty() && is_only(parts, '\0') && value >= behind_colon;
    for (const char* blank = behind_colon; sound_ && blank < value; ++blank) sound_ = *blank == ' ' || *blank == '\t';
    at_ = value + value_size;
}

base::Result<void> HeadLayout::fills(std::size_t size) const {
    const std::ptrdiff_t left = begin_ + size - at_;
    // The end of the last line, and an empty line, each with or without CR.
    if (sound_ && left >= 2 && left <= 4 && is_only({at_, static_cast<std::size_t>(left)}, '\0')) return {};
    return fail(Errc::malformed, "a header is folded, or the head holds a NUL (RFC 7230 3.2)");
}

namespace {

// What the framing hangs on.
struct FramingHeaders {
    explicit FramingHeaders(const base::Request& request) {
        for (const base::HttpHeader& h : request.headers) {
            host.see(h, "Host");
            length.see(h, "Content-Length");
            coding.see(h, "Transfer-Encoding");
        }
    }
    struct Seen {
        const std::string* value = nullptr;  // the last
        std::size_t times = 0;
        void see(const base::HttpHeader& header, std::string_view name) {
            if (!base::equal_ignoring_case(header.name, name)) return;
            value = &header.value;
            ++times;
        }
    };
    Seen host, length, coding;
};

}  // namespace

base::Result<Framing> check_framing(const base::Request& request, const std::string& version) {
    if (auto sound = check_names(request, version); !sound) return std::unexpected(sound.error());
    const auto [host, length, coding] = FramingHeaders(request);
    if (host.times > 1) return fail(Errc::malformed, "Host stands more than once (RFC 7230 5.4)");
    if (host.times == 0 && version == "HTTP/1.1") return fail(Errc::malformed, "HTTP/1.1 needs Host: <server> (RFC 7230 5.4)");
    // A whole URL wins over Host, whatever that is.
    if (host.times == 1 && request.target.starts_with('/') && !is_host(*host.value)) {
        return fail(Errc::malformed, "Host is no host (RFC 7230 5.4)");
    }
    if (length.times > 1) return fail(Errc::malformed, "Content-Length stands more than once (RFC 7230 3.3.3)");
    if (length.times + coding.times > 1) {
        return fail(Errc::malformed, "Content-Length and Transfer-Encoding cannot stand together (RFC 7230 3.3.3)");
    }
    Framing framing;
    if (coding.times == 1) {
        // Untrimmed: with a blank behind it libmicrohttpd knows no chunks and reads until the connection ends.
        if (version == "HTTP/1.0" || !base::equal_ignoring_case(*coding.value, "chunked")) {
            return fail(Errc::malformed, "Transfer-Encoding can only be chunked, on HTTP/1.1 (RFC 7230 3.3.1)");
        }
        framing.chunked = true;
    }
    if (length.times == 1) {
        const auto bytes = base::parse_number(base::trim(*length.value));
        if (!bytes) return fail(Errc::malformed, "Content-Length is not a number (RFC 7230 3.3.2)");
        framing.content_length = *bytes;
    }
    return framing;
}

}  // namespace server
