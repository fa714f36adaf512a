// tests/server/tls_peer.h: either end of a TLS connection, blocking, played by a test.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "base/fd.h"
#include "tests/server/loopback.h"
#include "tests/server/pki.h"

namespace loopback {

/// What a TLS end trusts and shows.
class TlsContext {
public:
    /// Believes who is signed by `authority`.
    static TlsContext client(const pki::Pair& authority) {
        TlsContext made(TLS_client_method());
        made.trust(authority);
        SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, nullptr);
        return made;
    }
    /// Shows that pair, too, where it is asked to.
    static TlsContext client(const pki::Pair& authority, const pki::Pair& pair) {
        TlsContext made = client(authority);
        made.show(pair);
        return made;
    }
    static TlsContext server(const pki::Pair& pair) {
        TlsContext made(TLS_server_method());
        made.show(pair);
        return made;
    }
    [[nodiscard]] SSL_CTX* get() const { return context_.get(); }

private:
    explicit TlsContext(const SSL_METHOD* method) : context_(SSL_CTX_new(method)) {}
    void show(const pki::Pair& pair) {
        const auto read = [](const std::string& text) { return pki::Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); };
        const pki::Crt crt(PEM_read_bio_X509(read(pair.certificate).get(), nullptr, nullptr, nullptr));
        const pki::Key key(PEM_read_bio_PrivateKey(read(pair.key).get(), nullptr, nullptr, nullptr));
        if (SSL_CTX_use_certificate(get(), crt.get()) != 1 || SSL_CTX_use_PrivateKey(get(), key.get()) != 1) {
            throw std::runtime_error("cannot use the certificate");
        }
    }
    void trust(const pki::Pair& authority) {
        const pki::Bio pem(BIO_new_mem_buf(authority.certificate.data(), static_cast<int>(authority.certificate.size())));
        const pki::Crt crt(PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr));
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), crt.get());
    }

    pki::Owned<SSL_CTX, SSL_CTX_free> context_;
};

/// A connected socket to a port of 127.0.0.1, that waits no longer than kPatience; from another address of ours, if given.
inline base::Fd call(std::uint16_t port, const char* from = nullptr) {
    base::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (from) {
        address.sin_addr.s_addr = ::inet_addr(from);
        if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("cannot bind");
    }
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error("cannot connect");
    }
    return fd;
}

/// One end of a connection, from its handshake on.
class TlsPeer {
public:
    enum class End { clean, cut };

    TlsPeer(const TlsContext& context, base::Fd fd) : fd_(std::move(fd)), ssl_(SSL_new(context.get())) {
        SSL_set_fd(ssl_.get(), fd_.get());
    }
    /// Whether the handshake came to a good end.
    [[nodiscard]] bool connect() { return SSL_connect(ssl_.get()) == 1; }
    [[nodiscard]] bool accept() { return SSL_accept(ssl_.get()) == 1; }

    void send(std::string_view bytes) {
        if (SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) <= 0) throw std::runtime_error("cannot send");
    }
    /// The next request or answer, whole; "" at the end.
    std::string read_message() {
        while (!is_whole()) {
            if (!read_some()) return {};
        }
        const std::size_t size = whole_size();
        std::string message = unread_.substr(0, size);
        unread_.erase(0, size);
        return message;
    }
    /// Waits for the peer's end; more bytes are an error.
    End read_end() {
        if (!unread_.empty() || read_some()) throw std::runtime_error("more came: " + unread_);
        return end_;
    }
    /// Says that no more will come.
    void finish() {
        SSL_shutdown(ssl_.get());
        ::shutdown(fd_.get(), SHUT_WR);
    }
    void close() {
        ssl_.reset();
        fd_.reset();
    }
    [[nodiscard]] SSL* ssl() const { return ssl_.get(); }
    /// The name on the peer's certificate.
    [[nodiscard]] std::string peer_name() const {
        const pki::Crt crt(SSL_get1_peer_certificate(ssl_.get()));
        char name[256] = "";
        if (crt) X509_NAME_get_text_by_NID(X509_get_subject_name(crt.get()), NID_commonName, name, sizeof name);
        return name;
    }

private:
    static constexpr std::string_view kLength = "Content-Length: ";

    [[nodiscard]] std::size_t whole_size() const {
        const std::size_t head = unread_.find("\r\n\r\n") + 4;
        const std::size_t length = unread_.find(kLength);
        return length < head ? head + std::stoul(unread_.substr(length + kLength.size())) : head;
    }
    [[nodiscard]] bool is_whole() const {
        return unread_.find("\r\n\r\n") != std::string::npos && unread_.size() >= whole_size();
    }
    bool read_some() {
        char bytes[65536];
        const int n = SSL_read(ssl_.get(), bytes, sizeof bytes);
        if (n > 0) return unread_.append(bytes, static_cast<std::size_t>(n)), true;
        const int why = SSL_get_error(ssl_.get(), n);
        if (why == SSL_ERROR_WANT_READ) throw std::runtime_error("nothing came");
        end_ = why == SSL_ERROR_ZERO_RETURN ? End::clean : End::cut;
        ERR_clear_error();
        return false;
    }

    base::Fd fd_;
    pki::Owned<SSL, SSL_free> ssl_;
    std::string unread_;
    End end_ = End::cut;
};

}  // namespace loopback
