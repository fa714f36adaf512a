// server/connection_proofs.h: what has been proved over each connection, and what is being proved.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 6.1; RFC 4559 6 (shared connections); design 6
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/http.h"
#include "server/handshake.h"

namespace server {

/// Handshakes belong to their connection, and so does what they have proved. A connection that carries the requests of
/// more than one proves nothing to the next request. Borrows the schemes. Thread: loop.
class ConnectionProofs {
public:
    /// Under way at once: more than people log on in the time of a handshake. Beyond that the oldest is dropped, and its
    /// client begins anew.
    static constexpr std::size_t kMost = 4096;
    explicit ConnectionProofs(std::size_t most = kMost) : most_(most) {}

    /// Whose the connection is.
    struct Proof {
        std::string account;
        std::uint64_t stamp = 0;  ///< Accounts::stamp when it was proved
    };

    /// The next token; begins a handshake if none of this scheme is under way. Whatever was proved before is void.
    [[nodiscard]] Handshake::Step step(base::ConnectionId connection, HandshakeScheme& scheme, std::string_view token);
    /// Unless the connection is shared.
    void keep(base::ConnectionId connection, Proof proof);
    /// Null: nothing.
    [[nodiscard]] const Proof* find(base::ConnectionId connection) const;
    /// More than one speaks over it: nothing is kept any more as long as it lasts.
    void share(base::ConnectionId connection);
    /// What was proved, and is being proved, is void.
    void forget(base::ConnectionId connection);
    /// It is closed.
    void close(base::ConnectionId connection);

    [[nodiscard]] std::size_t under_way() const { return by_age_.size(); }

private:
    struct State {
        std::unique_ptr<Handshake> handshake;  ///< null: none is under way
        const HandshakeScheme* scheme = nullptr;
        std::uint64_t number = 0;  ///< of the handshake
        Proof proof;
        bool shared = false;
    };
    void end_handshake(State& state);

    const std::size_t most_;
    std::uint64_t last_number_ = 0;
    std::unordered_map<base::ConnectionId, State> states_;
    std::map<std::uint64_t, base::ConnectionId> by_age_;  ///< of handshakes under way, by number
};

}  // namespace server
