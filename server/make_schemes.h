// server/make_schemes.h: the ways to prove oneself that the configuration offers.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 ([auth])
#pragma once

#include <memory>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "presence/address.h"
#include "server/accounts.h"
#include "server/config.h"
#include "server/schemes.h"

namespace server {

/// Whether auth.schemes names it.
[[nodiscard]] bool offers(const Config& config, std::string_view scheme);
/// Null where there is none. Borrows all but `config`. Throws std::runtime_error that names the scheme which cannot be served.
[[nodiscard]] std::unique_ptr<Schemes> make_schemes(const Config& config, const Accounts& accounts, const presence::Realm& realm,
                                                    const base::Clock& clock, base::Log& log);

}  // namespace server
