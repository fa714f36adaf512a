// server/gateways.h: the other ways to people that a user of Zimbra's door is told of.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.13
#pragma once

#include <string>
#include <vector>

#include "doors/zimbra_im.h"
#include "presence/service.h"

namespace doors {
class BsimDesk;
class MsnpDesk;
}  // namespace doors

namespace server {

class Passages;

/// What is there now. All are borrowed; a door that is shut, and other domains that are not spoken to, are null.
struct Ways {
    const presence::Service& service;
    const doors::BsimDesk* bsim;
    const doors::MsnpDesk* msnp;
    const Passages* passages;
    const std::vector<std::string>& domains;  ///< federation.domains
};

/// The other doors, each with whether somebody (a node key) is logged on there, and the domains that are known by name,
/// each with whether its server was reached when it was needed last. Thread: loop.
[[nodiscard]] std::vector<doors::ZimbraGateway> gateways_of(const std::string& key, const Ways& ways);

}  // namespace server
