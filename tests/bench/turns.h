// tests/bench/turns.h: the same act done by two servers, round by round.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/bench/report.h"
#include "tests/bench/servers.h"

namespace bench {

/// `run(server, round)` gives what was measured. Round -1 warms up and does not count.
template <class F>
void measure_by_turns(const Setting& setting, const Server& daemon, const Server& reference, F run, Row& rate, Row& cpu) {
    for (std::int64_t round = -1; round < setting.rounds; ++round) {
        const Measured a = run(daemon, round);
        const Measured b = run(reference, round);
        if (round < 0) continue;
        rate.daemon.push_back(a.rate / 1e3);
        rate.reference.push_back(b.rate / 1e3);
        cpu.daemon.push_back(a.cpu_us);
        cpu.reference.push_back(b.cpu_us);
    }
}

}  // namespace bench
