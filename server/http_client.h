// server/http_client.h: one outgoing connection: pre-rendered bytes out, framed answers in.
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
#include "server/peer_finder.h"
#include "server/socket_watch.h"
#include "server/tls.h"

namespace server {

/// Where an HttpClient connects to.
struct HttpPeer {
    std::string host;  ///< a name to resolve, when `address` is none
    std::uint16_t port = 80;
    std::optional<base::IpAddress> address;
    bool tls = false;
    std::shared_ptr<const FoundServer> server{};  ///< not null: it is asked for, and so is whether it speaks TLS
};

/// A client that connects when it is woken, asks for requests, and keeps the connection as long as the answers
/// allow. How many requests may be unanswered at once is for its user to say. A kept connection that turns out
/// closed before any byte of an answer costs nobody anything: what is unanswered is handed back and asked for again
/// on a fresh one. Thread: its loop's.
class HttpClient final : private base::TimerHook {
public:
    enum class Failure {
        refused,      ///< refused, reset, or closed before any byte of an answer
        no_connect,   ///< no name, no route, or no connection in time
        no_answer,    ///< connected and sent, but no answer in time
        broken,       ///< what came is no answer
        not_allowed,  ///< may_connect() refused all addresses of the name
        untrusted,    ///< its certificate is not one of this host, or of nobody we believe
        no_tls,       ///< it does not shake hands as we do
    };
    static constexpr std::size_t kFailures = static_cast<std::size_t>(Failure::no_tls) + 1;

    /// For the log.
    [[nodiscard]] static std::string_view name(Failure failure);

    /// Who has something to ask. None of these is called from the destructor; none may destroy the client.
    class User {
    public:
        /// Whether a name that resolved to `address` may be connected to there. Not asked about literals, and what a finder
        /// found.
        [[nodiscard]] virtual bool may_connect(const base::IpAddress& address) = 0;
        /// Connected: appends the next request to `into`, or returns false when none is to be sent now. Asked
        /// again at once, and after each answer, until it returns false: who wants only one request unanswered
        /// says so then.
        [[nodiscard]] virtual bool next_request(std::string& into) = 0;
        /// All requests that have no answer yet are to be the next ones again, in the order in which they were
        /// handed out: the connection that carried them is gone, or cannot be trusted any more.
        virtual void handed_back() = 0;
        /// Status line and headers of the answer to the oldest unanswered request are in.
        virtual void answered(int status) = 0;
        /// With CourierSettings::whole_answers: more has come of an answer; the last of it comes with over(). Of one that is
        /// streamed (AnswerParser::streamed) it may hold() the client.
        virtual void body_came() {}
        /// Follows answered() once that answer is over. `kept`: it framed itself, and the connection stands; else
        /// handed_back() follows if there is something to hand back.
        virtual void over(bool kept) = 0;
        /// The oldest unanswered request came to nothing, or the connection before any was handed out; the others
        /// that are unanswered are handed back by this too.
        virtual void failed(Failure why) = 0;
        /// Nothing is unanswered any more, and another request could be made: wake() the client if there is one.
        virtual void released() = 0;

    protected:
        ~User() = default;
    };

    /// `scratch` is where requests are put together; all clients of a thread may share one.
    HttpClient(base::Loop& loop, SocketWatch& watch, HttpPeer peer, const CourierSettings& settings,
               std::string& scratch, User& user);
    /// Closes the connection.
    ~HttpClient();

    /// There is a request to be made: asks for it at once when connected, else connects. May call next_request()
    /// and handed_back() before it returns, but none of the others.
    void wake();
    /// Reads nothing, and keeps to no deadline, until go_on(), which may call the user before it returns.
    void hold();
    void go_on();
    /// Nobody wants the rest of the answer that is coming: the connection is closed, and User::released() called.
    void abandon();
    /// A connection is being made, or requests wait for their answers.
    [[nodiscard]] bool busy() const { return phase_ != Phase::closed && phase_ != Phase::idle; }
    [[nodiscard]] bool connected() const { return phase_ != Phase::closed && phase_ != Phase::connecting; }
    /// The address of the connection; meaningful inside next_request().
    [[nodiscard]] const base::IpAddress& address() const { return address_; }
    /// With CourierSettings::whole_answers, inside over(): the answer.
    [[nodiscard]] AnswerParser& answer() { return parser_; }

private:
    enum class Phase { closed, connecting, idle, waiting, draining };
    struct Line;

    void on_due(base::Instant due) override;
    void connect();
    void resolve();
    void look_up();
    void connect_next();
    void on_attempt(SocketWatch::Events events);
    void on_attempt_failed(int error);
    void begin_tls();
    void shake_hands();
    void on_connected();
    void ask();
    void write(std::size_t asked);
    void on_writable();
    void on_readable(bool ended);
    void on_bytes(std::string_view bytes);
    void take_answers(std::string_view bytes);
    void ask_on();
    void on_head();
    [[nodiscard]] bool on_answer(bool keep);
    void on_peer_closed();
    void on_lost();
    void part();
    void fail(Failure why);
    void set_deadline();
    void close();

    base::Loop& loop_;
    SocketWatch& watch_;
    const CourierSettings& settings_;
    std::string& scratch_;
    User& user_;
    HttpPeer peer_;
    base::IpAddress address_;
    std::unique_ptr<TlsSession> session_;  // https: of the last connection
    std::shared_ptr<Line> line_;  // who may call late holds it too, and finds it closed
    AnswerParser parser_;
    Phase phase_ = Phase::closed;
    std::size_t unanswered_ = 0;  // requests whose answer is not over
    bool held_ = false;
    bool kept_ = false;           // the connection has been idle, or has carried an answer, before
};

}  // namespace server
