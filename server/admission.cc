// server/admission.cc: times each turn of the loop from its first newcomer until what waited behind it is served.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 11 (admission)
#include "server/admission.h"

#include <utility>

namespace server {

Admission::Admission(base::Loop& loop, AdmissionBudgets budgets, std::function<std::chrono::milliseconds()> out_age)
    : loop_(loop), budgets_(budgets), out_age_(std::move(out_age)) {}

bool Admission::closed() { return in_spent() || out_age_() > budgets_.out; }

bool Admission::in_spent() {
    const base::Instant now = loop_.clock().now();
    if (!in_turn_) {
        in_turn_ = true;
        turn_begun_ = now;
        // Comes behind whatever waits already: changes to be handed to the couriers, what they report, the journal.
        loop_.post([this] { in_turn_ = false; });
    }
    // A tick that came late tells of a loop that somebody else keeps busy; five budgets of it, since one stumble of
    // the machine is no reason to send anybody away.
    return now - turn_begun_ > budgets_.in || loop_.lag() > 5 * budgets_.in;
}

}  // namespace server
