// doors/states.h: one state of presence, as each door spells it: the only such table.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 9.1.5-9.1.11; bsim 3; zimbra-im 3; msnp24 3
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "presence/prop.h"

namespace doors {

/// The MSN code of what somebody is seen as; HDN for who is offline or invisible, NLN for what only RVP knows.
[[nodiscard]] std::string_view msn_code(const presence::Status& seen);
/// What an MSN code sets, letters of either case; FLN is taken for HDN. nullopt: no such code.
[[nodiscard]] std::optional<presence::Status> status_of_msn_code(std::string_view code);

/// The word of XMPP, in capitals, for what somebody is seen as; ONLINE for what only RVP knows.
[[nodiscard]] std::string_view xmpp_show(const presence::Status& seen);
/// What such a word sets, letters of either case. CHAT and XA are shades of online and away. nullopt: no such word.
[[nodiscard]] std::optional<presence::Status> status_of_xmpp_show(std::string_view show);

}  // namespace doors
