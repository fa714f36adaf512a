// ctl/listen.cc: a Call-Back sink that prints every NOTIFY it gets.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1.4, 5.6; design 9 (rvpctl listen)
#include "ctl/listen.h"

#include "base/text.h"

#include <boost/asio.hpp>

#include <array>
#include <csignal>
#include <expected>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>  // Asio 1.74 uses std::exchange without asking for it

namespace ctl {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t kHeadBytes = 16 * 1024;    // as rvpd itself takes (design 6)
constexpr std::size_t kBodyBytes = 1024 * 1024;  // as rvpd itself takes (design 6)
constexpr std::size_t kDrainBytes = 8 * 1024 * 1024;
constexpr std::size_t kConnections = 900;  // stays below the usual 1024 descriptors
constexpr std::chrono::milliseconds kAcceptAgain{
    100};  // after accept() failed, e.g. no descriptor is left

std::string_view reason(int status) {
    switch (status) {
        case 200:
            return "Successful";
        case 202:
            return "Accepted";
        case 207:
            return "Multi-Status";
        case 302:
            return "Found";
        case 400:
            return "Bad Request";
        case 401:
            return "Access Denied";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 410:
            return "Gone";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Request Entity Too Large";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 503:
            return "Service Unavailable";
        case 507:
            return "Insufficient Storage";
        default:
            return "Status";
    }
}

/// Where the head ends in `bytes` (behind its empty line; LF or CRLF), or npos.
std::size_t head_end(std::string_view bytes) {
    for (std::size_t at = bytes.find('\n'); at != bytes.npos; at = bytes.find('\n', at + 1)) {
        const std::string_view rest = bytes.substr(at + 1);
        if (rest.starts_with('\n')) return at + 2;
        if (rest.starts_with("\r\n")) return at + 3;
    }
    return bytes.npos;
}

/// A head, as far as a sink needs to understand it.
struct Head {
    std::string
        text;  ///< request line and headers as they came, each ended by a bare LF; no empty line
    std::string method;
    std::size_t body_bytes = 0;
    bool keep = true;
};

/// What is answered instead, and why.
struct Refusal {
    int status = 400;
    std::string why;
};

std::optional<Refusal> read_header(Head& head, std::string_view line,
                                   std::optional<std::size_t>& length) {
    const std::size_t colon = line.find(':');
    if (colon == line.npos || colon == 0) return Refusal{400, "a header line without a name"};
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = base::trim(line.substr(colon + 1));
    if (base::equal_ignoring_case(name, "Content-Length")) {
        const auto number = base::parse_number(value);
        if (!number || length)
            return Refusal{400, "a Content-Length that is no number, or a second one"};
        if (*number > kBodyBytes) return Refusal{413, "a body over 1 MiB"};
        length = static_cast<std::size_t>(*number);
    } else if (base::equal_ignoring_case(name, "Transfer-Encoding")) {
        return Refusal{501, "Transfer-Encoding; only Content-Length is understood"};
    } else if (base::equal_ignoring_case(name, "Connection")) {
        for (const std::string_view token : base::split(value, ',')) {
            if (base::equal_ignoring_case(base::trim(token), "close")) head.keep = false;
        }
    }
    return std::nullopt;
}

std::expected<Head, Refusal> read_head(std::string_view bytes) {
    Head head;
    std::optional<std::size_t> length;
    for (std::string_view line : base::split(bytes, '\n')) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) break;
        if (head.text.empty()) {
            const auto words = base::split(line, ' ');
            if (words.size() != 3 || !words[2].starts_with("HTTP/1.")) {
                return std::unexpected(
                    Refusal{400, "a request line that is no `METHOD target HTTP/1.1`"});
            }
            head.method = words[0];
            head.keep = words[2] != "HTTP/1.0";
        } else if (auto refusal = read_header(head, line, length)) {
            return std::unexpected(std::move(*refusal));
        }
        head.text.append(line).push_back('\n');
    }
    head.body_bytes = length.value_or(0);
    return head;
}

std::string render_answer(int status, bool keep) {
    std::string text =
        "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason(status)) + "\r\n";
    text += "Content-Length: 0\r\n";
    if (!keep) text += "Connection: close\r\n";
    return text + "\r\n";
}

std::string url_of(const tcp::endpoint& at) {
    std::ostringstream text;  // Asio puts the brackets round IPv6
    text << "http://" << at;
    return text.str();
}

}  // namespace

struct Listener::State {
    class Connection;

    State(const ListenSettings& s, std::ostream& o, std::ostream& e)
        : settings(s), out(o), err(e) {}
    ~State() { ending = true; }

    void accept();
    void closed();
    /// Prints one NOTIFY; false when no more are wanted.
    bool print(const Head& head, std::string_view body);
    void answered();

    ListenSettings settings;
    std::ostream& out;
    std::ostream& err;
    // These outlive io, whose end destroys the connections that still count themselves here.
    bool ending = false;
    std::size_t connections = 0;
    asio::io_context io{1};
    tcp::acceptor acceptor{io};
    asio::signal_set signals{io};
    asio::steady_timer again{io};
    std::string url;
    bool accepting = false;
    std::uint64_t printed_count = 0;
    std::uint64_t answered_count = 0;
};

/// One peer. Lives as long as one of its handlers waits; reads the next request when the last one is
/// answered, so that a peer that sends ahead gets its answers in turn and costs one head and one body at
/// most.
class Listener::State::Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(tcp::socket socket, State& sink)
        : socket_(std::move(socket)), timer_(socket_.get_executor()), sink_(sink) {
        ++sink_.connections;
    }
    ~Connection() {
        --sink_.connections;
        sink_.closed();
    }

    void next() {
        if (const std::size_t end = head_end(bytes_); end != bytes_.npos && end <= kHeadBytes) {
            auto head = read_head(std::string_view(bytes_).substr(0, end));
            if (!head) return refuse(head.error());
            bytes_.erase(0, end);
            head_ = std::move(*head);
            return want_body();
        }
        if (bytes_.size() > kHeadBytes) return refuse({431, "a head over 16 KiB"});
        read_more([](Connection& self) { self.next(); });
    }

private:
    void want_body() {
        if (bytes_.size() < head_.body_bytes) {
            return read_more([](Connection& self) { self.want_body(); });
        }
        if (head_.method != "NOTIFY") {
            sink_.err << "rvpctl: listen got " << head_.method << ", answered 501" << std::endl;
            bytes_.erase(0, head_.body_bytes);
            return answer(501, false);
        }
        if (!sink_.print(head_, std::string_view(bytes_).substr(0, head_.body_bytes))) return;
        bytes_.erase(0, head_.body_bytes);
        if (sink_.settings.delay.count() == 0) return answer(sink_.settings.status, true);
        timer_.expires_after(sink_.settings.delay);
        timer_.async_wait([self = shared_from_this()](error_code) {
            self->answer(self->sink_.settings.status, true);
        });
    }

    void read_more(void (*then)(Connection&)) {
        socket_.async_read_some(asio::buffer(chunk_),
                                [self = shared_from_this(), then](error_code e, std::size_t n) {
                                    if (e) return;
                                    self->bytes_.append(self->chunk_.data(), n);
                                    then(*self);
                                });
    }

    void answer(int status, bool counts) {
        answer_ = render_answer(status, head_.keep);
        asio::async_write(socket_, asio::buffer(answer_),
                          [self = shared_from_this(), counts](error_code e, std::size_t) {
                              if (counts) self->sink_.answered();
                              if (!e && self->head_.keep) return self->next();
                              error_code ignored;
                              self->socket_.shutdown(tcp::socket::shutdown_send, ignored);
                              self->drain(kDrainBytes);
                          });
    }

    /// Takes what still comes before closing: a socket closed over unread bytes resets the peer, and our
    /// answer would be lost to him.
    void drain(std::size_t left) {
        socket_.async_read_some(asio::buffer(chunk_),
                                [self = shared_from_this(), left](error_code e, std::size_t n) {
                                    if (!e && n < left) self->drain(left - n);
                                });
    }

    /// Says what was wrong and closes: where the next request would start is unknown.
    void refuse(const Refusal& refusal) {
        sink_.err << "rvpctl: listen refused " << refusal.why << ", answered " << refusal.status
                  << std::endl;
        head_.keep = false;
        answer(refusal.status, false);
    }

    tcp::socket socket_;
    asio::steady_timer timer_;
    State& sink_;
    std::array<char, 8192> chunk_{};
    std::string bytes_;
    Head head_;
    std::string answer_;
};

void Listener::State::accept() {
    if (accepting || connections >= kConnections) return;
    accepting = true;
    acceptor.async_accept([this](error_code e, tcp::socket socket) {
        accepting = false;
        if (e == asio::error::operation_aborted) return;
        if (!e) {
            std::make_shared<Connection>(std::move(socket), *this)->next();
            return accept();
        }
        again.expires_after(kAcceptAgain);
        again.async_wait([this](error_code stopped) {
            if (!stopped) accept();
        });
    });
}

void Listener::State::closed() {
    if (!ending) accept();
}

bool Listener::State::print(const Head& head, std::string_view body) {
    if (settings.count != 0 && printed_count == settings.count) return false;
    ++printed_count;
    out << head.text << '\n' << body;
    if (!body.empty() && !body.ends_with('\n')) out << '\n';
    out << '\n' << std::flush;
    return true;
}

void Listener::State::answered() {
    ++answered_count;
    if (settings.count != 0 && answered_count == settings.count) io.stop();
}

Listener::Listener(std::unique_ptr<State> state) : state_(std::move(state)) {}
Listener::~Listener() = default;

base::Result<std::unique_ptr<Listener>> Listener::open(const ListenSettings& settings,
                                                       std::ostream& out, std::ostream& err) {
    auto state = std::make_unique<State>(settings, out, err);
    const std::string where = settings.host + ":" + std::to_string(settings.port);
    error_code e;
    const auto found = tcp::resolver(state->io).resolve(
        settings.host, std::to_string(settings.port), tcp::resolver::passive, e);
    if (e || found.empty()) {
        return base::fail(
            base::Errc::internal,
            "listen: " + settings.host + " is no address of this machine: " + e.message());
    }
    const tcp::endpoint at = found.begin()->endpoint();
    state->acceptor.open(at.protocol(), e);
    if (!e) state->acceptor.set_option(tcp::acceptor::reuse_address(true), e);
    if (!e) state->acceptor.bind(at, e);
    if (!e) state->acceptor.listen(asio::socket_base::max_listen_connections, e);
    if (e)
        return base::fail(base::Errc::internal,
                          "listen: cannot bind " + where + ": " + e.message());
    state->url = url_of(state->acceptor.local_endpoint());
    return std::unique_ptr<Listener>(new Listener(std::move(state)));
}

std::string Listener::url() const {
    return state_->url;
}

void Listener::stop_on_signals() {
    state_->signals.add(SIGINT);
    state_->signals.add(SIGTERM);
    state_->signals.async_wait([this](error_code e, int) {
        if (!e) stop();
    });
}

void Listener::run() {
    state_->out << "listening " << state_->url << '\n' << std::flush;
    state_->accept();
    state_->io.run();
}

void Listener::stop() {
    state_->io.stop();
}

}  // namespace ctl
