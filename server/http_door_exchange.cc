// server/http_door_exchange.cc: one request of a door, and the memory that all of them hold.
// SPDX-License-Identifier: Apache-2.0
#include "server/http_door_exchange.h"

#include <algorithm>

#include "server/http_door_limits.h"

namespace server {
namespace {

constexpr std::size_t kSpares = 64;
constexpr std::size_t kSpareBody = 4096;

}  // namespace

void Exchange::clear() {
    for (base::HttpHeader& h : request.headers) h.name.clear(), h.value.clear();
    request.body.clear();
    received = head_bytes = headers = 0;
    announced = 0;
    answer.reset();
    prepared.keep_below(kSpareBody);
    head_seen = chunked = crowded_out = asked = put_off = suspended = watched = false;
}

void Exchanges::spare(std::unique_ptr<Exchange> exchange) {
    let_go(*exchange);
    if (spares_.size() >= kSpares || exchange->request.body.capacity() > kSpareBody) return;
    exchange->clear();
    spares_.push_back(std::move(exchange));
}

bool Exchanges::take_body(Exchange& e, std::string_view piece, const DoorLimits& limits) {
    e.received += piece.size();
    if (e.received > limits.drain_bytes) return false;
    if (e.received > limits.body_bytes || e.crowded_out) return true;
    if (held_ + piece.size() > limits.bodies_bytes) {
        e.crowded_out = true;
        std::string().swap(e.request.body);  // an assignment would keep its memory
        let_go(e);
        return true;
    }
    hold(e, piece.size());
    // At once, since what grows by doubling takes up to three times as much; pages that nothing comes for cost nothing.
    if (e.request.body.empty()) e.request.body.reserve(std::min<std::size_t>(e.announced, limits.body_bytes));
    e.request.body.append(piece);
    return true;
}

}  // namespace server
