// server/passages_peer.cc: what may go to a server now, and what goes next.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5, 6
#include <algorithm>
#include <utility>

#include "server/passages_inside.h"

namespace server {

bool Passages::Peer::deep_may_go(std::size_t most, const Bounds& bounds) const {
    const std::size_t here = std::max(most, asking());
    return deep < here - std::min(bounds.prompt, here / 2);
}

void Passages::Peer::began(const Job& job) {
    if (!job.deep) return;
    ++deep;
    ++to[job.target];
    ++from[job.sender];
}

void Passages::Peer::ended(const Job& job) {
    if (!job.deep) return;
    --deep;
    if (--to[job.target] == 0) to.erase(job.target);
    if (--from[job.sender] == 0) from.erase(job.sender);
}

bool Passages::Peer::may_begin(const Job& job, const Bounds& bounds) const {
    const auto fewer = [](const auto& counts, const std::string& who, std::size_t most) {
        const auto found = counts.find(who);
        return found == counts.end() || found->second < most;
    };
    return !job.deep || (fewer(to, job.target, bounds.to_one) && fewer(from, job.sender, bounds.from_one));
}

Passages::Peer::Next Passages::Peer::next(bool deep_too, base::Instant too_old, const Bounds& bounds) {
    auto& plain = waiting[0];
    auto& deep_ones = waiting[1];
    const auto may_go = [&](const Job& job) { return job.came < too_old || may_begin(job, bounds); };
    const auto first = deep_too ? std::ranges::find_if(deep_ones, may_go) : deep_ones.end();
    const bool has_deep = first != deep_ones.end();
    if (has_deep && (plain.empty() || first->came < plain.front().came)) return {&deep_ones, first};
    return plain.empty() ? Next{} : Next{&plain, plain.begin()};
}

Passages::Job Passages::Peer::pop(const Next& next) {
    Job job = std::move(*next.which);
    next.queue->erase(next.which);
    bytes -= job.request.size();
    return job;
}

bool Passages::Peer::idle() const {
    return queued() == 0 && std::ranges::none_of(lanes, [](const auto& lane) { return lane->busy(); });
}

}  // namespace server
