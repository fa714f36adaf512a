// server/bound.cc: binds, and gives up root.
// SPDX-License-Identifier: Apache-2.0
#include "server/bound.h"

#include <stdexcept>
#include <string>

#include "server/must.h"
#include "server/privileges.h"

namespace server {
namespace {

/// One listener for each address; they are taken from `opened` where they are there.
std::vector<Listener> bind_all(const std::vector<std::string>& addresses, const std::string& option,
                               std::vector<base::Fd>& opened) {
    std::vector<Listener> listeners;
    for (const std::string& address : addresses) listeners.push_back(must(listen_on(address, opened), option));
    return listeners;
}

}  // namespace

Bound::Bound(const Config& config, base::Log& log, std::vector<base::Fd> opened)
    : rvp(bind_all(config.listen_http, "listen.http", opened)),
      rvp_tls(bind_all(config.listen_https, "listen.https", opened)),
      msnp(bind_all(config.listen_msnp, "listen.msnp", opened)),
      msnp_tls(bind_all(config.listen_msnps, "listen.msnps", opened)) {
    if (!config.listen_admin.empty()) admin = bind_all({config.listen_admin}, "listen.admin", opened);
    if (!opened.empty()) {
        throw std::runtime_error("a socket was handed over that listens on " + address_of(opened.front().get()) +
                                 ", which no listen option names");
    }
    must(drop_privileges(config, log), "privileges");
}

}  // namespace server
