// server/certificate.h: the certificate and key that https listeners show.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 ([tls])
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string>

// GnuTLS's, which libmicrohttpd speaks.
struct gnutls_pcert_st;
struct gnutls_privkey_st;

namespace server {

/// A chain, its own certificate first, and the private key of that. Immutable. Whoever still shakes hands with it
/// holds it. Thread: loop.
class Certificate {
public:
    /// What is wrong with which file; `text` completes the sentence `PATH …`.
    struct Problem {
        enum class File { certificate, key } file;
        std::string text;
    };

    /// Reads two files of PEM. The key must be that of the chain's first certificate, and not be protected by a
    /// password. One that has expired is read like any other: see expires().
    [[nodiscard]] static std::expected<std::shared_ptr<const Certificate>, Problem> load(
        const std::string& certificate_file, const std::string& key_file);
    ~Certificate();
    Certificate(const Certificate&) = delete;
    Certificate& operator=(const Certificate&) = delete;

    /// Whom it names, as "CN=im.example.com,O=Example".
    [[nodiscard]] const std::string& subject() const;
    [[nodiscard]] std::chrono::sys_seconds expires() const;

    /// What is handed to GnuTLS; owned by this.
    struct Pair {
        gnutls_pcert_st* chain;
        unsigned size;
        gnutls_privkey_st* key;
    };
    [[nodiscard]] Pair pair() const;

private:
    struct Parts;
    explicit Certificate(std::unique_ptr<Parts> parts);

    std::unique_ptr<Parts> parts_;
};

}  // namespace server
