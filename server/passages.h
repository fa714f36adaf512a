// server/passages.h: requests carried to the servers of other domains, and their answers back.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1.1; design 5 (a slow peer delays nobody else), 6 (bounds)
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/http.h"
#include "base/loop.h"
#include "base/result.h"
#include "server/courier_settings.h"
#include "server/peer_finder.h"
#include "server/socket_watch.h"

namespace server {

/// Keeps up to kLanes connections to each server, with one request at a time on each, and a bounded queue behind them. So
/// many, since a message is answered when somebody has it, and those who wait for that must not be in others' way.
/// Thread: loop.
class Passages {
public:
    static constexpr std::size_t kLanes = 256;
    static constexpr std::size_t kLanesInAll = 2048;  ///< to all servers together, left out the first to each: each takes a descriptor
    static constexpr std::size_t kQueued = 4096;
    static constexpr std::size_t kQueuedBytes = 32U << 20;  ///< of the requests in the queue

    /// The whole answer. Errc: precondition (the server was not reached, or did not answer), busy (too much waits
    /// for it). Not called once the passages are gone.
    using Carried = std::move_only_function<void(base::Result<base::Response>)>;

    /// `finder` must outlive it. Of `settings` the times, the bound of an answer and the trust count.
    Passages(base::Loop& loop, PeerFinder& finder, CourierSettings settings, std::size_t lanes_in_all = kLanesInAll);
    ~Passages();
    Passages(const Passages&) = delete;
    Passages& operator=(const Passages&) = delete;

    /// Whether the body of a long answer is handed on as it comes (base::Response::source), and so may be longer than the
    /// bound of an answer.
    enum class Bodies { whole, streamed };
    static constexpr std::uint64_t kStreamAbove = 64 * 1024;  ///< bytes; shorter ones are whole in any case
    /// `request` is whole: head, blank line, body.
    void carry(const std::string& authority, std::string request, Carried done, Bodies bodies = Bodies::whole);
    /// Whether the server was reached when it was asked last; unknown also when that is long ago.
    enum class Reach { unknown, reached, failed };
    [[nodiscard]] Reach reach(const std::string& authority) const;
    /// Who still waits is told that the server stops; ask for nothing afterwards.
    void stop();
    /// For connections that are made from now on.
    void change(std::shared_ptr<const TlsTrust> trust) { settings_.trust = std::move(trust); }

private:
    class Lane;
    struct Peer;
    struct Job;
    struct Arrived;
    void forget_idle();
    void deliver();
    void arrived(Arrived one);
    void finished(Lane& lane);

    base::Loop& loop_;
    PeerFinder& finder_;
    CourierSettings settings_;
    const std::size_t lanes_in_all_;
    std::size_t lanes_ = 0;
    SocketWatch watch_{loop_};
    std::string scratch_;
    std::unordered_map<std::string, std::unique_ptr<Peer>> peers_;
    std::vector<Arrived> arrived_;  // to be told at the loop's next turn
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace server
