// server/negotiate_auth.h: Negotiate: Kerberos, for the people of our own realm.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 6.1; RFC 4559; RFC 4178
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/gssapi.h"
#include "server/handshake.h"
#include "server/spelling.h"

namespace server {

/// The principal u@REALM is the account u, whether or not rvpctl user made one: the KDC says who there is. REALM must be
/// that of our own key; NTLM inside Negotiate is not spoken. Thread: loop.
class NegotiateAuth final : public HandshakeScheme {
public:
    /// `keytab`: a file, "" for the system's. Errc::not_found says what is missing.
    [[nodiscard]] static base::Result<std::unique_ptr<NegotiateAuth>> make(const std::string& keytab);

    [[nodiscard]] std::string_view name() const override { return "Negotiate"; }
    [[nodiscard]] std::unique_ptr<Handshake> begin() override;

private:
    class Talk;
    explicit NegotiateAuth(GssCredential ours) : ours_(std::move(ours)) {}
    const GssCredential ours_;
};

/// The account that the principal `who` is, where `whom` is the principal of our key; nullopt for one of another realm,
/// with an instance (bob/admin@REALM), or with a name that no account can have.
[[nodiscard]] std::optional<std::string> account_of_principal(std::string_view who, std::string_view whom);

}  // namespace server
