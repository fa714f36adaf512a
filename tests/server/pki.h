// tests/server/pki.h: keys and certificates made for a test.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

namespace pki {

template <auto free>
struct Freed {
    void operator()(auto* made) const { free(made); }
};
template <class T, auto free>
using Owned = std::unique_ptr<T, Freed<free>>;
using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using Bio = Owned<BIO, BIO_free_all>;
using Crt = Owned<X509, X509_free>;

/// PEM.
struct Pair {
    std::string certificate;
    std::string key;
};

struct Wish {
    std::string name = "somebody";
    std::string alternatives = "IP:127.0.0.1,DNS:localhost";
    std::chrono::hours from{-1};  ///< from now
    std::chrono::hours until{24};
    bool authority = false;
};

inline std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

inline void extend(X509* crt, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, crt, nullptr, nullptr, 0);
    const Owned<X509_EXTENSION, X509_EXTENSION_free> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    if (!extension || X509_add_ext(crt, extension.get(), -1) != 1) throw std::runtime_error("bad extension: " + value);
}

/// Signed by `by`, or by itself.
inline Pair issue(const Wish& wish, const Pair* by = nullptr) {
    const auto read = [](const std::string& text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); };
    const Key key(EVP_EC_gen("P-256"));
    const Crt crt(X509_new());
    const Crt issuer(by ? PEM_read_bio_X509(read(by->certificate).get(), nullptr, nullptr, nullptr) : nullptr);
    const Key issuer_key(by ? PEM_read_bio_PrivateKey(read(by->key).get(), nullptr, nullptr, nullptr) : nullptr);
    std::uint32_t serial = 0;
    RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
    X509_set_version(crt.get(), X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(crt.get()), serial);
    const auto seconds = [](std::chrono::hours hours) { return static_cast<long>(std::chrono::seconds(hours).count()); };
    X509_gmtime_adj(X509_getm_notBefore(crt.get()), seconds(wish.from));
    X509_gmtime_adj(X509_getm_notAfter(crt.get()), seconds(wish.until));
    X509_NAME_add_entry_by_txt(X509_get_subject_name(crt.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(wish.name.c_str()), -1, -1, 0);
    X509_set_issuer_name(crt.get(), X509_get_subject_name(issuer ? issuer.get() : crt.get()));
    X509_set_pubkey(crt.get(), key.get());
    extend(crt.get(), issuer ? issuer.get() : crt.get(), NID_basic_constraints, wish.authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (!wish.alternatives.empty()) extend(crt.get(), crt.get(), NID_subject_alt_name, wish.alternatives);
    X509_sign(crt.get(), issuer_key ? issuer_key.get() : key.get(), EVP_sha256());
    const Bio crt_text(BIO_new(BIO_s_mem())), key_text(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(crt_text.get(), crt.get());
    PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return {text_of(crt_text.get()), text_of(key_text.get())};
}

inline Pair authority(const std::string& name = "Authority") {
    return issue({.name = name, .alternatives = "", .authority = true});
}

}  // namespace pki
