// server/config_shape.cc: what the texts in rvpd.conf must look like.
// SPDX-License-Identifier: Apache-2.0
#include "server/config_shape.h"

#include "base/ip.h"
#include "base/text.h"
#include "server/spelling.h"

#include <sys/un.h>

#include <algorithm>
#include <optional>

namespace server {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kMaxHostBytes = 253;  // RFC 1035 2.3.4, as text
constexpr std::size_t kMaxLabelBytes = 63;  // the same
constexpr std::size_t kMaxPrefixBytes = 512;
constexpr std::size_t kMaxRealmBytes = 128;
constexpr std::size_t kMaxSocketBytes = sizeof(sockaddr_un::sun_path) - 1;

bool letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool host_name(std::string_view host) {
    if (host.empty() || host.size() > kMaxHostBytes) return false;
    const auto parts = base::split(host, '.');
    return std::ranges::all_of(parts, [](std::string_view part) {
        if (part.empty() || part.size() > kMaxLabelBytes || part.front() == '-' ||
            part.back() == '-')
            return false;
        return std::ranges::all_of(
            part, [](char c) { return letter_or_digit(c) || c == '-' || c == '_'; });
    });
}

/// "10.0.0": meant as an address, whatever it lacks.
bool only_digits_and_dots(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

bool bracketed_address(std::string_view host) {
    if (host.size() < 4 || host.front() != '[' || host.back() != ']') return false;
    return host.find(':') != std::string_view::npos &&
           base::IpAddress::parse(host.substr(1, host.size() - 2));
}

bool dotted_address(std::string_view host) {
    return host.find(':') == std::string_view::npos && base::IpAddress::parse(host).has_value();
}

/// The part after the host: nullopt when there is none, "" in "host:".
std::optional<std::string_view> port_of(std::string_view authority) {
    const std::string_view rest = authority.substr(host_of(authority).size());
    if (rest.empty() || rest.front() != ':') return std::nullopt;
    return rest.substr(1);
}

bool port_between(std::string_view text, std::uint64_t least) {
    const auto port = text.size() <= 5 ? base::parse_number(text, 65535) : std::nullopt;
    return port && *port >= least;
}

base::Result<std::string> authority(std::string_view value) {
    if (const auto scheme = value.find("://"); scheme != std::string_view::npos) {
        const auto inner = value.substr(scheme + 3);
        return fail(Errc::malformed, "is a URL, not host or host:port; did you mean " +
                                         toml_text(inner.substr(0, inner.find('/')), 80) + "?");
    }
    const std::string_view host = host_of(value);
    const auto port = port_of(value);
    const bool sound_host =
        bracketed_address(host) ||
        (host_name(host) && (!only_digits_and_dots(host) || dotted_address(host)));
    const std::size_t used = host.size() + (port ? port->size() + 1 : 0);
    if (!sound_host || used != value.size() || (port && !port_between(*port, 1))) {
        return fail(Errc::malformed,
                    "is not host or host:port, such as \"im.example.com\" or \"localhost:8080\"");
    }
    return std::string(value);
}

base::Result<std::string> mail_domain(std::string_view value) {
    if (value.empty() || host_name(value) || bracketed_address(value)) return std::string(value);
    if (const auto at = value.rfind('@');
        at != std::string_view::npos && host_name(value.substr(at + 1))) {
        return fail(Errc::malformed, "is not a host name; did you mean " +
                                         toml_text(value.substr(at + 1), 80) + "?");
    }
    return fail(Errc::malformed, "is not a host name, such as \"example.com\"");
}

base::Result<std::string> listener(std::string_view value) {
    const std::string_view host = host_of(value);
    const auto port = port_of(value);
    const bool sound_port =
        port && port_between(*port, 0) && host.size() + port->size() + 1 == value.size();
    if (sound_port && base::equal_ignoring_case(host, "localhost"))
        return "127.0.0.1:" + std::string(*port);
    if (sound_port && (host.empty() || host == "*")) {
        return fail(Errc::malformed, "names no address; write \"0.0.0.0:" + std::string(*port) +
                                         "\" or \"[::]:" + std::string(*port) +
                                         "\" to listen on all of them");
    }
    if (sound_port && (bracketed_address(host) || dotted_address(host))) return std::string(value);
    if (sound_port && host_name(host) && !only_digits_and_dots(host)) {
        return fail(Errc::malformed,
                    "names a host; listeners take an IP address, such as \"127.0.0.1:" +
                        std::string(*port) + "\"");
    }
    if (std::ranges::count(value, ':') > 1 && !value.starts_with('[')) {
        return fail(
            Errc::malformed,
            "is not address:port; an IPv6 address stands in brackets, as in \"[::1]:8080\"");
    }
    return fail(Errc::malformed,
                "is not address:port with a port up to 65535, such as \"127.0.0.1:8080\"");
}

base::Result<std::string> socket_path(std::string_view value) {
    if (value.front() != '/')
        return fail(Errc::malformed, "is not an absolute path; begin it with /");
    if (value.size() > kMaxSocketBytes || value.find('\0') != std::string_view::npos) {
        return fail(Errc::malformed, "is too long for a socket; at most " +
                                         std::to_string(kMaxSocketBytes) + " bytes");
    }
    return std::string(value);
}

base::Result<std::string> file_path(std::string_view value) {
    if (!value.starts_with('/')) return fail(Errc::malformed, "is not an absolute path; begin it with /");
    if (value.find('\0') != std::string_view::npos) return fail(Errc::malformed, "is not a path");
    return std::string(value);
}

base::Result<std::string> authority_file(std::string_view value) {
    if (base::equal_ignoring_case(value, "system")) return fail(Errc::malformed, "is not known; did you mean \"system\"?");
    return file_path(value);
}

base::Result<std::string> prefix(std::string_view value) {
    if (!value.starts_with('/') || !value.ends_with('/')) {
        std::string meant = value.starts_with('/') ? std::string(value) : "/" + std::string(value);
        if (!meant.ends_with('/')) meant += '/';
        return fail(Errc::malformed,
                    "must begin and end with /; did you mean " + toml_text(meant, 80) + "?");
    }
    const bool odd = std::ranges::any_of(value, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte <= ' ' || byte == 0x7f || c == '*' || c == '?' || c == '#' || c == '%' ||
               c == '\\';
    });
    if (odd || !base::valid_utf8(value)) {
        return fail(Errc::malformed,
                    "is a plain path prefix: no blanks, wildcards, escapes, queries or fragments");
    }
    for (std::string_view dots : {"//", "/./", "/../"}) {
        if (value.find(dots) == std::string_view::npos) continue;
        return fail(Errc::malformed, "holds " + toml_text(dots) + ", which no node's path does");
    }
    if (value.size() > kMaxPrefixBytes) {
        return fail(Errc::malformed,
                    "is too long; at most " + std::to_string(kMaxPrefixBytes) + " bytes");
    }
    return base::to_lower(value);
}

base::Result<std::string> callback(std::string_view value) {
    if (value == "source") return std::string(value);
    if (base::equal_ignoring_case(value, "source")) {
        return fail(Errc::malformed, "is not known; did you mean \"source\"?");
    }
    const bool address =
        value.find_first_of("/:[") != std::string_view::npos || only_digits_and_dots(value);
    if (address) {
        if (base::Cidr::parse(value)) return std::string(value);
        return fail(Errc::malformed,
                    "is not a range of addresses, such as \"10.0.0.0/8\" or \"2001:db8::/32\"");
    }
    if (!host_name(value)) {
        return fail(Errc::malformed,
                    "is neither \"source\", nor a range such as \"10.0.0.0/8\", nor a host name");
    }
    return std::string(value);
}

base::Result<std::string> realm(std::string_view value) {
    const bool odd = std::ranges::any_of(value, [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '"' || c == '\\';
    });
    if (odd || value.size() > kMaxRealmBytes || !base::valid_utf8(value)) {
        return fail(Errc::malformed, "is no realm: up to 128 bytes without quotes, backslashes and control characters");
    }
    return std::string(value);
}

base::Result<std::string> kerberos_realm(std::string_view value) {
    if (value.empty() || !realm(value) || value.find_first_of("/@ ") != value.npos) {
        return fail(Errc::malformed, "is no realm of Kerberos, such as \"EXAMPLE.COM\"; case matters");
    }
    return std::string(value);
}

base::Result<std::string> transfer(std::string_view value) {
    const std::string_view host = value.substr(0, value.find(':'));
    const auto port = host.size() < value.size() ? base::parse_number(value.substr(host.size() + 1), 65535) : std::nullopt;
    const bool sound = !host.empty() && std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
    });
    if (!sound || !port || *port == 0) return fail(Errc::malformed, "is no host:port of letters, digits, dots and hyphens");
    return std::string(value);
}

base::Result<std::string> nt_domain(std::string_view value) {
    if (value.empty() || is_account_name(value)) return std::string(value);
    return fail(Errc::malformed, "is no domain of accounts: up to 64 bytes without blanks and \\ / : @ \" ,");
}

}  // namespace

std::string_view host_of(std::string_view authority) {
    const std::size_t bracket =
        authority.starts_with('[') ? authority.find(']') : std::string_view::npos;
    if (bracket != std::string_view::npos) return authority.substr(0, bracket + 1);
    return authority.substr(0, authority.find(':'));
}

bool is_loopback_listener(std::string_view listener) {
    std::string_view host = host_of(listener);
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    const auto address = base::IpAddress::parse(host);
    return address && address->is_loopback();
}

base::Result<std::string> shape_text(TextShape shape, std::string_view value) {
    switch (shape) {
        case TextShape::any:
            return std::string(value);
        case TextShape::authority:
            return authority(value);
        case TextShape::mail_domain:
            return mail_domain(value);
        case TextShape::listener:
            return listener(value);
        case TextShape::listener_or_off:
            return value.empty() ? std::string() : listener(value);
        case TextShape::socket_or_off:
            return value.empty() ? std::string() : socket_path(value);
        case TextShape::file_or_none:
            return value.empty() ? std::string() : file_path(value);
        case TextShape::authority_file:
            return value == "system" ? std::string(value) : authority_file(value);
        case TextShape::prefix:
            return prefix(value);
        case TextShape::realm:
            return realm(value);
        case TextShape::kerberos_realm:
            return kerberos_realm(value);
        case TextShape::transfer_or_none:
            return value.empty() ? std::string() : transfer(value);
        case TextShape::nt_domain:
            return nt_domain(value);
        case TextShape::callback:
            return callback(value);
        case TextShape::other_domain:
            return value == "*" ? std::string(value) : authority(value);
        case TextShape::range:
            if (base::Cidr::parse(value)) return std::string(value);
            return fail(Errc::malformed, "is not an address or a range of them, such as \"10.0.0.1\" or \"10.0.0.0/8\"");
        case TextShape::home:
            return std::string(value);
    }
    return fail(Errc::internal, "has a shape that config_shape.cc does not know");
}

std::string toml_text(std::string_view text, std::size_t most) {
    static constexpr char kHex[] = "0123456789abcdef";
    const bool cut = text.size() > most;
    if (cut) {
        // Never half a character: step back to where one begins.
        while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
        text = text.substr(0, most);
    }
    std::string out = "\"";
    for (char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            out += "\\u00";
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        } else {
            out += c;
        }
    }
    return out + (cut ? "…\"" : "\"");
}

}  // namespace server
