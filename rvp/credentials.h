// rvp/credentials.h: RVP-From-Principal and Authorization -> Caller, or a challenge.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.7.2, 6, 7.2; design 6
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/http.h"
#include "base/result.h"
#include "presence/acl.h"
#include "presence/address.h"

namespace rvp {

/// Looks at what a request proves: the seam between the desk and the schemes of RVP 6. An implementation may keep
/// what a connection has proved, but a verdict is a value and holds nothing that could change or go later; the desk
/// asks once for each request, and acts on the verdict however late. Thread: loop.
class Authenticator {
public:
    /// No credentials are shown, and nothing was proved before over this connection by who asks.
    struct Nothing {};
    struct Proven {
        std::string account;  ///< the alias, in lower case
        presence::Proof proof = presence::Proof::digest;
        std::string mutual;  ///< of WWW-Authenticate in the answer, by which we prove ourselves too; "" = none
    };
    struct Refused {
        base::Error error;                    ///< unproven: wrong, or the next step of a handshake; malformed
        std::vector<std::string> challenges;  ///< of WWW-Authenticate, each on a line of its own
    };
    using Verdict = std::variant<Nothing, Proven, Refused>;

    virtual ~Authenticator() = default;
    [[nodiscard]] virtual Verdict judge(const base::Request& request) = 0;
    /// What is asked of who showed nothing: one challenge for each scheme that is configured, in that order.
    [[nodiscard]] virtual std::vector<std::string> challenges() = 0;
};

/// What is known of other domains. Thread: loop.
class Neighbours {
public:
    virtual ~Neighbours() = default;
    /// Whether a request may speak for somebody under `authority`, one of ours or another's. Errc::denied says why not;
    /// none: they say nothing about it, and he is believed or not like anybody here.
    [[nodiscard]] virtual std::optional<base::Result<void>> word_on(const std::string& authority, const base::Request& request) const = 0;
};

/// Whether RVP-From-Principal is believed without proof.
enum class Assertion { accepted, refused };

/// What the desk knows of proof.
struct Proofs {
    Authenticator* authenticator = nullptr;  ///< null: no scheme is configured
    Assertion assertion = Assertion::accepted;
    const Neighbours* neighbours = nullptr;  ///< null: of people of other domains we know no more than of ours
};

/// Who asks.
struct Identified {
    presence::Caller caller;
    std::string mutual{};  ///< as of Authenticator::Proven
};

/// Who asks, unproven (assertion): what RVP-From-Principal says. Errc::malformed when it is missing, stands twice or is
/// no principal.
[[nodiscard]] base::Result<presence::Caller> caller_of(const base::Request&, const presence::Realm&);

/// Who asks, or the answer that he gets instead: 401 with the challenges; 400; 403 when RVP-From-Principal is another
/// than who was proved. A NOTIFY is then from who was proved (rvp-in-practice 8.22): refused with 403, clients would
/// take it for delivered.
[[nodiscard]] std::expected<Identified, base::Response> identify(const base::Request&, const presence::Realm&,
                                                                 const Proofs&);

}  // namespace rvp
