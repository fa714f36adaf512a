// server/part_settings.h: what the configuration says to each part of the daemon, in that part's words.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/xml.h"
#include "doors/bsim_desk.h"
#include "doors/msnp_house.h"
#include "doors/zimbra_desk.h"
#include "presence/settings.h"
#include "server/accounts.h"
#include "server/admission.h"
#include "server/config.h"
#include "server/courier_settings.h"

namespace server {

class TlsTrust;

/// For a server that knows no other; DaemonParts::settings_of_presence() adds what asks others.
[[nodiscard]] presence::Settings make_presence_settings(const Config& config, const base::Clock& clock);
[[nodiscard]] CourierSettings make_courier_settings(const Config& config, std::shared_ptr<const TlsTrust> trust);
[[nodiscard]] base::xml::Bounds make_bounds(const Config& config);
[[nodiscard]] AdmissionBudgets make_budgets(const Config& config);
[[nodiscard]] AccountSettings make_account_settings(const Config& config);
[[nodiscard]] doors::BsimSettings make_bsim_settings(const Config& config);
[[nodiscard]] doors::ZimbraSettings make_zimbra_settings(const Config& config);
[[nodiscard]] doors::MsnpSettings make_msnp_settings(const Config& config);

}  // namespace server
