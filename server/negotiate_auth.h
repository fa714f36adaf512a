// server/negotiate_auth.h: Negotiate: Kerberos, for the people of our realms.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 6.1; RFC 4559; RFC 4178
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/gssapi.h"
#include "server/handshake.h"
#include "server/spelling.h"

namespace server {

/// The principal u@REALM is the account u, whether or not rvpctl user made one: the KDC says who there is. REALM must be
/// one of ours; NTLM inside Negotiate is not spoken. Thread: loop.
class NegotiateAuth final : public HandshakeScheme {
public:
    /// `keytab`: a file, "" for the system's. `realms`: empty for that of our own key. Errc::not_found says what is
    /// missing.
    [[nodiscard]] static base::Result<std::unique_ptr<NegotiateAuth>> make(const std::string& keytab,
                                                                           std::vector<std::string> realms);

    [[nodiscard]] std::string_view name() const override { return "Negotiate"; }
    [[nodiscard]] std::unique_ptr<Handshake> begin() override;

private:
    class Talk;
    NegotiateAuth(GssCredential ours, std::vector<std::string> realms)
        : ours_(std::move(ours)), realms_(std::move(realms)) {}
    const GssCredential ours_;
    const std::vector<std::string> realms_;
};

/// The account that the principal `who` is, where `whom` is the principal of our key and `realms` are ours, if any is
/// named; nullopt for one of another realm, with an instance (bob/admin@REALM), or with a name that no account can have.
[[nodiscard]] std::optional<std::string> account_of_principal(std::string_view who, std::string_view whom,
                                                              const std::vector<std::string>& realms = {});

}  // namespace server
