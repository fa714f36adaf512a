// base/ip.cc: an IP address from text or a socket, and what kind of address it is.
// SPDX-License-Identifier: Apache-2.0
// Spec: RFC 4291 2.2 (text), RFC 6890 (special ranges), RFC 6052 3.1 (NAT64)
#include "base/ip.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace base {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

constexpr int kV4Bits = 96;               // bits before the IPv4 part of a v4-mapped address
constexpr std::size_t kV4 = kV4Bits / 8;  // and bytes
constexpr Bytes kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr Bytes kNat64{0, 0x64, 0xFF, 0x9B};

/// Whether the first `bits` bits agree; 0 to 128.
bool agree(const Bytes& a, const Bytes& b, int bits) {
    const auto whole = static_cast<std::size_t>(bits) / 8;
    if (std::memcmp(a.data(), b.data(), whole) != 0) return false;
    const int rest = bits % 8;
    return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

/// Whether `bytes` is an IPv4 address in the net `a.b.0.0/bits`.
bool in_v4(const Bytes& bytes, int a, int b, int bits) {
    Bytes net = kMapped;
    net[kV4] = static_cast<std::uint8_t>(a);
    net[kV4 + 1] = static_cast<std::uint8_t>(b);
    return agree(bytes, net, kV4Bits + bits);
}

/// Whether `bytes` is in the net whose first two bytes are `top`.
bool in_v6(const Bytes& bytes, int top, int bits) {
    return agree(bytes, {static_cast<std::uint8_t>(top >> 8), static_cast<std::uint8_t>(top & 0xFF)}, bits);
}

bool is_v6_text(std::string_view text) { return text.contains(':'); }

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    const bool brackets = text.starts_with('[') && text.ends_with(']');
    if (brackets) text = text.substr(1, text.size() - 2);
    // inet_pton stops at a NUL, so what it must not see is refused here.
    if (text.find_first_not_of("0123456789abcdefABCDEF:.") != text.npos) return std::nullopt;
    if (text.size() >= INET6_ADDRSTRLEN) return std::nullopt;
    const std::string copy(text);
    IpAddress address;
    if (is_v6_text(text)) {
        if (inet_pton(AF_INET6, copy.c_str(), address.bytes_.data()) != 1) return std::nullopt;
    } else {
        address.bytes_ = kMapped;
        if (brackets || inet_pton(AF_INET, copy.c_str(), &address.bytes_[kV4]) != 1) return std::nullopt;
    }
    return address;
}

IpAddress IpAddress::from(const sockaddr& address) {
    IpAddress out;
    if (address.sa_family == AF_INET) {
        out.bytes_ = kMapped;
        std::memcpy(&out.bytes_[kV4], &reinterpret_cast<const sockaddr_in&>(address).sin_addr, 4);
    } else if (address.sa_family == AF_INET6) {
        std::memcpy(out.bytes_.data(), &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, 16);
    }
    return out;
}

bool IpAddress::is_v4() const { return agree(bytes_, kMapped, kV4Bits); }

bool IpAddress::is_loopback() const {
    return in_v4(bytes_, 127, 0, 8) || bytes_ == Bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
}

bool IpAddress::is_private() const {
    return in_v4(bytes_, 10, 0, 8) || in_v4(bytes_, 172, 16, 12) || in_v4(bytes_, 192, 168, 16) ||
           in_v4(bytes_, 100, 64, 10) || in_v6(bytes_, 0xFC00, 7);
}

bool IpAddress::is_link_local() const { return in_v4(bytes_, 169, 254, 16) || in_v6(bytes_, 0xFE80, 10); }

bool IpAddress::is_nobody() const {
    if (agree(bytes_, kNat64, kV4Bits)) {
        // Nobody may use the prefix for such addresses; a gateway that let them through would be a way in.
        IpAddress behind;
        behind.bytes_ = kMapped;
        std::memcpy(&behind.bytes_[kV4], &bytes_[kV4], 4);
        return behind.is_nobody() || behind.is_loopback() || behind.is_private() || behind.is_link_local();
    }
    // 224/3 is multicast and 240/4, the last of which is broadcast.
    return bytes_ == Bytes{} || in_v4(bytes_, 0, 0, 8) || in_v4(bytes_, 224, 0, 3) ||
           in_v6(bytes_, 0xFF00, 8);
}

std::string IpAddress::text() const {
    std::array<char, INET6_ADDRSTRLEN> buffer;
    if (!is_v4()) return inet_ntop(AF_INET6, bytes_.data(), buffer.data(), buffer.size());
    // Not inet_ntop(), which prints with sprintf(): each call-back has its address as text.
    char* at = buffer.data();
    for (std::size_t i = kV4; i < bytes_.size(); ++i) {
        if (i > kV4) *at++ = '.';
        at = std::to_chars(at, buffer.data() + buffer.size(), bytes_[i]).ptr;
    }
    return {buffer.data(), at};
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address) return std::nullopt;
    Cidr range;
    range.base_ = *address;
    if (slash == text.npos) return range;
    // The spelling says what the number counts: "::ffff:10.0.0.0/104" is "10.0.0.0/8".
    const int skipped = is_v6_text(text) ? 0 : kV4Bits;
    const auto bits = parse_number(text.substr(slash + 1), static_cast<std::uint64_t>(128 - skipped));
    if (!bits) return std::nullopt;
    range.bits_ = static_cast<int>(*bits) + skipped;
    return range;
}

bool Cidr::contains(const IpAddress& address) const {
    // "::/0" means all of IPv6; whoever wants all of IPv4 writes "0.0.0.0/0".
    if (bits_ < kV4Bits && address.is_v4()) return false;
    return agree(address.bytes(), base_.bytes(), bits_);
}

}  // namespace base
