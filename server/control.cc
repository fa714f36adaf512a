// server/control.cc: the socket over which rvpctl speaks to the daemon.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl)
#include "server/control.h"

#include "base/fd.h"
#include "base/text.h"
#include "base/timer_wheel.h"
#include "server/control_socket.h"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <list>
#include <optional>
#include <stdexcept>
#include <utility>

namespace server {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using base::Errc;
using base::json::Value;
using boost::system::error_code;

namespace {

constexpr std::size_t kChunkBytes = 4096;
constexpr std::size_t kDrainBytes = 1 << 20;
constexpr std::chrono::seconds kAcceptAgain{1};

std::string render(const base::Result<Value>& result) {
    Value line = Value::object();
    line.set("ok", result.has_value());
    if (result) {
        line.set("result", *result);
    } else {
        line.set("error", result.error().text).set("kind", kind_of(result.error().code));
    }
    return line.dump() + "\n";
}

std::optional<uid_t> user_of(int fd) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
    return peer.uid;
}

/// Says why and hangs up, without waiting: the line fits into the empty buffer of a new socket.
void turn_away(const base::Fd& fd, Errc code, std::string text) {
    const std::string line = render(base::fail(code, std::move(text)));
    [[maybe_unused]] const ssize_t sent =
        ::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

struct Control::Parts {
    Parts(base::Loop& on, base::Log& to, std::string path, CommandHandler does,
          ControlLimits bounds)
        : loop(on), log(to), handler(std::move(does)), limits(bounds), socket(must_open(path)) {}

    static ControlSocket must_open(const std::string& path) {
        auto opened = ControlSocket::open(path);
        if (!opened) throw std::runtime_error("listen.control: " + opened.error().text);
        return std::move(*opened);
    }
    void watch_socket() {
        watch = loop.watch_readable(socket.fd(), [this] { accept_all(); });
    }
    void accept_all();
    void take(base::Fd fd);

    /// Armed while accepting is not tried because it failed.
    class Pause final : public base::TimerHook {
    public:
        explicit Pause(Parts& parts) : parts_(parts) {}

    private:
        void on_due(base::Instant) override { parts_.watch_socket(); }
        Parts& parts_;
    };

    base::Loop& loop;
    base::Log& log;
    const CommandHandler handler;
    const ControlLimits limits;
    ControlSocket socket;
    std::list<std::shared_ptr<Client>> clients;
    std::unique_ptr<base::Loop::Watch> watch;
    Pause pause{*this};
};

/// One rvpctl. Reads a request only when the one before it is answered. Kept alive by Parts::clients and by
/// the operation that is under way; once closed it is in no list and does nothing any more.
class Control::Client final : public std::enable_shared_from_this<Client>, private base::TimerHook {
public:
    Client(Parts& control, base::Fd fd)
        : control_(control), socket_(control.loop.io(), stream_protocol(), fd.release()) {}

    void next();
    void close();

private:
    void on_due(base::Instant) override { close(); }
    void wait_for_peer() {
        control_.loop.wheel().arm(*this, control_.loop.clock().now() + control_.limits.idle);
    }
    /// None when there is no whole one, or it is too long.
    std::optional<std::string> take_line();
    void read();
    void obey(std::string_view line);
    void answer(const base::Result<Value>& result);
    enum class After { next, close };
    void write(std::string line, After after);
    /// Takes what still comes before closing: over unread bytes the peer could miss our last line.
    void drain(std::size_t left);

    Parts& control_;
    stream_protocol::socket socket_;
    std::string in_;
    std::string out_;
    std::array<char, kChunkBytes> chunk_{};
    bool ended_ = false;  // the peer sends no more
    bool open_ = true;
};

void Control::Client::close() {
    if (!std::exchange(open_, false)) return;
    cancel();
    error_code ignored;
    socket_.close(ignored);
    const auto self = shared_from_this();  // the list may hold the last reference
    control_.clients.remove(self);
}

void Control::Client::next() {
    while (const auto line = take_line()) {
        if (!base::trim(*line).empty()) return obey(*line);
    }
    if (in_.size() > control_.limits.line_bytes) {
        const std::string bound = std::to_string(control_.limits.line_bytes);
        return write(
            render(base::fail(Errc::too_large, "a request has at most " + bound + " bytes")),
            After::close);
    }
    return ended_ ? close() : read();
}

std::optional<std::string> Control::Client::take_line() {
    std::size_t end = in_.find('\n');
    if (end == std::string::npos && ended_ && !in_.empty())
        end = in_.size();  // the last line needs no end
    if (end == std::string::npos || end > control_.limits.line_bytes) return std::nullopt;
    std::string line = in_.substr(0, end);
    in_.erase(0, end + 1);
    return line;
}

void Control::Client::read() {
    wait_for_peer();
    socket_.async_read_some(asio::buffer(chunk_),
                            [self = shared_from_this()](error_code error, std::size_t size) {
                                if (!self->open_) return;
                                self->in_.append(self->chunk_.data(), size);
                                if (error == asio::error::eof)
                                    self->ended_ = true;
                                else if (error)
                                    return self->close();
                                self->next();
                            });
}

void Control::Client::obey(std::string_view line) {
    const auto request =
        base::json::parse(line, {control_.limits.line_bytes, control_.limits.json_depth});
    if (!request) return answer(std::unexpected(request.error()));
    const Value* command = request->find("command");
    if (!command || !command->as_text()) {
        return answer(base::fail(Errc::malformed, R"(a request is {"command":"…","args":{…}})"));
    }
    const Value* args = request->find("args");
    if (args && !args->as_object()) return answer(base::fail(Errc::malformed, "args is no object"));
    cancel();  // it is we who let him wait
    const std::weak_ptr<Client> client = weak_from_this();
    CommandAnswer owed(
        [client](const base::Result<Value>& result) {
            if (const auto self = client.lock(); self && self->open_) self->answer(result);
        },
        [client] {
            if (const auto self = client.lock(); self && self->open_) {
                self->answer(base::fail(Errc::internal, "the command was given up"));
            }
        });
    control_.handler(*command->as_text(), args ? *args : Value::object(), std::move(owed));
}

void Control::Client::answer(const base::Result<Value>& result) {
    write(render(result), After::next);
}

void Control::Client::write(std::string line, After after) {
    out_ = std::move(line);
    wait_for_peer();
    asio::async_write(socket_, asio::buffer(out_),
                      [self = shared_from_this(), after](error_code error, std::size_t) {
                          if (!self->open_) return;
                          if (error) return self->close();
                          if (after == After::next) return self->next();
                          error_code ignored;
                          self->socket_.shutdown(stream_protocol::socket::shutdown_send, ignored);
                          self->drain(kDrainBytes);
                      });
}

void Control::Client::drain(std::size_t left) {
    socket_.async_read_some(
        asio::buffer(chunk_), [self = shared_from_this(), left](error_code error, std::size_t size) {
            if (!self->open_) return;
            if (error || size >= left) return self->close();
            self->drain(left - size);
        });
}

void Control::Parts::accept_all() {
    for (;;) {
        base::Fd fd(::accept4(socket.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (fd) {
            take(std::move(fd));
            continue;
        }
        if (errno == EINTR || errno == ECONNABORTED) continue;
        if (errno == EAGAIN) return;
        log.warning("control_accept_failed", {{"why", std::strerror(errno)}});
        watch.reset();  // out of descriptors, so the socket stays readable and the loop would spin
        return loop.wheel().arm(pause, loop.clock().now() + kAcceptAgain);
    }
}

void Control::Parts::take(base::Fd fd) {
    const auto user = user_of(fd.get());
    if (!user || !may_control(*user, ::geteuid())) {
        log.warning("control_refused", {{"uid", user ? std::to_string(*user) : "unknown"}});
        return turn_away(fd, Errc::denied, "only root and the user of rvpd may speak here");
    }
    if (clients.size() == limits.clients) {
        return turn_away(
            fd, Errc::busy,
            std::to_string(limits.clients) + " clients are connected, which is the bound");
    }
    clients.push_back(std::make_shared<Client>(*this, std::move(fd)));
    clients.back()->next();
}

Control::Control(base::Loop& loop, base::Log& log, std::string path, CommandHandler handler,
                 ControlLimits limits)
    : parts_(std::make_unique<Parts>(loop, log, std::move(path), std::move(handler), limits)) {
    parts_->watch_socket();
}

Control::~Control() {
    parts_->watch.reset();
    while (!parts_->clients.empty()) parts_->clients.front()->close();
}

std::string_view kind_of(Errc code) {
    switch (code) {
        case Errc::malformed:
            return "malformed";
        case Errc::too_large:
            return "too_large";
        case Errc::unproven:
            return "unproven";
        case Errc::denied:
            return "denied";
        case Errc::not_found:
            return "not_found";
        case Errc::not_allowed:
            return "not_allowed";
        case Errc::not_implemented:
            return "not_implemented";
        case Errc::precondition:
            return "precondition";
        case Errc::loop:
            return "loop";
        case Errc::busy:
            return "busy";
        case Errc::no_space:
            return "no_space";
        case Errc::internal:
            break;
    }
    return "internal";
}

}  // namespace server
