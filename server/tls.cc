// server/tls.cc: OpenSSL, as a client and as a server.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (a Call-Back is an attack surface), 9 ([tls]); RFC 8446, 9110 4.3.4
#include "server/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include "base/fd.h"
#include "base/ip.h"

namespace server {
namespace {

constexpr long kSessionSeconds = 3600;  // then the peer must prove again who it is

template <auto free>
struct Freed {
    void operator()(auto* made) const { free(made); }
};
template <class T, auto free>
using Owned = std::unique_ptr<T, Freed<free>>;

int fd_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

// OpenSSL's own BIO for sockets writes without MSG_NOSIGNAL.

int bio_write(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    const ssize_t sent = ::send(fd_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent < 0 && base::would_block()) BIO_set_retry_write(bio);
    return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    const ssize_t got = ::recv(fd_of(bio), bytes, static_cast<std::size_t>(size), 0);
    if (got < 0 && base::would_block()) BIO_set_retry_read(bio);
    return static_cast<int>(got);
}

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* socket_method() {
    static const Owned<BIO_METHOD, BIO_meth_free> method = [] {
        Owned<BIO_METHOD, BIO_meth_free> made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "courier"));
        BIO_meth_set_write(made.get(), bio_write);
        BIO_meth_set_read(made.get(), bio_read);
        BIO_meth_set_ctrl(made.get(), bio_control);
        return made;
    }();
    return method.get();
}

std::string last_words() {
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason ? reason : "unknown error";
}

}  // namespace

struct TlsSession::Parts {
    Owned<SSL_SESSION, SSL_SESSION_free> session;
};

TlsSession::TlsSession() : parts_(std::make_unique<Parts>()) {}
TlsSession::~TlsSession() = default;

// ---- Trust -------------------------------------------------------------------------------------------------

struct TlsTrust::Parts {
    Owned<SSL_CTX, SSL_CTX_free> context;

    /// Hands a session to the TlsSession of its connection.
    static int keep(SSL* ssl, SSL_SESSION* session) {
        static_cast<TlsSession::Parts*>(SSL_get_app_data(ssl))->session.reset(session);
        return 1;  // it is ours now
    }
};

TlsTrust::TlsTrust(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TlsTrust::~TlsTrust() = default;

namespace {

/// `context` shows that chain from now on.
base::Result<void> show_pair(SSL_CTX* context, const std::string& certificate_file, const std::string& key_file) {
    ERR_clear_error();
    const bool read = SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) == 1 &&
                      SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) == 1 &&
                      SSL_CTX_check_private_key(context) == 1;
    if (!read) return base::fail(base::Errc::malformed, certificate_file + " cannot be shown: " + last_words());
    return {};
}

}  // namespace

base::Result<std::shared_ptr<const TlsTrust>> TlsTrust::make(const std::vector<std::string>& ca, const std::string& certificate_file,
                                                             const std::string& key_file) {
    auto parts = std::make_unique<Parts>();
    parts->context.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX* context = parts->context.get();
    if (!context) throw std::runtime_error("OpenSSL has no TLS: " + last_words());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_timeout(context, kSessionSeconds);
    SSL_CTX_sess_set_new_cb(context, Parts::keep);
    for (const std::string& from : ca) {
        ERR_clear_error();
        const bool read = from == "system" ? SSL_CTX_set_default_verify_paths(context) == 1
                                           : SSL_CTX_load_verify_file(context, from.c_str()) == 1;
        if (!read) return base::fail(base::Errc::malformed, "holds no certificates in PEM: " + last_words());
    }
    if (!certificate_file.empty()) {
        if (auto shown = show_pair(context, certificate_file, key_file); !shown) return std::unexpected(shown.error());
    }
    return std::shared_ptr<const TlsTrust>(new TlsTrust(std::move(parts)));
}

// ---- Identity ----------------------------------------------------------------------------------------------

struct TlsIdentity::Parts {
    Owned<SSL_CTX, SSL_CTX_free> context;
};

TlsIdentity::TlsIdentity(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TlsIdentity::~TlsIdentity() = default;

base::Result<std::shared_ptr<const TlsIdentity>> TlsIdentity::load(const std::string& certificate_file,
                                                                   const std::string& key_file) {
    auto parts = std::make_unique<Parts>();
    parts->context.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX* context = parts->context.get();
    if (!context) throw std::runtime_error("OpenSSL has no TLS: " + last_words());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    // A connection that rests holds no buffers, and no session is kept for one that comes back.
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 1);
    if (auto shown = show_pair(context, certificate_file, key_file); !shown) return std::unexpected(shown.error());
    return std::shared_ptr<const TlsIdentity>(new TlsIdentity(std::move(parts)));
}

// ---- One connection ----------------------------------------------------------------------------------------

struct TlsStream::Parts {
    Owned<SSL, SSL_free> ssl;

    /// What an operation that did not succeed means, in the words of a socket.
    [[nodiscard]] ssize_t as_socket(int result) const {
        switch (SSL_get_error(ssl.get(), result)) {
            case SSL_ERROR_WANT_READ:
            case SSL_ERROR_WANT_WRITE:
                errno = EAGAIN;
                return -1;
            case SSL_ERROR_ZERO_RETURN:
                return 0;
            default:
                errno = ECONNRESET;
                return -1;
        }
    }
};

void TlsStream::open(void* context, int fd) {
    parts_ = std::make_unique<Parts>();
    parts_->ssl.reset(SSL_new(static_cast<SSL_CTX*>(context)));
    SSL* ssl = parts_->ssl.get();
    BIO* bio = BIO_new(socket_method());
    if (!ssl || !bio) throw std::bad_alloc();
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
}

TlsStream::TlsStream(const TlsIdentity& identity, int fd) {
    open(identity.parts_->context.get(), fd);
    SSL_set_accept_state(parts_->ssl.get());
}

TlsStream::TlsStream(const TlsTrust& trust, int fd, const std::string& host, TlsSession& session) {
    open(trust.parts_->context.get(), fd);
    SSL* ssl = parts_->ssl.get();
    if (base::IpAddress::parse(host)) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
    } else {
        const std::string name = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
        SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        SSL_set1_host(ssl, name.c_str());
        SSL_set_tlsext_host_name(ssl, name.c_str());
    }
    SSL_set_app_data(ssl, session.parts_.get());
    if (session.parts_->session) SSL_set_session(ssl, session.parts_->session.get());
    SSL_set_connect_state(ssl);
}

TlsStream::~TlsStream() {
    // Not waited for, and only tried: who closes after a handshake that failed must not say farewell.
    if (SSL_is_init_finished(parts_->ssl.get())) SSL_shutdown(parts_->ssl.get());
    ERR_clear_error();
}

TlsStream::Step TlsStream::shake_hands() {
    ERR_clear_error();
    const int result = SSL_do_handshake(parts_->ssl.get());
    if (result == 1) return Step::done;
    if (parts_->as_socket(result) < 0 && errno == EAGAIN) return Step::again;
    return SSL_get_verify_result(parts_->ssl.get()) == X509_V_OK ? Step::failed : Step::untrusted;
}

std::string TlsStream::why() const {
    return X509_verify_cert_error_string(SSL_get_verify_result(parts_->ssl.get()));
}

bool TlsStream::resumed() const { return SSL_session_reused(parts_->ssl.get()) == 1; }

ssize_t TlsStream::send(const char* bytes, std::size_t size) {
    std::size_t sent = 0;
    while (sent < size) {  // a record each
        ERR_clear_error();
        std::size_t some = 0;
        const int result = SSL_write_ex(parts_->ssl.get(), bytes + sent, size - sent, &some);
        if (result == 1) {
            sent += some;
            continue;
        }
        if (parts_->as_socket(result) == 0) errno = ECONNRESET;
        return sent > 0 && errno == EAGAIN ? static_cast<ssize_t>(sent) : -1;
    }
    return static_cast<ssize_t>(sent);
}

ssize_t TlsStream::recv(char* bytes, std::size_t size) {
    ERR_clear_error();
    std::size_t got = 0;
    const int result = SSL_read_ex(parts_->ssl.get(), bytes, size, &got);
    return result == 1 ? static_cast<ssize_t>(got) : parts_->as_socket(result);
}

}  // namespace server
