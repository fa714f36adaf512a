// server/tls_files.cc: reads the files of [tls].
// SPDX-License-Identifier: Apache-2.0
#include "server/tls_files.h"

#include <string>
#include <utility>

#include "server/admin_words.h"

namespace server {

base::Result<std::shared_ptr<const Certificate>> load_certificate(const Config& config) {
    if (config.tls_certificate.empty()) return nullptr;
    auto loaded = Certificate::load(config.tls_certificate, config.tls_key);
    if (loaded) return std::move(*loaded);
    const bool key = loaded.error().file == Certificate::Problem::File::key;
    return base::fail(base::Errc::malformed, (key ? config.tls_key : config.tls_certificate) + " " + loaded.error().text);
}

base::Result<std::shared_ptr<const TlsIdentity>> load_identity(const Config& config) {
    if (config.listen_msnps.empty() || config.tls_certificate.empty()) return nullptr;
    return TlsIdentity::load(config.tls_certificate, config.tls_key);
}

void log_certificate(const Certificate& certificate, base::Log& log, base::WallTime now) {
    const std::string expires = text_of(certificate.expires());
    log.info("tls-certificate", {{"subject", certificate.subject()}, {"expires", expires}});
    if (certificate.expires() < now) log.warning("tls-certificate-expired", {{"since", expires}});
}

bool proves_by_certificate(const Config& config) { return config.federation_proof == "certificate"; }

base::Result<std::shared_ptr<const TlsTrust>> make_trust(const Config& config) {
    if (!proves_by_certificate(config)) return TlsTrust::make(config.tls_ca);
    return TlsTrust::make(config.tls_ca, config.tls_certificate, config.tls_key);
}

base::Result<std::shared_ptr<const PeerTrust>> make_peer_trust(const Config& config) {
    if (!proves_by_certificate(config)) return nullptr;
    return PeerTrust::make(config.tls_ca);
}

}  // namespace server
