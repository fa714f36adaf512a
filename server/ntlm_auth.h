// server/ntlm_auth.h: NTLM, by the library, for accounts that have an NT hash.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 6.1; MS-NLMP; rvp-in-practice 3
#pragma once

#include <memory>
#include <string>

#include "base/fd.h"
#include "server/accounts.h"
#include "server/gssapi.h"
#include "server/handshake.h"

namespace server {

/// Version 2, by the library, whose key file is in memory, holds one account while it is looked at, and nothing
/// otherwise. Version 1, where it is accepted, without it: gss-ntlmssp 1.2.0 takes any password for right when there is
/// extended session security, and otherwise loses 8 KiB of memory with each proof. Borrows the accounts. Thread: loop.
class NtlmAuth final : public HandshakeScheme {
public:
    enum class Version1 { refused, accepted };
    /// `host`: what we call ourselves. Errc::not_found: there is no gss-ntlmssp; internal: no memory.
    [[nodiscard]] static base::Result<std::unique_ptr<NtlmAuth>> make(const Accounts& accounts, const std::string& host,
                                                                      Version1 version1);

    [[nodiscard]] std::string_view name() const override { return "NTLM"; }
    [[nodiscard]] std::unique_ptr<Handshake> begin() override;

    /// What the library asks the environment for: that it lets no version 1 pass, and that nobody's key file but ours
    /// counts. Call it before any thread starts.
    static void set_environment();

private:
    class Talk;
    NtlmAuth(const Accounts& accounts, base::Fd key_file, GssCredential ours, Version1 version1)
        : accounts_(accounts), key_file_(std::move(key_file)), ours_(std::move(ours)), version1_(version1) {}

    const Accounts& accounts_;
    const base::Fd key_file_;
    const GssCredential ours_;
    const Version1 version1_;
};

}  // namespace server
