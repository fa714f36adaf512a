// server/callback_url.cc: strict about what could smuggle, since the text ends up in a request of ours.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1.4; RFC 3986
#include "server/callback_url.h"

#include <algorithm>

#include "base/ip_spelling.h"
#include "base/text.h"

namespace server {
namespace {

constexpr std::size_t kLongestName = 253;  // RFC 1035
constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

std::unexpected<base::Error> refuse(std::string_view why) {
    return base::fail(base::Errc::malformed, "Call-Back: " + std::string(why) + " (RVP 5.1.4)");
}

bool is_blank_or_control(char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; }

bool may_be_in_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

std::string bracketed(const CallbackUrl& url) {
    return url.address && !url.address->is_v4() ? "[" + url.host + "]" : url.host;
}

/// Reads the scheme, and cuts it off.
base::Result<std::string_view> without_scheme(std::string_view url, CallbackUrl& out) {
    const auto colon = url.find("://");
    if (colon == std::string_view::npos) return refuse("not a URL of the form http://host[:port][/path]");
    const std::string scheme = base::to_lower(url.substr(0, colon));
    if (scheme != "http" && scheme != "https") return refuse("only http:// and https:// are served");
    out.tls = scheme == "https";
    if (out.tls) out.port = kHttpsPort;
    return url.substr(colon + 3);
}

base::Result<void> read_host(std::string_view text, CallbackUrl& out) {
    out.address = base::address_of_host(text);
    if (text.starts_with('[') && (!out.address || !text.ends_with(']'))) return refuse("not an IPv6 address");
    if (out.address) {
        out.host = out.address->text();
        return {};
    }
    if (base::ends_in_number(text)) return refuse("the host ends in a number and is no IPv4 address");
    out.host = base::to_lower(text);
    if (out.host.empty()) return refuse("the URL has no host");
    if (out.host.size() > kLongestName) return refuse("the host name is too long");
    if (!std::ranges::all_of(out.host, may_be_in_name)) return refuse("the host is neither a name nor an address");
    return {};
}

base::Result<void> read_authority(std::string_view text, CallbackUrl& out) {
    const auto bracket = text.find(']');
    const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon != std::string_view::npos && colon + 1 < text.size()) {
        const auto port = base::parse_number(text.substr(colon + 1), 65535);
        if (!port || *port == 0) return refuse("the port is not a number from 1 to 65535");
        out.port = static_cast<std::uint16_t>(*port);
    }
    return read_host(text.substr(0, colon), out);
}

}  // namespace

std::string CallbackUrl::endpoint() const {
    if (!server.empty()) return "server " + server;
    return (tls ? "https://" : "") + bracketed(*this) + ":" + std::to_string(port);
}

std::string CallbackUrl::authority() const {
    if (port == (tls ? kHttpsPort : kHttpPort)) return bracketed(*this);
    return bracketed(*this) + ":" + std::to_string(port);
}

base::Result<CallbackUrl> parse_callback_url(std::string_view url) {
    if (url.size() > kLongestCallbackUrl) return refuse("the URL is longer than 1024 bytes");
    if (std::ranges::any_of(url, is_blank_or_control)) return refuse("the URL has a blank or control character");
    if (url.find('#') != std::string_view::npos) return refuse("the URL has a fragment");
    CallbackUrl out;
    const auto rest = without_scheme(url, out);
    if (!rest) return std::unexpected(rest.error());
    const std::string_view authority = rest->substr(0, rest->find_first_of("/?\\"));
    if (authority.find('@') != std::string_view::npos) return refuse("the URL names a user");
    if (auto read = read_authority(authority, out); !read) return std::unexpected(read.error());
    out.path = rest->substr(authority.size());
    if (out.path.starts_with('\\')) return refuse("the URL has a backslash after its host");
    if (!out.path.starts_with('/')) out.path.insert(0, "/");
    return out;
}

}  // namespace server
