// server/http_door_tls.cc: how far a handshake of libmicrohttpd's has come.
// SPDX-License-Identifier: Apache-2.0
#include "server/http_door_tls.h"

#include <gnutls/gnutls.h>
#include <microhttpd.h>

#include <utility>

namespace server {
namespace {

gnutls_session_t session_of(MHD_Connection* mhd) {
    return static_cast<gnutls_session_t>(MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session);
}

}  // namespace

bool has_shaken_hands(MHD_Connection* mhd) {
    char* suite = gnutls_session_get_desc(session_of(mhd));  // null before
    const bool agreed = suite != nullptr;
    gnutls_free(suite);
    return agreed;
}

std::shared_ptr<const base::PeerProof> shown_by(MHD_Connection* mhd, std::shared_ptr<const PeerTrust> trust) {
    return PeerCertificate::of(session_of(mhd), std::move(trust));
}

bool shakes_by_writing(MHD_Connection* mhd) { return gnutls_record_get_direction(session_of(mhd)) != 0; }

}  // namespace server
