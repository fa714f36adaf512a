// server/gssapi.h: our side of a handshake of GSSAPI: a client's tokens in, ours out, and at last who he is.
// SPDX-License-Identifier: Apache-2.0
// Spec: RFC 2743 2.2.2 (accepting), RFC 4178 (SPNEGO), RFC 4559 (Negotiate in HTTP); rvp-in-practice 3
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace server {

/// With what we answer handshakes of one kind. Thread: one at a time.
class GssCredential {
public:
    /// Kerberos, alone or inside SPNEGO, and nothing else. `keytab` holds our keys; "" is the system's. Errc::not_found
    /// says why there is none to be had.
    [[nodiscard]] static base::Result<GssCredential> kerberos(const std::string& keytab);
    /// NTLM, for those whom `key_file` names; it is read in each handshake's last step, and its lines are
    /// `user:0:LM:NT:` with the hashes in upper case hex. `host` is what we call ourselves. Errc::not_found: there is no
    /// gss-ntlmssp.
    [[nodiscard]] static base::Result<GssCredential> ntlm(const std::string& key_file, const std::string& host);

    GssCredential(GssCredential&&) noexcept;
    GssCredential& operator=(GssCredential&&) noexcept;
    ~GssCredential();

private:
    friend class GssHandshake;
    struct Parts;
    explicit GssCredential(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

/// One handshake, with one client.
class GssHandshake {
public:
    /// No token is longer: a Kerberos ticket with all the groups of Active Directory has 48 KiB.
    static constexpr std::size_t kTokenBytes = 65'536;

    struct Step {
        bool done = false;   ///< who he is has been proved
        std::string token;   ///< for the client; may be empty once done
        std::string who;     ///< once done: `bob@EXAMPLE.COM` of Kerberos, `DOM\bob` or `bob` of NTLM
        std::string whom;    ///< once done: what of ours he spoke to, as `HTTP/im.example.com@EXAMPLE.COM`
    };

    GssHandshake();
    GssHandshake(GssHandshake&&) noexcept;
    GssHandshake& operator=(GssHandshake&&) noexcept;
    ~GssHandshake();

    /// The client's next token. After an error, or once done, the handshake is over. Takes less than a
    /// tenth of a millisecond for NTLM and less than one for Kerberos, and asks nobody in the network. Errc::unproven; the text says
    /// what the library has to say, and holds no secret.
    [[nodiscard]] base::Result<Step> step(const GssCredential& ours, std::string_view token);

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace server
