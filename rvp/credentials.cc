// rvp/credentials.cc: RVP-From-Principal -> Caller.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.7.2.4 (assertion)
#include "rvp/credentials.h"

#include "rvp/headers.h"
#include "rvp/names.h"

namespace rvp {

using base::Errc;
using base::fail;

base::Result<presence::Caller> caller_of(const base::Request& request, const presence::Realm& realm) {
    const auto from = single(request, kFromPrincipal);
    if (!from) return std::unexpected(from.error());
    if (!*from) {
        return fail(Errc::malformed, request.method + " needs RVP-From-Principal: <URL of who asks> (RVP 7.2)");
    }
    const auto address = presence::Address::parse(**from);
    if (!address) return fail(Errc::malformed, "RVP-From-Principal: " + address.error().text + " (RVP 7.2)");
    presence::Caller caller;
    caller.key = realm.key(*address);
    caller.url = address->url();
    caller.proof = presence::Proof::assertion;
    caller.source = request.peer;
    caller.connection = request.connection;
    return caller;
}

}  // namespace rvp
