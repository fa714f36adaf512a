// server/http_door_exchange.h: one request of a door, and the memory that all of them hold.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (hostile input has a bound everywhere)
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http.h"
#include "base/once.h"
#include "server/http_door_answer.h"

struct MHD_Connection;

namespace server {

struct DoorLimits;

/// One request, from its request line to its answer's last byte.
struct Exchange {
    std::uint64_t id = 0;
    base::Request request;
    std::string version;
    const char* target = nullptr;  ///< where libmicrohttpd has it, until the head has been judged
    MHD_Connection* mhd = nullptr;
    std::chrono::nanoseconds began{};
    std::uint64_t announced = 0;  ///< by Content-Length
    std::size_t received = 0;
    std::size_t head_bytes = 0;
    std::size_t headers = 0;  ///< of request.headers, so many are this request's so far
    std::size_t held = 0;     ///< of Exchanges::held
    std::optional<base::Response> answer;
    PreparedAnswer prepared;
    base::Once<void(bool)> written;
    bool head_seen = false;
    bool chunked = false;
    bool crowded_out = false;  ///< no room was left for its body
    bool asked = false;
    bool put_off = false;  ///< its answer is there, and Sending holds it
    bool suspended = false;
    bool watched = false;  ///< suspended so long that its peer may go meanwhile

    /// As new; what its texts have allocated stays for the next request.
    void clear();
};

/// Lends exchanges, which are used again, and counts the bytes of bodies that they hold. Thread: loop.
class Exchanges {
public:
    [[nodiscard]] std::unique_ptr<Exchange> fresh() {
        if (spares_.empty()) return std::make_unique<Exchange>();
        auto exchange = std::move(spares_.back());
        spares_.pop_back();
        return exchange;
    }
    /// Takes it back; it holds nothing any more but what it may need next, a few KiB.
    void spare(std::unique_ptr<Exchange> exchange);

    void hold(Exchange& e, std::size_t bytes) {
        e.held += bytes;
        held_ += bytes;
    }
    void let_go(Exchange& e) { held_ -= std::exchange(e.held, 0); }
    /// Bytes of bodies, requests' and answers', each until its exchange is over.
    [[nodiscard]] std::size_t held() const { return held_; }

    /// A body is kept up to the limit of one and to that of all together; what is beyond them is read and thrown away,
    /// so that the client can read its 413 or 503. False: it is over what is read at all, and the connection is cut.
    [[nodiscard]] bool take_body(Exchange& e, std::string_view piece, const DoorLimits& limits);

private:
    std::vector<std::unique_ptr<Exchange>> spares_;
    std::size_t held_ = 0;
};

}  // namespace server
