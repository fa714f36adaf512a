// rvp/mime.cc: the MIME part inside mime-data.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 10; rvp-in-practice 4
#include "rvp/mime.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <utility>

#include "base/digest.h"
#include "base/text.h"

namespace rvp {
namespace {

constexpr std::string_view kOpen = "<![CDATA[";
constexpr std::string_view kClose = "]]>";
constexpr std::string_view kCr = "]]>&#13;<![CDATA[";  // ASCII, so sound in every encoding

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
    std::string out;
    out.reserve(text.size() + 16);
    for (std::size_t at = 0;;) {
        const std::size_t hit = text.find(from, at);
        out += text.substr(at, hit - at);
        if (hit == std::string_view::npos) return out;
        out += to;
        at = hit + from.size();
    }
}

// Calls visit(line, goes_on) for each line of the header block; returns where the block ends (the blank line), npos if
// it never does. A line that begins with a blank goes on with the header above it (RFC 822 3.1.1).
template <class F>
std::size_t for_each_header(std::string_view part, F visit) {
    for (std::size_t at = 0; at < part.size();) {
        const std::size_t end = part.find('\n', at);
        const std::string_view line = base::trim(part.substr(at, end - at));
        if (line.empty()) return at;
        visit(line, part[at] == ' ' || part[at] == '\t');
        if (end == std::string_view::npos) break;
        at = end + 1;
    }
    return std::string_view::npos;
}

// `{GUID}` in upper case out of any text: two FNV-1a hashes, dressed as a random GUID.
std::string session_id(std::string_view seed) {
    std::uint64_t a = 0xcbf29ce484222325U;
    std::uint64_t b = 0x84222325cbf29ce4U;
    for (const char c : seed) {
        a = (a ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
        b = (b ^ static_cast<unsigned char>(c)) * 0x100000001b3U + a;
    }
    std::array<char, 48> out{};
    std::snprintf(out.data(), out.size(), "{%08X-%04X-4%03X-8%03X-%04X%08X}", static_cast<unsigned>(a >> 32),
                  static_cast<unsigned>(a >> 16 & 0xffff), static_cast<unsigned>(a & 0xfff),
                  static_cast<unsigned>(b >> 52), static_cast<unsigned>(b >> 32 & 0xffff), static_cast<unsigned>(b));
    return out.data();
}

}  // namespace

std::string keep_line_ends(std::string_view document) {
    if (document.find('\r') == std::string_view::npos) return std::string(document);
    std::string out;
    out.reserve(document.size() + 64);
    for (std::size_t at = 0;;) {
        const std::size_t open = document.find(kOpen, at);
        out += document.substr(at, open - at);
        if (open == std::string_view::npos) return out;
        const std::size_t close = document.find(kClose, open);
        out += replace_all(document.substr(open, close - open), "\r", kCr);
        if (close == std::string_view::npos) return out;
        at = close;
    }
}

base::Result<std::string> read_mime(std::string_view text, std::string_view session_seed) {
    const std::string whole(text);
    const auto octets = base::utf8_to_latin1(whole);
    std::string part = octets && base::valid_utf8(*octets) ? *octets : whole;
    part.erase(0, part.find_first_not_of(" \t\r\n"));
    if (part.empty()) return base::fail(base::Errc::malformed, "r:mime-data is empty (RVP 10)");

    const bool crlf = part.find("\r\n") != std::string::npos;
    const std::string line_end = crlf ? "\r\n" : "\n";
    bool any = false;
    std::size_t end = for_each_header(part, [&](std::string_view line, bool) {
        any = any || line.find(':') != std::string_view::npos;
    });
    if (!any) return base::fail(base::Errc::malformed, "r:mime-data has no MIME header block (RVP 10)");
    if (end == std::string::npos) {  // a header block alone, its blank line forgotten
        if (!part.ends_with('\n')) part += line_end;
        end = part.size();
        part += line_end;
    }
    if (mime_header(part, "Session-Id").empty()) part.insert(end, "Session-Id: " + session_id(session_seed) + line_end);
    return part;
}

namespace {

// `text/plain` out of `text/plain; charset=UTF-8`. The specification prints `;.charset` once.
std::string media_type(std::string_view content_type) {
    return base::to_lower(base::trim(content_type.substr(0, content_type.find_first_of("; \t"))));
}

presence::MessageKind kind_of(std::string_view type) {
    using enum presence::MessageKind;
    // The second spelling is that of RVP 10.2's own example.
    if (type == "text/x-msmsgscontrol" || type == "text/x-msmsscontrol" || type == "text/x-imleave") return control;
    return type == "text/x-msmsgsinvite" ? invitation : text;
}

std::optional<std::string> from_base64(std::string_view body) {
    std::string letters(body);
    std::erase_if(letters, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
    return base::base64_decode(letters);
}

// The octet that stands as two hex digits at the start (RFC 2045 6.7 (1)).
std::optional<std::string> octet_in(std::string_view text) {
    return text.size() < 2 ? std::nullopt : base::hex_decode(text.substr(0, 2));
}

// What is no such code stays as it is (RFC 2045 6.7, note on (1)).
std::string from_quoted_printable(std::string_view body) {
    std::string out;
    out.reserve(body.size());
    for (std::size_t at = 0; at < body.size();) {
        const char c = body[at++];
        if (c != '=') {
            out += c;
            continue;
        }
        const std::string_view rest = body.substr(at);
        const std::size_t end = rest.find_first_not_of(" \t\r");
        if (const auto octet = octet_in(rest)) {
            out += *octet;
            at += 2;
        } else if (end == std::string_view::npos || rest[end] == '\n') {  // the line goes on below
            at += end == std::string_view::npos ? rest.size() : end + 1;
        } else {
            out += c;
        }
    }
    return out;
}

// The body without its Content-Transfer-Encoding, no longer than it came; as it came, where that is none that we know,
// where it is not so encoded, or where what comes out is no text.
std::string decoded(std::string_view body, std::string_view encoding) {
    const std::string word = base::to_lower(encoding.substr(0, encoding.find_first_of("; \t(")));
    std::optional<std::string> octets;
    if (word == "base64") octets = from_base64(body);
    if (word == "quoted-printable") octets = from_quoted_printable(body);
    return octets && !octets->contains('\0') ? std::move(*octets) : std::string(body);
}

// Clients write UTF-8 whatever charset they name (rvp-in-practice 4.2); what is none can only be one byte a character.
std::string text_of(std::string_view part) {
    const std::size_t blank = for_each_header(part, [](std::string_view, bool) {});
    const std::size_t body = part.find('\n', blank);
    if (body == std::string_view::npos) return "";
    std::string octets = decoded(part.substr(body + 1), mime_header(part, "Content-Transfer-Encoding"));
    return base::valid_utf8(octets) ? octets : base::latin1_to_utf8(octets);
}

}  // namespace

presence::MessageFacts read_facts(std::string_view part) {
    presence::MessageFacts facts;
    facts.session_id = mime_header(part, "Session-Id");
    facts.content_type = mime_header(part, "Content-Type");
    const std::string type = media_type(facts.content_type);
    facts.kind = kind_of(type);
    if (type == "text/plain") facts.text = text_of(part);
    return facts;
}

std::string_view mime_header(std::string_view part, std::string_view name) {
    std::string_view found;
    bool meant = false;  // the header that is being read
    for_each_header(part, [&](std::string_view line, bool goes_on) {
        if (!goes_on) {
            const std::size_t colon = line.find(':');
            meant = colon != std::string_view::npos && base::equal_ignoring_case(base::trim(line.substr(0, colon)), name);
            if (meant) line.remove_prefix(colon + 1);
        }
        if (meant && found.empty()) found = base::trim(line);
    });
    return found;
}

}  // namespace rvp
