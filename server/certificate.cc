// server/certificate.cc: PEM into what GnuTLS serves.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 ([tls])
#include "server/certificate.h"

#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/digest.h"
#include "base/fd.h"

namespace server {
namespace {

using File = Certificate::Problem::File;

constexpr std::size_t kMaxPemBytes = 1 << 20;
constexpr unsigned kMaxChain = 16;  // real ones have two to four

std::unexpected<Certificate::Problem> wrong(File file, std::string text) {
    return std::unexpected(Certificate::Problem{file, std::move(text)});
}

std::unexpected<Certificate::Problem> gnutls_says(File file, const char* what, int error) {
    return wrong(file, std::string(what) + ": " + gnutls_strerror(error));
}

/// A regular file only: nobody waits for what a pipe may say.
std::expected<std::string, Certificate::Problem> read_file(File file, const std::string& path) {
    const auto cannot = [file](int error) { return wrong(file, std::string("cannot be read: ") + std::strerror(error)); };
    const base::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat is {};
    if (!fd || ::fstat(fd.get(), &is) != 0) return cannot(errno);
    if (!S_ISREG(is.st_mode)) return wrong(file, "is no file of PEM");
    std::string text;
    text.reserve(static_cast<std::size_t>(is.st_size) + 1);  // a key leaves no copy behind by growing
    std::array<char, 16384> part;
    for (;;) {
        const ssize_t got = ::read(fd.get(), part.data(), part.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return cannot(errno);
        if (got == 0) break;
        text.append(part.data(), static_cast<std::size_t>(got));
        if (text.size() > kMaxPemBytes) return wrong(file, "is longer than 1 MiB, which no PEM of ours is");
    }
    return text;
}

gnutls_datum_t datum(std::string& text) {
    return {reinterpret_cast<unsigned char*>(text.data()), static_cast<unsigned>(text.size())};
}

using KeyId = std::array<unsigned char, 32>;

KeyId id_of(gnutls_pubkey_t key) {
    KeyId id{};
    std::size_t size = id.size();
    gnutls_pubkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, id.data(), &size);
    return id;
}

}  // namespace

struct Certificate::Parts {
    Parts() = default;
    ~Parts() {
        for (unsigned i = 0; i < size; ++i) gnutls_pcert_deinit(&chain[i]);
        if (key) gnutls_privkey_deinit(key);
    }
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;

    [[nodiscard]] std::expected<void, Problem> read_chain(std::string text) {
        unsigned count = kMaxChain;
        const gnutls_datum_t pem = datum(text);
        const int read = gnutls_pcert_list_import_x509_raw(
            chain.data(), &count, &pem, GNUTLS_X509_FMT_PEM,
            GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED | GNUTLS_X509_CRT_LIST_SORT);
        if (read < 0) return gnutls_says(File::certificate, "holds no chain of certificates in PEM", read);
        size = count;
        return describe();
    }

    [[nodiscard]] std::expected<void, Problem> describe() {
        gnutls_x509_crt_t first = nullptr;
        if (const int read = gnutls_pcert_export_x509(&chain[0], &first); read < 0) {
            return gnutls_says(File::certificate, "holds a certificate that cannot be read", read);
        }
        expires = std::chrono::sys_seconds(std::chrono::seconds(gnutls_x509_crt_get_expiration_time(first)));
        gnutls_datum_t name{};
        if (gnutls_x509_crt_get_dn3(first, &name, 0) == 0) {
            subject.assign(reinterpret_cast<const char*>(name.data), name.size);
            gnutls_free(name.data);
        }
        gnutls_x509_crt_deinit(first);
        return {};
    }

    [[nodiscard]] std::expected<void, Problem> read_key(std::string text) {
        gnutls_privkey_init(&key);
        const gnutls_datum_t pem = datum(text);
        const int read = gnutls_privkey_import_x509_raw(key, &pem, GNUTLS_X509_FMT_PEM, nullptr, 0);
        base::wipe(text);
        if (read == GNUTLS_E_DECRYPTION_FAILED) {
            return wrong(File::key, "is protected by a password, which nobody is there to give");
        }
        if (read < 0) return gnutls_says(File::key, "holds no private key in PEM", read);
        return {};
    }

    [[nodiscard]] bool belong_together() const {
        gnutls_pubkey_t of_key = nullptr;
        gnutls_pubkey_init(&of_key);
        const bool same = gnutls_pubkey_import_privkey(of_key, key, 0, 0) == 0 && id_of(of_key) == id_of(chain[0].pubkey);
        gnutls_pubkey_deinit(of_key);
        return same;
    }

    std::array<gnutls_pcert_st, kMaxChain> chain{};
    unsigned size = 0;
    gnutls_privkey_t key = nullptr;
    std::string subject;
    std::chrono::sys_seconds expires;
};

std::expected<std::shared_ptr<const Certificate>, Certificate::Problem> Certificate::load(
    const std::string& certificate_file, const std::string& key_file) {
    auto parts = std::make_unique<Parts>();
    auto chain = read_file(File::certificate, certificate_file);
    if (!chain) return std::unexpected(std::move(chain.error()));
    auto key = read_file(File::key, key_file);
    if (!key) return std::unexpected(std::move(key.error()));
    if (auto read = parts->read_chain(std::move(*chain)); !read) return std::unexpected(std::move(read.error()));
    if (auto read = parts->read_key(std::move(*key)); !read) return std::unexpected(std::move(read.error()));
    if (!parts->belong_together()) {
        return wrong(File::key, "is not the key of the first certificate in " + certificate_file);
    }
    return std::shared_ptr<const Certificate>(new Certificate(std::move(parts)));
}

Certificate::Certificate(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Certificate::~Certificate() = default;

const std::string& Certificate::subject() const { return parts_->subject; }
std::chrono::sys_seconds Certificate::expires() const { return parts_->expires; }
Certificate::Pair Certificate::pair() const { return {parts_->chain.data(), parts_->size, parts_->key}; }

}  // namespace server
