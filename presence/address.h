// presence/address.h: logical and physical URLs of nodes and principals.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1.2
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace presence {

/// The URL of a node, or the bare host that names a presence service (RVP 5.7.2). Physical URLs
/// (`/instmsg/local/HOST/instmsg/aliases/x`) are turned into the logical one when parsed. A value; no bound
/// beyond kMaxUrlBytes.
class Address {
public:
    static constexpr std::size_t kMaxUrlBytes = 1024;

    Address() = default;
    Address(std::string&& authority, std::string&& path) : authority_(std::move(authority)), path_(std::move(path)) {}
    Address(std::string_view authority, std::string_view path) : authority_(authority), path_(path) {}

    /// `http://host[:port]/path`, the same with https, or a bare `host[:port]`. Errc::malformed: other schemes, user-info, query or
    /// fragment, broken escapes, dot segments, control characters, over-long.
    [[nodiscard]] static base::Result<Address> parse(std::string_view url);
    /// A request target: origin-form `/path` under `host`, or absolute-form, which wins over `host`.
    [[nodiscard]] static base::Result<Address> from_target(std::string_view target, std::string_view host);

    /// Lower case `host[:port]`; port 80 is left out, or 443 where https was written.
    [[nodiscard]] const std::string& authority() const { return authority_; }
    /// Decoded, without trailing slash, case as written; "" for a bare host.
    [[nodiscard]] const std::string& path() const& { return path_; }
    [[nodiscard]] std::string&& path() && { return std::move(path_); }
    [[nodiscard]] bool is_service() const { return path_.empty(); }
    /// `http://authority/path`, escaped where a URL needs it; a bare host stays bare.
    [[nodiscard]] std::string url() const;

private:
    std::string authority_;
    std::string path_;
};

/// Without the port: `im.example.com`, `10.0.0.1`, `[::1]`.
[[nodiscard]] std::string_view host_of(std::string_view authority);

/// `http://authority/path`, escaped where a URL needs it. `path` is a decoded one that is not empty.
[[nodiscard]] std::string url_of_node(std::string_view authority, std::string_view path);

/// The names under which this home server is known. Immutable once built; any thread.
class Realm {
public:
    /// `domain` is the authority we print when a request named none of ours.
    Realm(std::string domain, std::string mail_domain, const std::vector<std::string>& aliases);

    [[nodiscard]] const std::string& domain() const { return names_.front(); }
    [[nodiscard]] const std::string& mail_domain() const { return mail_domain_; }
    /// Whether `authority` means us. One without a port matches any of ours with that host, since clients drop it
    /// (rvp-in-practice 1.0).
    [[nodiscard]] bool ours(std::string_view authority) const { return index_of(authority).has_value(); }
    /// Which of our spellings `authority` is; none when it is not ours.
    [[nodiscard]] std::optional<std::uint16_t> index_of(std::string_view authority) const;
    /// The spelling with that index; 0 is the domain.
    [[nodiscard]] const std::string& spelling(std::uint16_t index) const { return names_.at(index); }
    /// The identity of a node or principal: the lower-case path when ours, `authority/path` otherwise. Equal keys
    /// mean the same node.
    [[nodiscard]] std::string key(const Address& address) const;
    [[nodiscard]] std::string key(Address&& address) const;
    /// Whether that is the key of `address`.
    [[nodiscard]] bool has_key(const Address& address, std::string_view key) const;
    /// The one URL by which we remember who has that key: in lower case, and under the domain when it is ours.
    [[nodiscard]] std::string url_of(std::string_view key) const;

private:
    [[nodiscard]] std::string key_of(const std::string& authority, std::string path) const;

    std::vector<std::string> names_;  // never empty; the first is the domain
    std::string mail_domain_;
};

/// Where principals live: RVP 4.1.
inline constexpr std::string_view kAliases = "/instmsg/aliases/";

/// `/instmsg/aliases/NAME` and nothing below: a principal's node. `key` is a node key (lower-case path).
[[nodiscard]] bool is_alias(std::string_view key);
/// The key of a person of this server, of his account's name in lower case.
[[nodiscard]] std::string alias_key(std::string_view name);
/// How contact and privacy lists call the principal of that key: a key of ours as it is, another's NAME@AUTHORITY; "" when
/// it is no principal's.
[[nodiscard]] std::string account_of_key(std::string_view key);
/// And back: the key of whom lists call so. A domain's name is its own key.
[[nodiscard]] std::string key_of_account(std::string_view account);
/// NAME of `/instmsg/aliases/NAME`; otherwise the last segment.
[[nodiscard]] std::string_view alias_of(std::string_view path);

}  // namespace presence
