// server/http_client.cc: Asio resolves and connects; then one send() to ask and one recv() for what is answered.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5, 8; performance (what follows from it, 1 and 2)
#include "server/http_client.h"

#include "base/fd.h"

#include <utility>  // Asio 1.74 forgets it

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace server {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Resolver = asio::ip::basic_resolver<tcp, Executor>;

constexpr std::size_t kMostAddresses = 4;  // of one name; all share the connect time
constexpr std::size_t kReadSize = 8192;
constexpr std::size_t kMostAtOnce = 64 * 1024;  // bytes of requests put into one send(), and the last one whole

tcp::endpoint endpoint_of(const base::IpAddress& address, std::uint16_t port) {
    asio::ip::address_v6::bytes_type v6;
    std::ranges::copy(address.bytes(), v6.begin());
    if (!address.is_v4()) return {asio::ip::address_v6(v6), port};
    asio::ip::address_v4::bytes_type v4;
    std::copy(v6.end() - 4, v6.end(), v4.begin());
    return {asio::ip::address_v4(v4), port};
}

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

bool says_refused(const error_code& error) {
    return error == asio::error::connection_refused || error == asio::error::connection_reset;
}

}  // namespace

std::string_view HttpClient::name(Failure failure) {
    switch (failure) {
        case Failure::refused:
            return "refused";
        case Failure::no_connect:
            return "no connection";
        case Failure::no_answer:
            return "no answer";
        case Failure::broken:
            return "not an HTTP answer";
        case Failure::not_allowed:
            return "address not allowed";
    }
    return "";
}

/// One TCP connection, from its first attempt to its end.
struct HttpClient::Line final : SocketWatch::Ready {
    Line(base::Loop& loop, HttpClient& c) : attempt(loop.io()), client(&c) {}

    Left on_readable() override { return client ? client->on_readable() : Left::nothing; }
    void on_writable() override {
        if (client) client->on_writable();
    }

    Socket attempt;  // until it is connected; then fd
    base::Fd fd;
    HttpClient* client;  // null once the client has closed it
    std::vector<tcp::endpoint> addresses;
    std::size_t tried = 0;
    std::string unsent;  // what a short write left
};

HttpClient::HttpClient(base::Loop& loop, SocketWatch& watch, HttpPeer peer, const CourierSettings& settings,
                       std::string& scratch, User& user)
    : loop_(loop), watch_(watch), settings_(settings), scratch_(scratch), user_(user), peer_(std::move(peer)),
      parser_(settings.answer_bytes) {}

HttpClient::~HttpClient() { close(); }

void HttpClient::wake() {
    if (phase_ == Phase::closed) {
        connect();
    } else if (phase_ != Phase::connecting) {
        ask();
    }
}

// ---- Connecting --------------------------------------------------------------------------------------------

void HttpClient::connect() {
    phase_ = Phase::connecting;
    kept_ = false;
    loop_.wheel().arm(*this, loop_.clock().now() + settings_.connect_time);
    line_ = std::make_shared<Line>(loop_, *this);
    if (!peer_.address) return resolve();
    line_->addresses.push_back(endpoint_of(*peer_.address, peer_.port));
    connect_next();
}

void HttpClient::resolve() {
    auto resolver = std::make_shared<Resolver>(loop_.io());
    resolver->async_resolve(
        peer_.host, std::to_string(peer_.port), Resolver::numeric_service,
        [line = line_, resolver](const error_code& error, const Resolver::results_type& found) {
            HttpClient* client = line->client;
            if (!client) return;
            if (error || found.empty()) return client->fail(Failure::no_connect);
            for (const auto& entry : found) {
                const tcp::endpoint endpoint = entry.endpoint();
                if (line->addresses.size() == kMostAddresses) break;
                if (!client->user_.may_connect(base::IpAddress::from(*endpoint.data()))) continue;
                line->addresses.push_back(endpoint);
            }
            if (line->addresses.empty()) return client->fail(Failure::not_allowed);
            client->connect_next();
        });
}

void HttpClient::connect_next() {
    const tcp::endpoint endpoint = line_->addresses[line_->tried++];
    error_code ignored;
    line_->attempt.close(ignored);
    line_->attempt.async_connect(endpoint, [line = line_, endpoint](const error_code& error) {
        HttpClient* client = line->client;
        if (!client) return;
        if (!error) return client->on_connected(base::IpAddress::from(*endpoint.data()));
        if (line->tried < line->addresses.size()) return client->connect_next();
        client->fail(says_refused(error) ? Failure::refused : Failure::no_connect);
    });
}

void HttpClient::on_connected(const base::IpAddress& address) {
    address_ = address;
    error_code ignored;  // without it things are slower, no more
    line_->attempt.set_option(tcp::no_delay(true), ignored);
    error_code error;
    line_->attempt.non_blocking(true, error);
    if (!error) line_->fd = base::Fd(line_->attempt.release(error));
    if (error || !watch_.add(line_->fd.get(), *line_)) return fail(Failure::no_connect);
    cancel();
    phase_ = Phase::idle;
    ask();
    if (phase_ == Phase::idle) kept_ = true;  // from now on it may be closed behind our back
}

// ---- Exchanges ---------------------------------------------------------------------------------------------

void HttpClient::ask() {
    if (!line_->unsent.empty()) return;  // the peer is behind; it is asked again after its next answer
    scratch_.clear();
    std::size_t asked = 0;
    while (scratch_.size() < kMostAtOnce && user_.next_request(scratch_)) ++asked;
    if (asked == 0) return;
    if (std::exchange(unanswered_, unanswered_ + asked) == 0) {
        phase_ = Phase::waiting;
        parser_.reset();
        set_deadline();
    }
    write(asked);
}

void HttpClient::set_deadline() { loop_.wheel().arm(*this, loop_.clock().now() + settings_.answer_time); }

/// `asked`: how many requests scratch_ holds.
void HttpClient::write(std::size_t asked) {
    const ssize_t sent = ::send(line_->fd.get(), scratch_.data(), scratch_.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(scratch_.size())) return;
    const bool dead = sent < 0 && !would_block();
    if (dead && asked == unanswered_) return on_lost();
    line_->unsent.assign(scratch_, sent < 0 ? 0 : static_cast<std::size_t>(sent));
    // Behind others that are unanswered: answers may still be there to be read, and then reading tells the end.
    if (!dead) watch_.want_writable(line_->fd.get(), *line_, true);
}

void HttpClient::on_writable() {
    std::string& unsent = line_->unsent;
    const ssize_t sent = ::send(line_->fd.get(), unsent.data(), unsent.size(), MSG_NOSIGNAL);
    if (sent < 0) return would_block() ? void() : on_lost();
    unsent.erase(0, static_cast<std::size_t>(sent));
    if (unsent.empty()) watch_.want_writable(line_->fd.get(), *line_, false);
}

SocketWatch::Ready::Left HttpClient::on_readable() {
    using Left = SocketWatch::Ready::Left;
    char bytes[kReadSize];
    const ssize_t size = ::recv(line_->fd.get(), bytes, sizeof bytes, 0);
    if (size < 0 && errno == EINTR) return Left::something;
    if (size < 0 && would_block()) return Left::nothing;
    if (size <= 0) {
        on_peer_closed();
        return Left::nothing;
    }
    on_bytes(std::string_view(bytes, static_cast<std::size_t>(size)));
    return size < static_cast<ssize_t>(sizeof bytes) ? Left::nothing : Left::something;
}

void HttpClient::on_bytes(std::string_view bytes) {
    if (phase_ == Phase::idle) {  // nobody asked; a line end too many after an answer is no harm
        if (bytes.find_first_not_of("\r\n") != std::string_view::npos) close();
        return;
    }
    take_answers(bytes);
}

void HttpClient::take_answers(std::string_view bytes) {
    for (bool took = false;; took = true) {
        const AnswerParser::Step step = parser_.feed(bytes);
        if (step == AnswerParser::Step::broken) return fail(Failure::broken);
        on_head();
        if (step == AnswerParser::Step::more) {
            // Only now, so that what one recv() brought is followed by one send().
            if (took) ask_on();
            return;
        }
        // More than one answer to the last request, or one to a request not yet sent whole: out of step.
        const bool in_step = unanswered_ > 1 || (line_->unsent.empty() &&
                                                 bytes.find_first_not_of("\r\n") == std::string_view::npos);
        if (!on_answer(parser_.keep() && in_step)) return;
    }
}

/// Some answers have come, others are still to come.
void HttpClient::ask_on() {
    set_deadline();
    ask();
}

void HttpClient::on_head() {
    if (phase_ != Phase::waiting || !parser_.has_status()) return;
    phase_ = Phase::draining;
    user_.answered(parser_.status());
}

/// An answer is over. False: nothing is unanswered any more, or it will not be answered here.
bool HttpClient::on_answer(bool keep) {
    --unanswered_;
    user_.over(keep);
    if (!keep) {
        part();
        return false;
    }
    kept_ = true;
    if (unanswered_ > 0) {
        parser_.reset();
        phase_ = Phase::waiting;
        return true;
    }
    cancel();
    phase_ = Phase::idle;
    user_.released();
    return false;
}

void HttpClient::on_peer_closed() {
    if (phase_ == Phase::idle) return close();
    if (phase_ == Phase::waiting && !parser_.began()) return on_lost();
    if (parser_.end() == AnswerParser::Step::broken) return fail(Failure::broken);
    on_head();
    static_cast<void>(on_answer(false));
}

/// The connection is gone before any byte of the next answer.
void HttpClient::on_lost() {
    if (!kept_) return fail(Failure::refused);
    close();
    user_.handed_back();
    connect();
}

/// Closes after an answer; what else was asked here goes elsewhere.
void HttpClient::part() {
    const bool more = unanswered_ > 0;
    close();
    if (more) user_.handed_back();
    user_.released();
}

void HttpClient::fail(Failure why) {
    close();
    user_.failed(why);
    user_.released();
}

void HttpClient::on_due(base::Instant) {
    if (phase_ == Phase::draining) return void(on_answer(false));  // the rest of its body never came
    fail(phase_ == Phase::connecting ? Failure::no_connect : Failure::no_answer);
}

void HttpClient::close() {
    cancel();
    phase_ = Phase::closed;
    unanswered_ = 0;
    if (!line_) return;
    line_->client = nullptr;
    error_code ignored;
    line_->attempt.close(ignored);
    line_->fd.reset();
    watch_.retire(std::move(line_));
}

}  // namespace server
