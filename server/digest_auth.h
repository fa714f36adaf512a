// server/digest_auth.h: RFC 7616: who knows the password is told from who does not, and never says it.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 6.2; RFC 7616 3.3, 3.4; rvp-in-practice 3
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/http.h"
#include "base/result.h"
#include "server/accounts.h"
#include "server/nonces.h"

namespace server {

/// Digest with qop=auth, for MD5 and SHA-256. Borrows the accounts and the clock. Thread: loop.
class DigestAuth {
public:
    using Hash = Accounts::Hash;
    DigestAuth(const Accounts& accounts, const base::Clock& clock) : accounts_(accounts), nonces_(clock) {}

    /// `Digest qop="auth", realm="im.acme.com", nonce="78a8…"` for MD5, as RVP 6.3 prints it (clients of its time know
    /// nothing else); for SHA-256 with `algorithm=SHA-256`. `stale`: the password was right, only the nonce was not.
    enum class Stale { no, yes };
    [[nodiscard]] std::string challenge(Hash hash, Stale stale);

    /// What the credentials came to.
    struct Found {
        std::string account;  ///< "" = nobody
        Stale stale = Stale::no;
        std::string user;  ///< as it was sent; for the log
    };
    /// `text` is what follows `Digest `; only hashes that are `offered` count. Errc::malformed: a parameter is missing,
    /// or the URI is not that of the request. A wrong password, an unknown user, a foreign realm and a hash that is
    /// not offered are all the same: nobody.
    [[nodiscard]] base::Result<Found> judge(const base::Request& request, std::string_view text,
                                            const std::vector<Hash>& offered);

private:
    const Accounts& accounts_;
    Nonces nonces_;
};

}  // namespace server
