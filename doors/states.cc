// doors/states.cc: one state of presence, as each door spells it.
// SPDX-License-Identifier: Apache-2.0
#include "doors/states.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace doors {
namespace {

struct Spelling {
    std::string_view rvp;
    std::string_view msn;   // "" = none of its own
    std::string_view xmpp;
};

// A code's first row is what it sets, and a state's first row what it is called. Nobody is ever called FLN: the list of
// the door that has it knows no such code. XMPP offline is no invisible: who sets it leaves, and is reachable still.
constexpr std::array<Spelling, 12> kStates = {{
    {"online", "NLN", "ONLINE"},
    {"busy", "BSY", "DND"},
    {"away", "AWY", "AWAY"},
    {"idle", "IDL", "AWAY"},
    {"back-soon", "BRB", "AWAY"},
    {"on-phone", "PHN", "DND"},
    {"at-lunch", "LUN", "AWAY"},
    {"offline", "", "OFFLINE"},
    {"invisible", "HDN", "OFFLINE"},
    {"invisible", "FLN", ""},
    {"online", "", "CHAT"},
    {"away", "", "XA"},
}};

std::optional<presence::Status> named(std::string_view Spelling::*as, std::string_view word) {
    const auto found = std::ranges::find_if(kStates, [&](const Spelling& s) { return !word.empty() && base::equal_ignoring_case(s.*as, word); });
    if (found == kStates.end()) return std::nullopt;
    return presence::Status(std::string(found->rvp));
}

}  // namespace

std::string_view msn_code(const presence::Status& seen) {
    const auto found = std::ranges::find(kStates, std::string_view(seen.name()), &Spelling::rvp);
    if (found == kStates.end()) return "NLN";
    return found->msn.empty() ? "HDN" : found->msn;
}

std::optional<presence::Status> status_of_msn_code(std::string_view code) {
    return named(&Spelling::msn, code);
}

std::string_view xmpp_show(const presence::Status& seen) {
    const auto found = std::ranges::find(kStates, std::string_view(seen.name()), &Spelling::rvp);
    return found == kStates.end() ? "ONLINE" : found->xmpp;
}

std::optional<presence::Status> status_of_xmpp_show(std::string_view show) { return named(&Spelling::xmpp, show); }

}  // namespace doors
