// server/http_client.cc: Asio resolves names; all else is bare sockets: one send() to ask, one recv() to be answered.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5, 8; performance (what follows from it, 1 and 2)
#include "server/http_client.h"

#include "base/fd.h"

#include <utility>  // Asio 1.74 forgets it

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace server {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

using Resolver = asio::ip::basic_resolver<tcp, asio::io_context::executor_type>;

constexpr std::size_t kMostAddresses = 4;  // of one name; all share the connect time
constexpr std::size_t kReadSize = 8192;
constexpr std::size_t kMostAtOnce = 64 * 1024;  // bytes of requests put into one send(), and the last one whole

/// A socket address and its size.
struct SocketAddress {
    SocketAddress(const base::IpAddress& address, std::uint16_t port) {
        const auto& bytes = address.bytes();
        if (address.is_v4()) {
            auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
            v4.sin_family = AF_INET;
            v4.sin_port = htons(port);
            std::memcpy(&v4.sin_addr, bytes.data() + bytes.size() - sizeof v4.sin_addr, sizeof v4.sin_addr);
            size = sizeof v4;
        } else {
            auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
            v6.sin6_family = AF_INET6;
            v6.sin6_port = htons(port);
            std::memcpy(&v6.sin6_addr, bytes.data(), sizeof v6.sin6_addr);
            size = sizeof v6;
        }
    }
    [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }

    sockaddr_storage storage{};
    socklen_t size = 0;
};

bool says_refused(int error) { return error == ECONNREFUSED || error == ECONNRESET; }

/// What became of an attempt to connect; 0: it is connected.
int connect_error(int fd) {
    int error = 0;
    socklen_t size = sizeof error;
    return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

/// Nothing waits to be sent together with more.
void hurry(int fd) {
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);  // without it slower, no more
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
        case Failure::untrusted:
            return "certificate not trusted";
        case Failure::no_tls:
            return "no TLS";
    }
    return "";
}

/// One TCP connection, from its first attempt to its end.
struct HttpClient::Line final : SocketWatch::Ready {
    explicit Line(HttpClient& c) : client(&c) {}

    void on_ready(SocketWatch::Events events) override {
        if (client && client->phase_ == Phase::connecting) client->on_attempt(events);
        if (!client || client->phase_ == Phase::connecting) return;
        if (events.writable && !unsent.empty()) client->on_writable();
        if (events.readable) client->on_readable(events.ended);
    }

    // One branch where there is no TLS.
    ssize_t send(const char* bytes, std::size_t size) {
        return tls ? tls->send(bytes, size) : ::send(fd.get(), bytes, size, MSG_NOSIGNAL);
    }
    ssize_t recv(char* bytes, std::size_t size) {
        return tls ? tls->recv(bytes, size) : ::recv(fd.get(), bytes, size, 0);
    }

    base::Fd fd;
    std::unique_ptr<TlsStream> tls;  // null: plain, or not connected yet
    HttpClient* client;  // null once the client has closed it
    std::vector<PeerPlaces::Place> places;
    bool wants_tls = false;
    std::size_t tried = 0;
    std::string unsent;  // what a short write left
    int writes = 0;      // 0, 1, or more
};

HttpClient::HttpClient(base::Loop& loop, SocketWatch& watch, HttpPeer peer, const CourierSettings& settings,
                       std::string& scratch, User& user)
    : loop_(loop), watch_(watch), settings_(settings), scratch_(scratch), user_(user), peer_(std::move(peer)),
      parser_(settings.answer_bytes, settings.whole_answers ? AnswerParser::Keep::whole : AnswerParser::Keep::status) {}

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
    line_ = std::make_shared<Line>(*this);
    line_->wants_tls = peer_.tls;
    if (peer_.server) return look_up();
    if (!peer_.address) return resolve();
    line_->places.push_back({*peer_.address, peer_.port});
    connect_next();
}

/// The finder may answer at once, and then who woke us does not expect a failure yet.
void HttpClient::look_up() {
    peer_.server->finder.find(peer_.server->authority, [line = line_, &loop = loop_](base::Result<PeerPlaces> found) {
        if (!found) {
            return loop.post([line] {
                if (line->client) line->client->fail(Failure::no_connect);
            });
        }
        if (!line->client) return;
        line->places = std::move(found->places);
        if (line->places.size() > kMostAddresses) line->places.resize(kMostAddresses);
        line->wants_tls = found->tls;
        line->client->connect_next();
    });
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
                const base::IpAddress address = base::IpAddress::from(*endpoint.data());
                if (line->places.size() == kMostAddresses) break;
                if (client->user_.may_connect(address)) line->places.push_back({address, client->peer_.port});
            }
            if (line->places.empty()) return client->fail(Failure::not_allowed);
            client->connect_next();
        });
}

void HttpClient::connect_next() {
    const PeerPlaces::Place& place = line_->places[line_->tried++];
    const SocketAddress to(place.address, place.port);
    line_->fd = base::Fd(::socket(to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int fd = line_->fd.get();
    const bool begun = fd >= 0 && (::connect(fd, to.get(), to.size) == 0 || errno == EINPROGRESS);
    if (begun && watch_.add(fd, *line_)) return;  // even when it is connected already, on_attempt() hears of it
    // Not from here: who woke us does not expect it yet.
    loop_.post([line = line_, error = errno] {
        if (line->client) line->client->on_attempt_failed(error);
    });
}

void HttpClient::on_attempt(SocketWatch::Events events) {
    if (line_->tls) return shake_hands();
    if (!events.writable && !events.ended) return;
    const int error = events.ended ? connect_error(line_->fd.get()) : 0;
    if (error != 0) return on_attempt_failed(error);
    line_->wants_tls ? begin_tls() : on_connected();
}

void HttpClient::on_attempt_failed(int error) {
    if (line_->tried < line_->places.size()) return connect_next();
    fail(says_refused(error) ? Failure::refused : Failure::no_connect);
}

void HttpClient::begin_tls() {
    if (!settings_.trust) return fail(Failure::untrusted);
    if (!session_) session_ = std::make_unique<TlsSession>();
    hurry(line_->fd.get());  // of what a handshake says, most is an answer that the peer waits for
    line_->writes = 2;
    line_->tls = std::make_unique<TlsStream>(*settings_.trust, line_->fd.get(), peer_.host, *session_);
    shake_hands();
}

void HttpClient::shake_hands() {
    switch (line_->tls->shake_hands()) {
        case TlsStream::Step::again:
            return;
        case TlsStream::Step::done:
            return on_connected();
        case TlsStream::Step::untrusted:
            return fail(Failure::untrusted);
        case TlsStream::Step::failed:
            return fail(Failure::no_tls);
    }
}

void HttpClient::on_connected() {
    address_ = line_->places[line_->tried - 1].address;
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
    // What is sent first goes at once in any case, so a connection that is used but once is spared a system call.
    if (line_->writes < 2 && ++line_->writes == 2) hurry(line_->fd.get());
    const ssize_t sent = line_->send(scratch_.data(), scratch_.size());
    if (sent == static_cast<ssize_t>(scratch_.size())) return;
    const bool dead = sent < 0 && !base::would_block();
    // Behind others that are unanswered: answers may still be there to be read, and then reading tells the end.
    if (dead && asked == unanswered_) return on_lost();
    line_->unsent.assign(scratch_, sent < 0 ? 0 : static_cast<std::size_t>(sent));
}

void HttpClient::on_writable() {
    std::string& unsent = line_->unsent;
    while (!unsent.empty()) {
        const ssize_t sent = line_->send(unsent.data(), unsent.size());
        if (sent < 0) return;  // full again; or lost, which reading tells
        unsent.erase(0, static_cast<std::size_t>(sent));
    }
}

/// A short read has taken all there was, but of one record of TLS; an end that came with the last bytes is read too.
void HttpClient::on_readable(bool ended) {
    const Line* const line = line_.get();
    bool more = true;
    while (more && !held_ && line_.get() == line) {
        char bytes[kReadSize];
        const ssize_t size = line_->recv(bytes, sizeof bytes);
        if (size < 0 && base::would_block()) return;
        if (size <= 0) return on_peer_closed();
        more = ended || size == static_cast<ssize_t>(sizeof bytes) || line_->tls;
        on_bytes(std::string_view(bytes, static_cast<std::size_t>(size)));
    }
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
            if (parser_.streamed()) set_deadline();
            if (settings_.whole_answers && phase_ == Phase::draining) user_.body_came();
            return;
        }
        // More than one answer to the last request, or one to a request not yet sent whole: out of step.
        const bool in_step = unanswered_ > 1 || (line_->unsent.empty() &&
                                                 bytes.find_first_not_of("\r\n") == std::string_view::npos);
        if (!on_answer(parser_.keep() && in_step)) return;
    }
}

void HttpClient::hold() {
    held_ = true;
    cancel();
}

void HttpClient::go_on() {
    if (!std::exchange(held_, false)) return;
    set_deadline();
    on_readable(true);  // its end may have been told meanwhile
}

void HttpClient::abandon() {
    if (phase_ != Phase::draining) return;
    close();
    user_.released();
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
    held_ = false;
    unanswered_ = 0;
    if (!line_) return;
    line_->client = nullptr;
    line_->tls.reset();
    line_->fd.reset();
    watch_.retire(std::move(line_));
}

}  // namespace server
