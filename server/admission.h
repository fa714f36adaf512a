// server/admission.h: whether newcomers must wait, so that nobody who is here already does.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 11 (admission)
#pragma once

#include <chrono>
#include <functional>

#include "base/loop.h"

namespace server {

/// What new log-ons may cost the others. The way in and the way out have a budget each.
struct AdmissionBudgets {
    std::chrono::milliseconds in{100};    ///< how long new log-ons may keep waiting what else the loop has to do
    std::chrono::milliseconds out{1000};  ///< how old what the couriers have not begun yet may be
};

/// Asked for each new log-on, on the loop. Must outlive what the loop runs.
class Admission {
public:
    /// `out_age`: how long the oldest of what the couriers have not begun yet has waited.
    Admission(base::Loop& loop, AdmissionBudgets budgets, std::function<std::chrono::milliseconds()> out_age);

    void change(AdmissionBudgets budgets) { budgets_ = budgets; }
    /// Whether a newcomer must come back later.
    [[nodiscard]] bool closed();

private:
    [[nodiscard]] bool in_spent();

    base::Loop& loop_;
    AdmissionBudgets budgets_;
    const std::function<std::chrono::milliseconds()> out_age_;
    bool in_turn_ = false;         // newcomers have been asked about since the loop last came round
    base::Instant turn_begun_{};   // when the first of them was
};

}  // namespace server
