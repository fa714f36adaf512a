// server/passages.h: requests carried to the servers of other domains, and their answers back.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1.1; design 5 (a slow peer delays nobody else), 6 (bounds)
#pragma once

#include <functional>
#include <memory>
#include <optional>
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

/// Keeps a few connections to each server, with one request at a time on each, and a bounded queue behind them. What may
/// take long is in nobody's way: a message is answered when somebody has it, so some connections are left to all else, and
/// neither who sends nor who is silent holds those of others; what is handed on as slowly as somebody reads it has a bound of
/// its own; and however many connections other servers hold, each server has its own few. Thread: loop.
class Passages {
public:
    static constexpr std::size_t kLanes = 256;  ///< of one server, but for those that hand on long answers
    static constexpr std::size_t kQueued = 4096;
    static constexpr std::size_t kQueuedBytes = 32U << 20;  ///< of the requests in the queue
    struct Bounds {
        std::size_t lanes = kLanes;
        std::size_t prompt = 64;   ///< of those or, if it has few, half of them: not for messages that somebody must have first
        std::size_t streams = 256;  ///< long answers of one server that are handed on at once
        std::size_t own = 4;        ///< a server has as many whatever others have
        std::size_t in_all = 2048;  ///< connections to all servers, but for a server's own: each takes a descriptor
        std::size_t to_one = 8;     ///< messages to one node of a server that somebody must have first, at once
        std::size_t from_one = 32;  ///< and from one principal to one server
        std::size_t whole = 64U << 20;  ///< bytes of answers that are not handed on, until they are there; of one server a quarter
    };

    /// The whole answer. Errc: precondition (the server was not reached, or did not answer), busy (too much waits
    /// for it, or comes at once). Not called once the passages are gone.
    using Carried = std::move_only_function<void(base::Result<base::Response>)>;

    /// `finder` must outlive it. Of `settings` the times, the bound of an answer and the trust count.
    Passages(base::Loop& loop, PeerFinder& finder, CourierSettings settings) : Passages(loop, finder, std::move(settings), Bounds{}) {}
    Passages(base::Loop& loop, PeerFinder& finder, CourierSettings settings, const Bounds& bounds);
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
    [[nodiscard]] std::size_t most_lanes() const;
    [[nodiscard]] Lane* lane_for(Peer& peer, const std::string& authority, bool deep);
    [[nodiscard]] std::optional<Job> next_of(Peer& peer, bool deep_too);
    void too_late(Job job);
    void use_lanes(Peer& peer, const std::string& authority);
    void deliver();
    void arrived(Arrived one);
    void finished(Lane& lane);

    base::Loop& loop_;
    PeerFinder& finder_;
    CourierSettings settings_;
    const Bounds bounds_;
    std::size_t lanes_ = 0;
    bool lent_ = false;      // a lane has been lent to who reads a long answer: there may be room for another
    std::size_t whole_ = 0;  // bytes of answers that are held until they are there
    SocketWatch watch_{loop_};
    std::string scratch_;
    std::unordered_map<std::string, std::unique_ptr<Peer>> peers_;
    std::vector<Arrived> arrived_;  // to be told at the loop's next turn
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace server
