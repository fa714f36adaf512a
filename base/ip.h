// base/ip.h: an IP address and a range of them, as plain values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;

namespace base {

/// An IPv4 or IPv6 address; IPv4 is kept v4-mapped, so both spellings of one address are equal.
class IpAddress {
public:
    IpAddress() = default;
    /// Strict dotted quad or RFC 4291 text, brackets allowed round IPv6; nullopt for decimal, hex and short forms.
    [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);
    /// The address of an AF_INET or AF_INET6 socket; unspecified for any other family.
    [[nodiscard]] static IpAddress from(const sockaddr& address);

    [[nodiscard]] bool is_v4() const;
    [[nodiscard]] bool is_loopback() const;
    /// 10/8, 172.16/12, 192.168/16, fc00::/7, 100.64/10.
    [[nodiscard]] bool is_private() const;
    /// 169.254/16 (cloud metadata lives there), fe80::/10.
    [[nodiscard]] bool is_link_local() const;
    /// Multicast, broadcast, unspecified, 0/8, 240/4, and what is special behind NAT64 (64:ff9b::/96): never
    /// anybody's address.
    [[nodiscard]] bool is_nobody() const;
    /// "127.0.0.1" or "::1", no brackets.
    [[nodiscard]] std::string text() const;
    [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

    auto operator<=>(const IpAddress&) const = default;

private:
    std::array<std::uint8_t, 16> bytes_{};
};

/// "10.0.0.0/8" or a single address. Bits beyond the prefix do not matter. A range holds addresses of its own
/// family only: "::/0" has no IPv4 in it.
class Cidr {
public:
    [[nodiscard]] static std::optional<Cidr> parse(std::string_view text);
    [[nodiscard]] bool contains(const IpAddress& address) const;

private:
    IpAddress base_;
    int bits_ = 128;
};

}  // namespace base
