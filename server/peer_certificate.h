// server/peer_certificate.h: what a client of an https listener shows of itself, and whom that proves.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (federation: mutual TLS); RFC 8446 4.4.2
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/http.h"
#include "base/result.h"

// GnuTLS's, which libmicrohttpd speaks.
struct gnutls_session_int;

namespace server {

/// Which authorities are believed about clients. Immutable. Thread: loop.
class PeerTrust {
public:
    /// `ca` is tls.ca: "system", and files of PEM. Errc::malformed: text that completes the sentence `FILE …`.
    [[nodiscard]] static base::Result<std::shared_ptr<const PeerTrust>> make(const std::vector<std::string>& ca);
    ~PeerTrust();
    PeerTrust(const PeerTrust&) = delete;
    PeerTrust& operator=(const PeerTrust&) = delete;

private:
    friend class PeerCertificate;
    struct Parts;
    explicit PeerTrust(std::unique_ptr<Parts> parts);

    std::unique_ptr<Parts> parts_;
};

/// Asks the peer, who is still shaking hands, for a certificate; he may show none.
void ask_for_certificate(gnutls_session_int* session);

/// The chain that the peer of a session showed. Thread: loop.
class PeerCertificate final : public base::PeerProof {
public:
    /// Null: he showed none.
    [[nodiscard]] static std::shared_ptr<const PeerCertificate> of(gnutls_session_int* session, std::shared_ptr<const PeerTrust> trust);

    /// Whether it is in force, leads to an authority that is believed, and names that host. What was found is kept.
    [[nodiscard]] bool proves(std::string_view host) const override;

private:
    PeerCertificate(std::vector<std::string> chain, std::shared_ptr<const PeerTrust> trust)
        : chain_(std::move(chain)), trust_(std::move(trust)) {}
    [[nodiscard]] bool verify(const std::string& host) const;

    const std::vector<std::string> chain_;  // DER, his own first
    const std::shared_ptr<const PeerTrust> trust_;
    mutable std::unordered_map<std::string, bool> found_;
};

}  // namespace server
