// presence/address.cc: logical and physical URLs of nodes and principals.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1.2; rvp-in-practice 6.1
#include "presence/address.h"

#include <algorithm>
#include <optional>

#include "base/chars.h"
#include "base/lanes.h"
#include "base/text.h"

namespace presence {
namespace {

using base::Errc;
using base::fail;

constexpr std::string_view kPhysical = "/instmsg/local/";
constexpr std::uint64_t kHttpPort = 80;
constexpr std::uint64_t kHttpsPort = 443;

constexpr base::Chars kHostChars = base::chars_of({base::kLowerLettersAndDigits, "-._"});
constexpr base::Chars kPlainChars = base::chars_of({base::kLowerLettersAndDigits, base::kUpperLetters, "-_/"});

struct HostPort {
    std::string_view host;
    std::optional<std::string_view> port;
};

HostPort split_port(std::string_view authority) {
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.rfind(':');
    if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) {
        return {authority, std::nullopt};
    }
    return {authority.substr(0, colon), authority.substr(colon + 1)};
}

// A name or an address of four numbers, which nearly every authority is.
bool is_lower_host(std::string_view host) {
    namespace lanes = base::lanes;
    const auto common = [](auto bytes) {
        return lanes::between(bytes, 'a', 'z') | lanes::between(bytes, '0', '9') | lanes::between(bytes, '-', '.');
    };
    return !host.empty() && host.size() <= 255 && base::all_of(host, kHostChars, common);
}

bool valid_host(std::string_view host) {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        return host.substr(1, host.size() - 2).find_first_not_of("0123456789abcdef:.") == std::string_view::npos;
    }
    return is_lower_host(host);
}

// The port of http is left out, and so is `usual_port`, the scheme's own.
base::Result<std::string> parse_authority(std::string_view text, std::uint64_t usual_port = kHttpPort) {
    if (is_lower_host(text)) return std::string(text);
    std::string lower = base::to_lower(text);
    const HostPort parts = split_port(lower);
    if (!valid_host(parts.host)) return fail(Errc::malformed, "bad host in URL: " + std::string(text.substr(0, 80)));
    if (!parts.port) return lower;
    const auto port = base::parse_number(*parts.port, 65535);
    if (!port || *port == 0) return fail(Errc::malformed, "bad port in URL: " + std::string(text.substr(0, 80)));
    if (*port == kHttpPort || *port == usual_port) return std::string(parts.host);
    if (parts.port->front() != '0') return lower;
    return std::string(parts.host) + ":" + std::to_string(*port);
}

bool valid_segment(std::string_view segment) {
    return !segment.empty() && segment != "." && segment != "..";
}

// Letters, digits, '-' and '_', segments apart by single slashes: what nearly every path is. Needs no decoding.
bool is_plain(std::string_view path) {
    namespace lanes = base::lanes;
    const auto plain_and_parted = [](auto bytes, auto next) {
        const auto plain = lanes::letters(bytes) | lanes::between(bytes, '/', '9') | lanes::is(bytes, '-') | lanes::is(bytes, '_');
        return plain & ~(lanes::is(bytes, '/') & lanes::is(next, '/'));
    };
    if (!path.empty() && kPlainChars[static_cast<unsigned char>(path.back())] &&
        lanes::all(path.size() - 1, plain_and_parted, path.data(), path.data() + 1)) {
        return true;
    }
    return base::all_of(path, kPlainChars) && path.find("//") == std::string_view::npos;
}

base::Result<std::string> parse_path(std::string_view raw) {
    while (!raw.empty() && raw.back() == '/') raw.remove_suffix(1);
    if (raw.empty()) return std::string();
    if (is_plain(raw)) return std::string(raw);
    if (raw.find_first_of("?#") != std::string_view::npos) {
        return fail(Errc::malformed, "a node's URL has no query and no fragment");
    }
    if (base::to_lower(raw).find("%2f") != std::string::npos) {
        return fail(Errc::malformed, "a node's URL may not hold an escaped slash");
    }
    auto path = base::percent_decode(raw);
    if (!path) return fail(Errc::malformed, "broken percent escape in URL");
    const bool control = std::any_of(path->begin(), path->end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (control || !base::valid_utf8(*path)) return fail(Errc::malformed, "control or broken characters in URL");
    for (std::string_view segment : base::split(std::string_view(*path).substr(1), '/')) {
        if (!valid_segment(segment)) return fail(Errc::malformed, "empty or dot segment in URL");
    }
    return std::move(*path);
}

bool is_physical(std::string_view path) {
    return base::equal_ignoring_case(path.substr(0, kPhysical.size()), kPhysical);
}

// Nearly all are written so: nothing in them has to be changed, and they name no other host.
bool is_written_plainly(std::string_view authority, std::string_view path) {
    return is_lower_host(authority) && is_plain(path) && !path.ends_with('/') && !is_physical(path);
}

// `/instmsg/local/HOST/instmsg/aliases/x` is the physical spelling of the same path at HOST. Of that path only: what
// is physical inside would mean another node once its URL is read again.
base::Result<Address> to_logical(std::string&& authority, std::string&& path) {
    if (!is_physical(path)) return base::Result<Address>(std::in_place, std::move(authority), std::move(path));
    const std::size_t slash = path.find('/', kPhysical.size());
    if (slash == std::string::npos) return Address(std::move(authority), std::move(path));
    auto host = parse_authority(std::string_view(path).substr(kPhysical.size(), slash - kPhysical.size()));
    if (!host) return std::unexpected(host.error());
    std::string logical = path.substr(slash);
    if (is_physical(logical)) return fail(Errc::malformed, "a physical URL inside a physical URL");
    return Address(std::move(*host), std::move(logical));
}

constexpr std::string_view kScheme = "http://";
constexpr std::string_view kTlsScheme = "https://";

bool begins_with(std::string_view url, std::string_view scheme) {
    return base::equal_ignoring_case(url.substr(0, scheme.size()), scheme);
}

// Which scheme an absolute URL has; "" if it is none. A node has one name, however its server was reached.
std::string_view scheme_of(std::string_view url) {
    if (url.starts_with('/')) return {};
    if (begins_with(url, kScheme)) return kScheme;
    return begins_with(url, kTlsScheme) ? kTlsScheme : std::string_view();
}

}  // namespace

base::Result<Address> Address::parse(std::string_view url) {
    url = base::trim(url);
    if (url.empty()) return fail(Errc::malformed, "empty URL");
    if (url.size() > kMaxUrlBytes) return fail(Errc::malformed, "URL over 1024 bytes");
    const std::string_view scheme = scheme_of(url);
    const bool absolute = !scheme.empty();
    if (!absolute && url.find("://") != std::string_view::npos) {
        return fail(Errc::malformed, "only http URLs name nodes: " + std::string(url.substr(0, 80)));
    }
    url.remove_prefix(scheme.size());
    const std::size_t slash = url.find('/');
    if (absolute && slash != std::string_view::npos && is_written_plainly(url.substr(0, slash), url.substr(slash))) {
        return base::Result<Address>(std::in_place, url.substr(0, slash), url.substr(slash));
    }
    if (!absolute && slash != std::string_view::npos) {
        return fail(Errc::malformed, "not a URL: " + std::string(url.substr(0, 80)));
    }
    auto authority = parse_authority(url.substr(0, slash), scheme == kTlsScheme ? kHttpsPort : kHttpPort);
    if (!authority) return std::unexpected(authority.error());
    auto path = parse_path(slash == std::string_view::npos ? std::string_view() : url.substr(slash));
    if (!path) return std::unexpected(path.error());
    return to_logical(std::move(*authority), std::move(*path));
}

std::string_view host_of(std::string_view authority) { return split_port(authority).host; }

base::Result<Address> Address::from_target(std::string_view target, std::string_view host) {
    if (!scheme_of(target).empty()) return parse(target);
    if (target.size() > kMaxUrlBytes) return fail(Errc::malformed, "URL over 1024 bytes");
    if (target.empty() || target.front() != '/') {
        return fail(Errc::malformed, "the request target is neither a path nor an http URL");
    }
    if (is_written_plainly(host, target)) return base::Result<Address>(std::in_place, host, target);
    std::string authority;
    if (!host.empty()) {
        auto parsed = parse_authority(base::trim(host));
        if (!parsed) return fail(Errc::malformed, "bad Host header");
        authority = std::move(*parsed);
    }
    auto path = parse_path(target);
    if (!path) return std::unexpected(path.error());
    return to_logical(std::move(authority), std::move(*path));
}

std::string Address::url() const { return is_service() ? authority_ : url_of_node(authority_, path_); }

std::string url_of_node(std::string_view authority, std::string_view path) {
    return is_plain(path) ? base::joined(kScheme, authority, path) : base::joined(kScheme, authority, base::percent_encode_path(path));
}

Realm::Realm(std::string domain, std::string mail_domain, const std::vector<std::string>& aliases)
    : mail_domain_(std::move(mail_domain)) {
    const auto add = [this](std::string name) {
        if (std::find(names_.begin(), names_.end(), name) == names_.end()) names_.push_back(std::move(name));
    };
    const auto canonical = [](const std::string& name) { return parse_authority(name).value_or(name); };
    add(canonical(domain));
    for (const std::string& alias : aliases) add(canonical(alias));
    // Clients drop the port of a URL; the bare host then still means us.
    const std::size_t given = names_.size();
    for (std::size_t i = 0; i < given; ++i) add(std::string(split_port(names_[i]).host));
}

std::optional<std::uint16_t> Realm::index_of(std::string_view authority) const {
    const auto it = std::find(names_.begin(), names_.end(), authority);
    if (it == names_.end()) return std::nullopt;
    return static_cast<std::uint16_t>(it - names_.begin());
}

std::string Realm::key(const Address& address) const { return key_of(address.authority(), address.path()); }
std::string Realm::key(Address&& address) const { return key_of(address.authority(), std::move(address).path()); }

std::string Realm::key_of(const std::string& authority, std::string path) const {
    const bool is_ours = authority.empty() || ours(authority);
    if (path.empty()) return is_ours ? domain() : authority;
    base::lower(path);
    if (!is_ours) path.insert(0, authority);
    return path;
}

bool Realm::has_key(const Address& address, std::string_view key) const {
    const bool is_ours = address.authority().empty() || ours(address.authority());
    if (address.is_service()) return key == (is_ours ? domain() : address.authority());
    if (!is_ours) {
        if (!key.starts_with(address.authority())) return false;
        key.remove_prefix(address.authority().size());
    }
    return base::equal_ignoring_case(key, address.path());  // a key has no other case
}

std::string Realm::url_of(std::string_view key) const {
    const std::size_t slash = key.find('/');
    if (slash == std::string_view::npos) return std::string(key);  // a service: its bare host
    return Address(slash == 0 ? domain() : std::string(key.substr(0, slash)), std::string(key.substr(slash))).url();
}

std::string alias_key(std::string_view name) { return std::string(kAliases).append(name); }

bool is_alias(std::string_view key) {
    return key.starts_with(kAliases) && key.size() > kAliases.size() &&
           key.find('/', kAliases.size()) == std::string_view::npos;
}

std::string account_of_key(std::string_view key) {
    if (is_alias(key)) return std::string(key);
    const std::size_t at = key.find(kAliases);
    if (at == std::string_view::npos || at == 0 || !is_alias(key.substr(at))) return "";
    return std::string(key.substr(at + kAliases.size())).append("@").append(key.substr(0, at));
}

std::string key_of_account(std::string_view account) {
    const std::size_t at = account.rfind('@');
    if (account.contains('/') || at == std::string_view::npos) return std::string(account);  // a key has a path
    return std::string(account.substr(at + 1)).append(alias_key(account.substr(0, at)));
}

std::string_view alias_of(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace presence
