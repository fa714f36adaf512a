// server/make_schemes.cc: the handshakes, and what beside them needs a warning.
// SPDX-License-Identifier: Apache-2.0
#include "server/make_schemes.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "server/config_shape.h"
#include "server/must.h"
#include "server/negotiate_auth.h"
#include "server/ntlm_auth.h"

namespace server {
namespace {

std::vector<std::unique_ptr<HandshakeScheme>> make_handshakes(const Config& config, const Accounts& accounts) {
    std::vector<std::unique_ptr<HandshakeScheme>> handshakes;
    if (offers(config, "negotiate")) {
        auto negotiate = NegotiateAuth::make(config.auth_keytab, config.auth_kerberos_realms);
        handshakes.push_back(must(std::move(negotiate), "auth.schemes: negotiate"));
    }
    if (offers(config, "ntlm")) {
        const auto version1 = config.auth_ntlm_v1 ? NtlmAuth::Version1::accepted : NtlmAuth::Version1::refused;
        const std::string host(host_of(config.domain));
        handshakes.push_back(must(NtlmAuth::make(accounts, host, version1), "auth.schemes: ntlm"));
    }
    return handshakes;
}

}  // namespace

bool offers(const Config& config, std::string_view scheme) {
    return std::ranges::find(config.auth_schemes, scheme) != config.auth_schemes.end();
}

std::unique_ptr<Schemes> make_schemes(const Config& config, const Accounts& accounts, const presence::Realm& realm,
                                      const base::Clock& clock, base::Log& log) {
    if (config.auth_schemes.empty()) return nullptr;
    if (config.auth_assertion && !config.auth_assertion_written) {
        log.warning("assertion-accepted", {{"hint", "auth.schemes is set, but who shows no credentials is believed too; "
                                                    "write assertion = false under [auth], or true to be asked no more"}});
    }
    return std::make_unique<Schemes>(config.auth_schemes, accounts, realm, clock, log, make_handshakes(config, accounts));
}

}  // namespace server
