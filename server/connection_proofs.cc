// server/connection_proofs.cc: what has been proved over each connection, and what is being proved.
// SPDX-License-Identifier: Apache-2.0
#include "server/connection_proofs.h"

#include <utility>

namespace server {

Handshake::Step ConnectionProofs::step(base::ConnectionId connection, HandshakeScheme& scheme, std::string_view token) {
    State& state = states_[connection];
    state.proof = {};
    if (state.scheme != &scheme) end_handshake(state);
    if (!state.handshake) {
        if (by_age_.size() >= most_) end_handshake(states_.at(by_age_.begin()->second));
        state.handshake = scheme.begin();
        state.scheme = &scheme;
        state.number = ++last_number_;
        by_age_.emplace(state.number, connection);
    }
    Handshake::Step step = state.handshake->step(token);
    if (step.refusal || !step.account.empty()) end_handshake(state);
    return step;
}

void ConnectionProofs::keep(base::ConnectionId connection, Proof proof) {
    State& state = states_[connection];
    if (!state.shared) state.proof = std::move(proof);
}

const ConnectionProofs::Proof* ConnectionProofs::find(base::ConnectionId connection) const {
    const auto found = states_.find(connection);
    return found == states_.end() || found->second.proof.account.empty() ? nullptr : &found->second.proof;
}

void ConnectionProofs::share(base::ConnectionId connection) {
    State& state = states_[connection];
    state.shared = true;
    state.proof = {};
}

void ConnectionProofs::forget(base::ConnectionId connection) {
    const auto found = states_.find(connection);
    if (found == states_.end()) return;
    end_handshake(found->second);
    found->second.proof = {};
}

void ConnectionProofs::close(base::ConnectionId connection) {
    forget(connection);
    states_.erase(connection);
}

void ConnectionProofs::end_handshake(State& state) {
    if (!state.handshake) return;
    by_age_.erase(state.number);
    state.handshake.reset();
    state.scheme = nullptr;
}

}  // namespace server
