// server/http_client.h: one outgoing connection: pre-rendered bytes out, a framed answer in.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5, 8; RFC 9112
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip.h"
#include "base/loop.h"
#include "base/timer_wheel.h"
#include "server/answer_parser.h"
#include "server/courier_settings.h"
#include "server/socket_watch.h"

namespace server {

/// Where an HttpClient connects to.
struct HttpPeer {
    std::string host;  ///< a name to resolve, when `address` is none
    std::uint16_t port = 80;
    std::optional<base::IpAddress> address;
};

/// A client that connects when it is woken, asks for one request at a time, and keeps the connection as long as
/// the answers allow. A kept connection that turns out closed before any byte of an answer costs nobody anything:
/// the request is handed back and asked for again on a fresh one. Thread: its loop's.
class HttpClient final : private base::TimerHook {
public:
    enum class Failure {
        refused,      ///< refused, reset, or closed before any byte of an answer
        no_connect,   ///< no name, no route, or no connection in time
        no_answer,    ///< connected and sent, but no answer in time
        broken,       ///< what came is no answer
        not_allowed,  ///< may_connect() refused all addresses of the name
    };

    /// For the log.
    [[nodiscard]] static std::string_view name(Failure failure);

    /// Who has something to ask. None of these is called from the destructor; none may destroy the client.
    class User {
    public:
        /// Whether a name that resolved to `address` may be connected to there. Not asked about literals.
        [[nodiscard]] virtual bool may_connect(const base::IpAddress& address) = 0;
        /// Connected and free: appends the next request to `into`, or returns false when there is none.
        [[nodiscard]] virtual bool next_request(std::string& into) = 0;
        /// The request handed out last never got an answer from a connection kept from before: it is to be the
        /// next one again.
        virtual void handed_back() = 0;
        /// Status line and headers of the answer are in.
        virtual void answered(int status) = 0;
        /// The request handed out, or the connection before any was, came to nothing.
        virtual void failed(Failure why) = 0;
        /// Follows answered() and failed() once another request could be made: wake() the client if there is one.
        virtual void released() = 0;

    protected:
        ~User() = default;
    };

    /// `scratch` is where requests are put together; all clients of a thread may share one.
    HttpClient(base::Loop& loop, SocketWatch& watch, HttpPeer peer, const CourierSettings& settings,
               std::string& scratch, User& user);
    /// Closes the connection.
    ~HttpClient();

    /// There is a request to be made: asks for it at once when connected and free, else connects. May call
    /// next_request() and handed_back() before it returns, but never failed() or released().
    void wake();
    /// A connection is being made, or a request waits for its answer.
    [[nodiscard]] bool busy() const { return phase_ != Phase::closed && phase_ != Phase::idle; }
    /// The address of the connection; meaningful inside next_request().
    [[nodiscard]] const base::IpAddress& address() const { return address_; }

private:
    enum class Phase { closed, connecting, idle, waiting, draining };
    struct Line;

    void on_due(base::Instant due) override;
    void connect();
    void resolve();
    void connect_next();
    void on_connected(const base::IpAddress& address);
    void ask();
    void write();
    void on_writable();
    void on_readable();
    void on_bytes(std::string_view bytes);
    void on_step(AnswerParser::Step step, std::string_view rest);
    void on_peer_closed();
    void on_lost();
    void finish(bool keep);
    void fail(Failure why);
    void close();

    base::Loop& loop_;
    SocketWatch& watch_;
    const CourierSettings& settings_;
    std::string& scratch_;
    User& user_;
    HttpPeer peer_;
    base::IpAddress address_;
    std::shared_ptr<Line> line_;  // who may call late holds it too, and finds it closed
    AnswerParser parser_;
    Phase phase_ = Phase::closed;
    bool kept_ = false;  // the connection has been idle before
};

}  // namespace server
