// presence/service_roster.cc: asking for somebody's presence, and answering.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.1 to 3.3; design 3.6, 6, 7
#include <algorithm>
#include <utility>

#include "presence/service.h"

namespace presence {

using base::Errc;
using base::fail;

void Service::listen(RosterEvents& events) { roster_events_.push_back(&events); }
void Service::unlisten(RosterEvents& events) { std::erase(roster_events_, &events); }

std::vector<RosterEntry> Service::roster(const std::string&) const { return {}; }
std::optional<RosterEntry> Service::roster_entry(const std::string&, const std::string&) const { return std::nullopt; }
void Service::ask(const NodeName&, RosterWish, Answer<RosterEntry> done) {
    done(fail(Errc::internal, "nobody can be asked yet"));
}
void Service::decide(const NodeName&, RosterVerdict, Answer<RosterEntry> done) {
    done(fail(Errc::internal, "nobody can be let in yet"));
}

}  // namespace presence
