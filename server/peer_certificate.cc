// server/peer_certificate.cc: chains of clients, verified by GnuTLS.
// SPDX-License-Identifier: Apache-2.0
#include "server/peer_certificate.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <algorithm>
#include <utility>

namespace server {

namespace {

constexpr unsigned kLongestPeerChain = 8;
constexpr std::size_t kMostHostsFound = 64;  // a connection speaks for few domains

/// Certificates of GnuTLS's, as long as they are looked at.
struct ImportedChain {
    ~ImportedChain() {
        for (unsigned i = 0; i < size; ++i) gnutls_x509_crt_deinit(list[i]);
    }
    [[nodiscard]] bool add(const std::string& der) {
        gnutls_datum_t bytes{reinterpret_cast<unsigned char*>(const_cast<char*>(der.data())), static_cast<unsigned>(der.size())};
        if (gnutls_x509_crt_init(&list[size]) < 0) return false;
        return gnutls_x509_crt_import(list[size++], &bytes, GNUTLS_X509_FMT_DER) == 0;
    }
    gnutls_x509_crt_t list[kLongestPeerChain]{};
    unsigned size = 0;
};

}  // namespace

struct PeerTrust::Parts {
    Parts() { gnutls_x509_trust_list_init(&list, 0); }
    ~Parts() { gnutls_x509_trust_list_deinit(list, 1); }
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;

    gnutls_x509_trust_list_t list = nullptr;
};

PeerTrust::PeerTrust(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
PeerTrust::~PeerTrust() = default;

base::Result<std::shared_ptr<const PeerTrust>> PeerTrust::make(const std::vector<std::string>& ca) {
    auto parts = std::make_unique<Parts>();
    for (const std::string& from : ca) {
        const int read = from == "system" ? gnutls_x509_trust_list_add_system_trust(parts->list, 0, 0)
                                          : gnutls_x509_trust_list_add_trust_file(parts->list, from.c_str(), nullptr, GNUTLS_X509_FMT_PEM, 0, 0);
        const bool some = from == "system" ? read >= 0 : read > 0;
        if (!some) return base::fail(base::Errc::malformed, "holds no certificates in PEM");
    }
    return std::shared_ptr<const PeerTrust>(new PeerTrust(std::move(parts)));
}

void ask_for_certificate(gnutls_session_int* session) { gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST); }

std::shared_ptr<const PeerCertificate> PeerCertificate::of(gnutls_session_int* session, std::shared_ptr<const PeerTrust> trust) {
    unsigned size = 0;
    const gnutls_datum_t* shown = gnutls_certificate_get_peers(session, &size);
    if (!shown || size == 0 || size > kLongestPeerChain) return nullptr;
    std::vector<std::string> chain;
    for (unsigned i = 0; i < size; ++i) chain.emplace_back(reinterpret_cast<const char*>(shown[i].data), shown[i].size);
    return std::shared_ptr<const PeerCertificate>(new PeerCertificate(std::move(chain), std::move(trust)));
}

bool PeerCertificate::proves(std::string_view host) const {
    const std::string name(host);
    if (const auto it = found_.find(name); it != found_.end()) return it->second;
    if (found_.size() >= kMostHostsFound) found_.clear();
    return found_[name] = verify(name);
}

/// Whatever it was made for: servers show the certificate of their listeners.
bool PeerCertificate::verify(const std::string& host) const {
    ImportedChain chain;
    for (const std::string& der : chain_) {
        if (!chain.add(der)) return false;
    }
    if (!gnutls_x509_crt_check_hostname(chain.list[0], host.c_str())) return false;
    unsigned wrong = 0;
    const int looked = gnutls_x509_trust_list_verify_crt(trust_->parts_->list, chain.list, chain.size, 0, &wrong, nullptr);
    return looked == 0 && wrong == 0;
}

}  // namespace server
