// server/snapshot.h: how the whole daemon is doing at one moment.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (metrics, status page)
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/loop.h"
#include "base/once.h"
#include "presence/service.h"
#include "server/courier.h"
#include "server/request_figures.h"
#include "store/journal.h"

namespace server {

/// Plain figures. What counts up began at the daemon's start.
struct Snapshot {
    std::chrono::seconds up{};
    std::size_t nodes = 0;
    std::size_t subscriptions = 0;
    std::size_t sessions = 0;  ///< of clients that poll
    presence::Tally tally;
    RequestFigures requests;
    CourierSurvey courier;
    struct Store {
        store::CommitFigures commits;
        std::size_t queued = 0;  ///< acts that wait to be on disk
        std::size_t queued_bytes = 0;
        bool failing = false;
    };
    std::optional<Store> store;  ///< none: store.path is ":memory:"
    std::chrono::milliseconds loop_lag{};
    std::chrono::microseconds cpu{};  ///< of the process, user and system
    std::size_t resident_bytes = 0;
    std::size_t descriptors = 0;  ///< open
    std::size_t descriptors_allowed = 0;
    std::optional<std::chrono::sys_seconds> certificate_expires;  ///< none: no TLS
};

/// Takes snapshots. Borrows all it looks at. Thread: loop.
class Photographer {
public:
    struct Scene {
        const presence::Service& service;
        Courier& courier;
        const store::Journal* disk;  ///< null: store.path is ":memory:"
        const RequestFigures& requests;
        base::Loop& loop;
        std::function<std::size_t()> sessions{};  ///< of clients that poll; empty: there are none
    };
    explicit Photographer(Scene scene) : scene_(scene), started_(scene.loop.clock().now()) {}

    /// O(endpoints), on their threads; nothing is walked on the loop.
    void take(base::Once<void(Snapshot)> done) const;
    /// Until when the certificate that is shown from now on is good.
    void set_certificate_expires(std::chrono::sys_seconds when) { certificate_expires_ = when; }
    /// From now on it is not.
    void set_unfit(std::string why) { unfit_ = std::move(why); }
    /// Why the daemon is not fit to serve; none if it is.
    [[nodiscard]] std::vector<std::string> unfit() const;
    [[nodiscard]] base::Instant now() const { return scene_.loop.clock().now(); }

private:
    const Scene scene_;
    const base::Instant started_;
    std::string unfit_;
    std::optional<std::chrono::sys_seconds> certificate_expires_;
};

/// As Prometheus reads it; `version` is the daemon's.
[[nodiscard]] std::string metrics_text(const Snapshot& snapshot, const std::string& version);

}  // namespace server
