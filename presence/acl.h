// presence/acl.h: rights, access control entries, and whether a caller may.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.7; design 6
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http.h"
#include "base/ip.h"

namespace presence {

/// The rights of RVP 5.7.1, each one bit.
enum class Right : std::uint16_t {
    list = 1 << 0,
    read = 1 << 1,
    write = 1 << 2,
    send_to = 1 << 3,
    receive_from = 1 << 4,
    readacl = 1 << 5,
    writeacl = 1 << 6,
    presence = 1 << 7,
    subscriptions = 1 << 8,
    subscribe_others = 1 << 9,
};

/// Their names on the wire, in the order in which RVP 5.7.3 prints them.
inline constexpr std::array<std::pair<std::string_view, Right>, 10> kRights = {{
    {"list", Right::list},
    {"read", Right::read},
    {"write", Right::write},
    {"send-to", Right::send_to},
    {"receive-from", Right::receive_from},
    {"readacl", Right::readacl},
    {"writeacl", Right::writeacl},
    {"presence", Right::presence},
    {"subscriptions", Right::subscriptions},
    {"subscribe-others", Right::subscribe_others},
}};

/// A set of rights.
class Rights {
public:
    constexpr Rights() = default;
    constexpr Rights(std::initializer_list<Right> rights) {
        for (Right r : rights) bits_ |= static_cast<std::uint16_t>(r);
    }
    [[nodiscard]] static constexpr Rights all() { return Rights(0x3ff); }
    [[nodiscard]] constexpr bool has(Right r) const { return (bits_ & static_cast<std::uint16_t>(r)) != 0; }
    [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
    constexpr void add(Rights other) { bits_ |= other.bits_; }
    constexpr void remove(Rights other) { bits_ = static_cast<std::uint16_t>(bits_ & ~other.bits_); }
    [[nodiscard]] constexpr std::uint16_t bits() const { return bits_; }
    [[nodiscard]] static constexpr Rights from_bits(std::uint16_t bits) { return Rights(bits & 0x3ff); }
    constexpr bool operator==(const Rights&) const = default;

private:
    explicit constexpr Rights(int bits) : bits_(static_cast<std::uint16_t>(bits)) {}
    std::uint16_t bits_ = 0;
};

/// How a caller proved who he is (RVP 5.7.2.1). Negotiate counts as ntlm. `internal` is never proved from outside.
enum class Proof : std::uint8_t { assertion = 1, digest = 2, ntlm = 4, internal = 8 };

/// Which proofs an entry accepts: a set of Proof bits; `any` is all but internal.
using Credentials = std::uint8_t;
inline constexpr Credentials kAnyCredentials = 7;

/// Who asks: always one principal, proved in one way, from one place.
struct Caller {
    std::string key;  ///< identity (Realm::key)
    std::string url;  ///< as he named himself, printed to others
    Proof proof = Proof::assertion;
    bool from_server = false;  ///< a server that may speak for him says so
    base::IpAddress source;
    base::ConnectionId connection{};
    std::uint64_t request = 0;  ///< base::Request::id, or that of an act of rvpctl; 0: nobody asked
};

/// One entry: a principal (or everybody, with an empty key) who proved himself in one of these ways.
struct Ace {
    std::string key;  ///< "" = allprincipals
    std::string url;  ///< as printed
    Credentials credentials = kAnyCredentials;
    Rights grant;
    Rights deny;
    bool operator==(const Ace&) const = default;
};

/// A node's access control list. An entry for the caller decides before one for everybody; within one entry deny
/// wins; the node's owner has every right always. There is no inheritance.
class Acl {
public:
    explicit Acl(std::vector<Ace> entries = {}) : entries_(std::move(entries)) {}
    /// What a node starts with (design 6): everyone may list, read, send-to and see presence; of nodes that are no
    /// alias everyone may also receive.
    [[nodiscard]] static Acl initial(bool alias);

    [[nodiscard]] bool may(const std::string& key, Proof proof, Right right) const;
    /// The entry that decided, for `explain`; null when none matched.
    [[nodiscard]] const Ace* deciding(const std::string& key, Proof proof, Right right) const;
    /// Merges per principal (rvp-in-practice 1.8): for the proofs that `change` names, the rights it mentions are
    /// granted or denied as it says; rights it does not mention and other proofs keep what they had.
    void merge(const Ace& change);
    [[nodiscard]] const std::vector<Ace>& entries() const { return entries_; }
    bool operator==(const Acl&) const = default;

private:
    std::vector<Ace> entries_;
};

}  // namespace presence
