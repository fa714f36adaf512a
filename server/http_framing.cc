// server/http_framing.cc: is a request's framing sound enough to look inside?
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (framing); RFC 7230 3.2, 3.3.3, 5.4
#include "server/http_framing.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/text.h"

namespace server {

using base::Errc;
using base::fail;

namespace {

// One look per byte and no branch: this runs over every header of every request.
constexpr std::array<bool, 256> kTokenChars = [] {
    std::array<bool, 256> table{};
    for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
    for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
    for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
    for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
    return table;
}();

bool is_token_char(char c) { return kTokenChars[static_cast<unsigned char>(c)]; }

bool is_token(std::string_view text) {
    bool sound = !text.empty();
    for (const char c : text) sound &= is_token_char(c);
    return sound;
}

bool is_field_value(std::string_view text) {
    bool sound = true;
    for (const char c : text) sound &= (static_cast<unsigned char>(c) >= 0x20 || c == '\t') && c != 0x7f;
    return sound;
}

// libmicrohttpd 0.9.75 joins a folded line to the header's name, so that `Transfer-Encoding:`, continued by
// ` chunked`, frames nothing and its body would be read as the next request.
bool was_folded(std::string_view name) {
    for (const std::string_view frames : {"Content-Length", "Transfer-Encoding"}) {
        if (name.size() > frames.size() && base::equal_ignoring_case(name.substr(0, frames.size()), frames)) return true;
    }
    return false;
}

base::Result<void> check_names(const base::Request& request, const std::string& version) {
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return fail(Errc::malformed, "only HTTP/1.1 and HTTP/1.0 are spoken (RFC 7230 2.6)");
    if (!is_token(request.method)) return fail(Errc::malformed, "the method is no token (RFC 7230 3.1.1)");
    if (!is_field_value(request.target) || request.target.find_first_of(" \t") != std::string::npos) {
        return fail(Errc::malformed, "the request target holds a blank or control character (RFC 7230 3.1.1)");
    }
    for (const base::HttpHeader& h : request.headers) {
        if (!is_token(h.name)) return fail(Errc::malformed, "a header's name is no token (RFC 7230 3.2.6)");
        if (was_folded(h.name)) return fail(Errc::malformed, "a header that frames the body is folded (RFC 7230 3.2.4)");
        if (!is_field_value(h.value)) return fail(Errc::malformed, h.name + " holds control characters (RFC 7230 3.2)");
    }
    return {};
}

}  // namespace

base::Result<Framing> check_framing(const base::Request& request, const std::string& version) {
    if (auto sound = check_names(request, version); !sound) return std::unexpected(sound.error());
    const std::size_t hosts = request.count("Host");
    if (hosts > 1) return fail(Errc::malformed, "Host stands more than once (RFC 7230 5.4)");
    if (hosts == 0 && version == "HTTP/1.1") return fail(Errc::malformed, "HTTP/1.1 needs Host: <server> (RFC 7230 5.4)");
    const std::size_t lengths = request.count("Content-Length");
    const std::size_t codings = request.count("Transfer-Encoding");
    if (lengths > 1) return fail(Errc::malformed, "Content-Length stands more than once (RFC 7230 3.3.3)");
    if (lengths + codings > 1) {
        return fail(Errc::malformed, "Content-Length and Transfer-Encoding cannot stand together (RFC 7230 3.3.3)");
    }
    Framing framing;
    if (codings == 1) {
        // Untrimmed: with a blank behind it libmicrohttpd knows no chunks and reads until the connection ends.
        const auto coding = std::find_if(request.headers.begin(), request.headers.end(), [](const base::HttpHeader& h) {
            return base::equal_ignoring_case(h.name, "Transfer-Encoding");
        });
        if (version == "HTTP/1.0" || !base::equal_ignoring_case(coding->value, "chunked")) {
            return fail(Errc::malformed, "Transfer-Encoding can only be chunked, on HTTP/1.1 (RFC 7230 3.3.1)");
        }
        framing.chunked = true;
    }
    if (lengths == 1) {
        const auto length = base::parse_number(*request.header("Content-Length"));
        if (!length) return fail(Errc::malformed, "Content-Length is not a number (RFC 7230 3.3.2)");
        framing.content_length = *length;
    }
    return framing;
}

}  // namespace server
