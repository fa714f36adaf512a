// server/envoy.h: what our people ask of other servers through doors whose clients know no other server.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1, 4.1.1, 5.1, 5.2, 5.6
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/log.h"
#include "base/timer_wheel.h"
#include "base/xml.h"
#include "presence/abroad.h"
#include "presence/address.h"
#include "server/passages.h"

namespace server {

/// Speaks for them as a server does: their own URL is the Call-Back, so what is told comes back by the way that everything
/// for them comes. One subscription for each watcher and each whom he watches, renewed while he does; where a server cannot
/// be asked it is tried again, and whom it held is out of sight once the lease has ended. Thread: loop.
class Envoy final : public presence::Abroad {
public:
    static constexpr std::chrono::seconds kLease{600};  ///< that is asked for
    static constexpr std::chrono::seconds kAwayPause{4};
    static constexpr std::chrono::seconds kRefusedPause{300};
    static constexpr std::size_t kMostWatches = 100'000;  ///< of all people; as many more wait, out of sight, until others end

    /// The authority of the server that holds a key; "": none that may be asked.
    using HolderOf = std::function<std::string(std::string_view key)>;
    /// What it works with; all must outlive it.
    struct House {
        const presence::Realm& realm;
        Passages& passages;
        base::TimerWheel& wheel;
        const base::Clock& clock;
        base::Log& log;
    };
    /// `bounds`: of documents that come back. `our_name` as in RVPD-Passed.
    Envoy(House house, HolderOf holder, base::xml::Bounds bounds, std::string our_name, std::size_t most_watches = kMostWatches);
    ~Envoy() override;

    [[nodiscard]] std::string holder(std::string_view key) const override { return holder_(key); }
    void watch(const presence::Caller& who, const std::string& key, presence::AbroadEvents& events) override;
    void unwatch(const presence::Caller& who, const std::string& key, presence::AbroadEvents& events) override;
    void notify(const presence::Notification& what, const std::string& key,
                base::Once<void(base::Result<presence::Accepted>)> done) override;
    /// How many are watched, each counted once for each watcher; those who wait for room included.
    [[nodiscard]] std::size_t size() const { return watches_.size(); }
    /// For how many of them an answer is under way. O(size()).
    [[nodiscard]] std::size_t asking() const;

private:
    struct Watch;
    using WatchRef = std::shared_ptr<Watch>;
    using Answered = base::Result<base::Response>;
    void begin(const WatchRef& watch);
    void make_room_for_next();
    void tell_full(const Watch& watch);
    void ask(const WatchRef& watch);
    void asked(const WatchRef& watch, bool renewed, base::Instant at, const Answered& answer);
    void granted(const WatchRef& watch, bool renewed, base::Instant at, const base::Response& answer);
    void away(const WatchRef& watch);
    void refused(const WatchRef& watch, const std::string& why);
    void look(const WatchRef& watch, presence::AbroadEvents& events);
    void end(const Watch& watch);
    void tell(const WatchRef& watch, const std::vector<presence::Prop>& present, base::Instant asked);
    void out_of_sight(const WatchRef& watch);
    void arm(Watch& watch, std::chrono::milliseconds pause);
    [[nodiscard]] std::string head_of(std::string_view method, const std::string& from, int hops, const std::string& key) const;

    const House house_;
    const HolderOf holder_;
    const base::xml::Bounds bounds_;
    const std::string our_name_;
    std::minstd_rand random_{std::random_device{}()};
    const std::size_t most_watches_;
    std::unordered_map<std::string, WatchRef> watches_;  // by watcher and whom he watches
    std::size_t begun_ = 0;                              // of these, those that wait for no room
    std::deque<std::weak_ptr<Watch>> parked_;            // those that do, in order, and some that have ended
    std::optional<base::Instant> told_full_;
};

}  // namespace server
