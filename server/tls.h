// server/tls.h: TLS towards the call-backs that ask for it and for the doors that are no HTTP: whom to believe, what to
// show, and one connection.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (a Call-Back is an attack surface), 9 ([tls]); RFC 8446, 9110 4.3.4
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace server {

/// Whom couriers believe. Immutable; any thread.
class TlsTrust {
public:
    /// `ca` is tls.ca: "system", and files of PEM. Errc::malformed: text that completes the sentence `FILE …`.
    /// With a certificate and its key, files that Certificate::load found sound, they are shown to servers that ask.
    [[nodiscard]] static base::Result<std::shared_ptr<const TlsTrust>> make(const std::vector<std::string>& ca,
                                                                            const std::string& certificate_file = {},
                                                                            const std::string& key_file = {});
    ~TlsTrust();
    TlsTrust(const TlsTrust&) = delete;
    TlsTrust& operator=(const TlsTrust&) = delete;

private:
    friend class TlsStream;
    struct Parts;
    explicit TlsTrust(std::unique_ptr<Parts> parts);

    std::unique_ptr<Parts> parts_;
};

/// What a peer gave us to make the next handshake shorter. Empty at first.
class TlsSession {
public:
    TlsSession();
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

private:
    friend class TlsStream;
    friend class TlsTrust;
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// The certificate and key that a door shows. Immutable; whoever still speaks under it holds it.
class TlsIdentity {
public:
    /// Two files that Certificate::load found sound: the chain, its own certificate first, and the key of that.
    /// Errc::malformed: OpenSSL thinks otherwise.
    [[nodiscard]] static base::Result<std::shared_ptr<const TlsIdentity>> load(const std::string& certificate_file,
                                                                               const std::string& key_file);
    ~TlsIdentity();
    TlsIdentity(const TlsIdentity&) = delete;
    TlsIdentity& operator=(const TlsIdentity&) = delete;

private:
    friend class TlsStream;
    struct Parts;
    explicit TlsIdentity(std::unique_ptr<Parts> parts);

    std::unique_ptr<Parts> parts_;
};

/// One connection over a socket that does not block. Speaks TLS 1.2 or 1.3; as a client, only with whom a certificate
/// of `host` proves. Thread: that of its socket.
class TlsStream {
public:
    /// As its server. Borrows both.
    TlsStream(const TlsIdentity& identity, int fd);
    /// `host`: a name, or an address as text. Borrows all but `host`; `session` is renewed as the peer likes.
    TlsStream(const TlsTrust& trust, int fd, const std::string& host, TlsSession& session);
    ~TlsStream();
    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;

    enum class Step {
        again,      ///< waits for the socket
        done,       ///< send() and recv() may follow
        untrusted,  ///< its certificate proves nothing to us, see why()
        failed,     ///< it speaks no TLS that we do, or is gone
    };
    [[nodiscard]] Step shake_hands();
    /// What was wrong with the certificate: "certificate has expired".
    [[nodiscard]] std::string why() const;
    /// Whether the handshake was a short one, with what an earlier connection left.
    [[nodiscard]] bool resumed() const;

    /// As ::send() and ::recv(), errno included, but that send() stops short only when it would block.
    [[nodiscard]] ssize_t send(const char* bytes, std::size_t size);
    [[nodiscard]] ssize_t recv(char* bytes, std::size_t size);

private:
    struct Parts;
    void open(void* context, int fd);  // an SSL_CTX
    std::unique_ptr<Parts> parts_;
};

}  // namespace server
