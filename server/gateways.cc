// server/gateways.cc: how each of the other ways to people is doing.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.13
#include "server/gateways.h"

#include <algorithm>
#include <utility>

#include "doors/bsim_desk.h"
#include "doors/msnp_desk.h"
#include "server/passages.h"

namespace server {

namespace {

using Now = doors::ZimbraGateway::State;

bool is_called_back(const presence::Node* node) {
    return node && std::ranges::any_of(node->sinks, [](const presence::Subscription& sink) { return !sink.callback()->is_mailbox(); });
}

Now state_of(Passages::Reach reach) {
    switch (reach) {
        case Passages::Reach::unknown: return Now::start;
        case Passages::Reach::reached: return Now::online;
        case Passages::Reach::failed: break;
    }
    return Now::trying;
}

}  // namespace

std::vector<doors::ZimbraGateway> gateways_of(const std::string& key, const Ways& ways) {
    const std::string& here = ways.service.realm().domain();
    std::vector<doors::ZimbraGateway> all;
    const auto door = [&](std::string name, std::string type, bool there) {
        all.push_back({std::move(name), std::move(type), here, there ? Now::online : Now::offline});
    };
    door("RVP", "rvp", is_called_back(ways.service.nodes().find(key)));
    if (ways.bsim) door("BSIMService", "bsim", ways.bsim->has(key));
    if (ways.msnp) door("MSNP24", "msn", ways.msnp->has(key));
    if (!ways.passages) return all;
    for (const std::string& domain : ways.domains) {
        if (domain != "*") all.push_back({domain, "rvp", domain, state_of(ways.passages->reach(domain))});
    }
    return all;
}

}  // namespace server
