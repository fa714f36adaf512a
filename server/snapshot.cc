// server/snapshot.cc: how the whole daemon is doing at one moment.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (metrics, status page)
#include "server/snapshot.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include "server/door_limits.h"

namespace server {

namespace {

std::chrono::microseconds cpu_used() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& t) { return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec); };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

std::size_t resident() {
    std::ifstream in("/proc/self/statm");
    std::size_t whole = 0, pages = 0;
    in >> whole >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t open_descriptors() {
    std::error_code error;
    std::size_t count = 0;
    for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end; it.increment(error)) ++count;
    return count;
}

}  // namespace

void Photographer::take(base::Once<void(Snapshot)> done) const {
    Snapshot now;
    now.up = std::chrono::duration_cast<std::chrono::seconds>(scene_.loop.clock().now() - started_);
    now.nodes = scene_.service.nodes().size();
    now.subscriptions = scene_.service.table().size();
    now.sessions = scene_.sessions ? scene_.sessions() : 0;
    now.tally = scene_.service.tally();
    now.requests = scene_.requests;
    if (const store::Journal* disk = scene_.disk) {
        now.store = Snapshot::Store{disk->figures(), disk->queued(), disk->queued_bytes(), disk->failing()};
    }
    now.loop_lag = scene_.loop.lag();
    now.cpu = cpu_used();
    now.resident_bytes = resident();
    now.descriptors = open_descriptors();
    now.descriptors_allowed = descriptors_allowed();
    now.certificate_expires = certificate_expires_;
    scene_.courier.survey([now = std::move(now), done = std::move(done)](CourierSurvey survey) mutable {
        now.courier = std::move(survey);
        done(std::move(now));
    });
}

std::vector<std::string> Photographer::unfit() const {
    std::vector<std::string> why;
    if (!unfit_.empty()) why.push_back(unfit_);
    if (scene_.disk && scene_.disk->failing()) why.push_back("the store is failing");
    return why;
}

}  // namespace server
