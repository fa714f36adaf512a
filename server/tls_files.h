// server/tls_files.h: the certificates that the configuration names, and whom we believe by it.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 ([tls], [federation])
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "server/certificate.h"
#include "server/config.h"
#include "server/peer_certificate.h"
#include "server/tls.h"

namespace server {

/// What a door shows; null where none is configured. Read as the user that rvpd goes on as, who will have to read the
/// next one too. Errc::malformed names the file.
[[nodiscard]] base::Result<std::shared_ptr<const Certificate>> load_certificate(const Config& config);
/// The same for doors that are no HTTP, which libmicrohttpd does not serve; null where no such door speaks TLS.
[[nodiscard]] base::Result<std::shared_ptr<const TlsIdentity>> load_identity(const Config& config);
/// Says whose it is and until when, and warns when that time is over.
void log_certificate(const Certificate& certificate, base::Log& log, base::WallTime now);

/// Whether servers prove who they are by certificates.
[[nodiscard]] bool proves_by_certificate(const Config& config);
/// Whom we believe over TLS, and what we show where it is asked for. Errc::malformed: the files are no more what they were
/// when the configuration was checked, which names them.
[[nodiscard]] base::Result<std::shared_ptr<const TlsTrust>> make_trust(const Config& config);
/// The same of the doors; null: clients are not asked for certificates.
[[nodiscard]] base::Result<std::shared_ptr<const PeerTrust>> make_peer_trust(const Config& config);

}  // namespace server
