// server/http_door_waiting.h: connections that libmicrohttpd has laid aside, until their answer or their peer comes.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (suspended connections are watched for the peer's going)
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/fd.h"
#include "server/http_door_connection.h"

namespace server {

/// The suspended connections of a door: those that wait for our answer, and those that wait for their peer's next word
/// of a handshake. After each `resume` libmicrohttpd wants to run. Thread: loop.
class Waiting {
public:
    Waiting();

    /// Lays `c` aside until its exchange is answered.
    void suspend(Connection& c);
    /// Who waits for the answer to exchange `id`, resumed; null: nobody does any more.
    [[nodiscard]] Connection* resume(std::uint64_t id);
    /// To be called when libmicrohttpd looks at one that was resumed.
    static void taken_up(Connection& c);
    /// From now on `readable` hears when the peer of suspended `c` has gone. It costs system calls.
    void watch_peer(Connection& c);

    /// `c` begins to shake hands.
    void shake(Connection& c) { shaking_.push_back(c); }
    /// As long as a handshake lasts, libmicrohttpd 0.9.75 takes its connection for readable and runs without end. So
    /// after each of its runs those in a handshake are suspended until their peer says the next word.
    void look_at_handshakes();
    /// For the end: as if every peer had said one.
    void resume_handshakes();

    /// libmicrohttpd closes `c`.
    void forget(const Connection& c);
    /// The exchange of `c` is over, answered or not.
    void forget(const Exchange& e) { answers_.erase(e.id); }

    /// Readable when one of them has moved.
    [[nodiscard]] int fd() const { return going_.get(); }
    /// What fd() tells. Handshakes that can go on are resumed; returned are the exchanges whose peer has gone.
    struct Moved {
        std::vector<std::uint64_t> gone;
        bool resumed = false;
    };
    [[nodiscard]] Moved moved();

    /// Whether somebody waits for an answer, and one of the exchanges that are waited for.
    [[nodiscard]] bool somebody() const { return !answers_.empty(); }
    [[nodiscard]] std::uint64_t any() const { return answers_.begin()->first; }

private:
    void resume_handshake(Connection& c);

    base::Fd going_;  // epoll: tells when a peer has gone, or goes on shaking hands
    std::unordered_map<std::uint64_t, Connection*> answers_;   // by exchange id
    std::unordered_map<std::uint64_t, Connection*> greeting_;  // in a handshake, by their own id
    ConnectionList<&Connection::shaking> shaking_;
};

}  // namespace server
