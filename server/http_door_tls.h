// server/http_door_tls.h: how far a handshake of libmicrohttpd's has come.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 ([tls])
#pragma once

#include <memory>

#include "base/http.h"
#include "server/peer_certificate.h"

struct MHD_Connection;

namespace server {

/// For connections of a listener that speaks TLS. Whether keys are agreed on.
[[nodiscard]] bool has_shaken_hands(MHD_Connection* mhd);
/// What the peer has shown of itself, once hands are shaken; null: nothing.
[[nodiscard]] std::shared_ptr<const base::PeerProof> shown_by(MHD_Connection* mhd, std::shared_ptr<const PeerTrust> trust);
/// Whether the handshake waits until we can write; otherwise it waits for the peer's next word.
[[nodiscard]] bool shakes_by_writing(MHD_Connection* mhd);

}  // namespace server
