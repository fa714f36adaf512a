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
    std::string_view msn;
};

// A code's first row is what it sets. Nobody is ever called FLN: the list of the door that has it knows no such code.
constexpr std::array<Spelling, 10> kStates = {{
    {"online", "NLN"},
    {"busy", "BSY"},
    {"idle", "IDL"},
    {"back-soon", "BRB"},
    {"away", "AWY"},
    {"on-phone", "PHN"},
    {"at-lunch", "LUN"},
    {"invisible", "HDN"},
    {"offline", "HDN"},
    {"invisible", "FLN"},
}};

}  // namespace

std::string_view msn_code(const presence::Status& seen) {
    const auto found = std::ranges::find(kStates, std::string_view(seen.name()), &Spelling::rvp);
    return found == kStates.end() ? "NLN" : found->msn;
}

std::optional<presence::Status> status_of_msn_code(std::string_view code) {
    const auto found = std::ranges::find_if(kStates, [code](const Spelling& s) { return base::equal_ignoring_case(s.msn, code); });
    if (found == kStates.end()) return std::nullopt;
    return presence::Status(std::string(found->rvp));
}

}  // namespace doors
