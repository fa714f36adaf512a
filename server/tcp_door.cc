// server/tcp_door.cc: listener for doors/msnp.
// SPDX-License-Identifier: Apache-2.0
#include "server/tcp_door.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "server/unsent.h"

namespace server {
namespace {

constexpr std::size_t kChunkSize = 16384;
constexpr int kAcceptsAtOnce = 64;                   // then others on the loop get their turn
constexpr int kReadsAtOnce = 16;                     // of one client; likewise
constexpr std::size_t kMostUnsent = 16U << 20;       // answers that are under way included
constexpr std::chrono::seconds kFarewell{2};         // for the peer to read its last packet
constexpr unsigned kMostTurnedAway = 100;            // who are told why, at a time; further ones are not
constexpr std::chrono::seconds kPause{1};            // after the system had no descriptor left
constexpr std::chrono::seconds kTellAgain{60};       // between two complaints about too many connections

}  // namespace

struct TcpDoor::Parts {
    Parts(base::Loop& l, base::Log& g, SocketWatch& w, doors::MsnpDesk& d, Listener s, const DoorLimits& m,
          std::shared_ptr<const TlsIdentity> i)
        : loop(l), log(g), watch(w), desk(d), listener(std::move(s)), limits(m), identity(std::move(i)) {}

    class Connection;
    void listen();
    void accept();
    void drop(Connection& connection);
    void complain(const char* why);
    void take(base::Fd fd, const base::IpAddress& from);
    /// Tells him why he cannot stay, and lets him go.
    void turn_away(base::Fd fd, const base::IpAddress& from, doors::MsnpCode code, std::string_view why);
    void keep(std::shared_ptr<Connection> connection);

    base::Loop& loop;
    base::Log& log;
    SocketWatch& watch;
    doors::MsnpDesk& desk;
    Listener listener;
    DoorLimits limits;
    std::shared_ptr<const TlsIdentity> identity;  // null: plain
    std::unordered_map<Connection*, std::shared_ptr<Connection>> connections;
    std::map<std::string, unsigned> of_address;  // how many of them, but for those who are turned away
    unsigned turned_away = 0;
    base::Instant complained{};
    std::unique_ptr<base::Loop::Watch> accepting;  // null: not now, or no more
    /// Listens again after the system had nothing left for a connection.
    struct Again final : base::TimerHook {
        explicit Again(Parts& p) : parts(p) {}
        void on_due(base::Instant) override { parts.listen(); }
        Parts& parts;
    };
    Again again{*this};
    std::uint64_t last_id = std::uint64_t(1) << 62;  // apart from those of HTTP
};

/// One client. Its deadline is that of the handshake, of bytes that he does not take, or of the farewell.
class TcpDoor::Parts::Connection final : public SocketWatch::Ready, public doors::MsnpOut, private base::TimerHook {
public:
    Connection(Parts& parts, base::Fd fd, const base::IpAddress& from, bool stays)
        : parts_(parts), fd_(std::move(fd)), address_(from.text()), identity_(parts.identity), stays_(stays) {
        if (identity_) {
            tls_ = std::make_unique<TlsStream>(*identity_, fd_.get());
            shaking_ = true;
            arm(parts_.limits.head_time);
        }
        if (!stays_) return;
        line_ = parts_.desk.open(*this, {from, identity_ != nullptr || from.is_loopback(), base::ConnectionId(++parts_.last_id)});
    }

    /// Whether it is not only told to go.
    [[nodiscard]] bool stays() const { return stays_; }

    [[nodiscard]] const std::string& address() const { return address_; }
    [[nodiscard]] bool owes() const { return line_ && (line_->owes() || !unsent_.empty()); }
    [[nodiscard]] bool busy() const {
        int waiting = 0;
        const bool some = ::ioctl(fd_.get(), FIONREAD, &waiting) == 0 && waiting > 0;
        return posted_ || (line_ && ((some && line_->wants_more()) || line_->owes()));
    }
    [[nodiscard]] int fd() const { return fd_.get(); }
    void end(const std::string& why) {
        if (line_) line_->end(why);
    }
    /// Nothing of it is left but what still may be called.
    void shut() {
        gone_ = true;
        cancel();
        line_.reset();
        tls_.reset();
        fd_.reset();
    }

    // -- SocketWatch::Ready
    void on_ready(SocketWatch::Events events) override {
        if (gone_) return;
        if (shaking_ && !shake_hands()) return;
        if (events.writable) write_on();
        if (!gone_ && events.readable) read();
    }

    // -- doors::MsnpOut
    void send(std::string packets) override {
        if (gone_ || closing_) return;
        const bool first = unsent_.empty();
        unsent_.add(std::move(packets));
        if (unsent_.size() > kMostUnsent) return fail();
        if (first && !shaking_) flush();
    }
    void close() override {
        if (std::exchange(closing_, true) || gone_) return;
        later();
    }
    [[nodiscard]] std::size_t unsent() const override { return unsent_.size(); }
    void read_on() override { later(); }

private:
    void on_due(base::Instant) override { parts_.drop(*this); }
    void arm(std::chrono::milliseconds time) { parts_.loop.wheel().arm(*this, parts_.loop.clock().now() + time); }

    /// Never from inside a call of the line's: it may be at work.
    void later() {
        if (std::exchange(posted_, true)) return;
        const auto self = parts_.connections.find(this);
        if (self == parts_.connections.end()) return;
        parts_.loop.post([connection = self->second] {
            connection->posted_ = false;
            if (connection->gone_) return;
            if (connection->failed_) return connection->parts_.drop(*connection);
            connection->go_on();
        });
    }
    void go_on() {
        if (closing_ && !leaving_) return say_farewell();
        if (!shaking_) read();
    }
    void fail() {
        failed_ = true;
        later();
    }

    bool shake_hands() {
        switch (tls_->shake_hands()) {
            case TlsStream::Step::again:
                return false;
            case TlsStream::Step::done:
                break;
            default:
                parts_.drop(*this);
                return false;
        }
        shaking_ = false;
        cancel();
        flush();
        if (closing_) later();
        return true;
    }

    void read() {
        for (int i = 0; !gone_ && (leaving_ || (line_ && line_->wants_more())); ++i) {
            if (i == kReadsAtOnce) return later();
            std::array<char, kChunkSize> bytes;
            const ssize_t size = tls_ ? tls_->recv(bytes.data(), bytes.size()) : ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
            if (size < 0 && base::would_block()) return;
            if (size <= 0) return parts_.drop(*this);
            if (!leaving_) line_->received({bytes.data(), static_cast<std::size_t>(size)});
        }
    }

    /// As much as the peer takes now.
    void flush() {
        while (!unsent_.empty()) {
            const std::string_view rest = unsent_.rest();
            const ssize_t sent = tls_ ? tls_->send(rest.data(), rest.size())
                                      : ::send(fd_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
            if (sent < 0 && base::would_block()) {
                if (!armed()) arm(parts_.limits.body_time);
                return;
            }
            if (sent < 0) return fail();
            unsent_.taken(static_cast<std::size_t>(sent));
            if (armed() && !shaking_ && !leaving_) arm(parts_.limits.body_time);
        }
        if (!leaving_) cancel();
    }

    void write_on() {
        if (unsent_.empty()) return;
        flush();
        if (!unsent_.empty() || failed_) return;
        if (closing_) return say_farewell();
        line_->drained();
        if (!gone_ && !closing_) read();
    }

    /// Everything is out, or will be: then the peer has a while to read it, and what it still says is not heard.
    void say_farewell() {
        if (!unsent_.empty() || leaving_) return;
        leaving_ = true;
        line_.reset();
        arm(kFarewell);
        tls_.reset();  // says so to the peer
        ::shutdown(fd_.get(), SHUT_WR);
        read();
    }

    Parts& parts_;
    base::Fd fd_;
    const std::string address_;
    std::shared_ptr<const TlsIdentity> identity_;
    std::unique_ptr<TlsStream> tls_;
    std::unique_ptr<doors::MsnpLine> line_;  // null: it is leaving, or was never let in
    const bool stays_;
    Unsent unsent_;
    bool shaking_ = false;
    bool closing_ = false;
    bool leaving_ = false;
    bool failed_ = false;
    bool posted_ = false;
    bool gone_ = false;
};

void TcpDoor::Parts::drop(Connection& connection) {
    const auto found = connections.find(&connection);
    if (found == connections.end()) return;
    std::shared_ptr<Connection> gone = std::move(found->second);
    connections.erase(found);
    if (!gone->stays()) {
        --turned_away;
    } else if (const auto count = of_address.find(gone->address()); count != of_address.end() && --count->second == 0) {
        of_address.erase(count);
    }
    gone->shut();
    watch.retire(std::move(gone));
}

void TcpDoor::Parts::complain(const char* why) {
    const base::Instant now = loop.clock().now();
    if (complained != base::Instant{} && now - complained < kTellAgain) return;
    complained = now;
    log.warning("msnp-connection-refused", {{"listener", listener.address}, {"why", why}});
}

void TcpDoor::Parts::listen() {
    if (listener.fd) accepting = loop.watch_readable(listener.fd.get(), [this] { accept(); });
}

void TcpDoor::Parts::accept() {
    for (int i = 0; i < kAcceptsAtOnce; ++i) {
        sockaddr_storage peer{};
        socklen_t size = sizeof peer;
        base::Fd fd(::accept4(listener.fd.get(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!fd && !base::would_block() && errno != ECONNABORTED) {
            complain(std::strerror(errno));
            accepting.reset();
            return loop.wheel().arm(again, loop.clock().now() + kPause);
        }
        if (!fd) return;
        take(std::move(fd), base::IpAddress::from(reinterpret_cast<const sockaddr&>(peer)));
    }
}

void TcpDoor::Parts::take(base::Fd fd, const base::IpAddress& from) {
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto his = of_address.find(from.text());
    if (connections.size() - turned_away >= limits.connections) {
        complain("limits.connections");
        return turn_away(std::move(fd), from, doors::MsnpCode::overload, "The server has too many connections.");
    }
    if (his != of_address.end() && his->second >= limits.connections_per_address) {
        complain("limits.connections_per_address");
        return turn_away(std::move(fd), from, doors::MsnpCode::too_many_sessions, "Your address has too many connections.");
    }
    ++of_address[from.text()];
    keep(std::make_shared<Connection>(*this, std::move(fd), from, true));
}

void TcpDoor::Parts::turn_away(base::Fd fd, const base::IpAddress& from, doors::MsnpCode code, std::string_view why) {
    if (turned_away >= kMostTurnedAway) return;
    ++turned_away;
    const auto connection = std::make_shared<Connection>(*this, std::move(fd), from, false);
    keep(connection);
    connection->send(doors::msnp_error(code, 0, "CON", why));
    connection->close();
}

void TcpDoor::Parts::keep(std::shared_ptr<Connection> connection) {
    connections.emplace(connection.get(), connection);
    if (!watch.add(connection->fd(), *connection)) drop(*connection);
}

TcpDoor::TcpDoor(base::Loop& loop, base::Log& log, SocketWatch& watch, doors::MsnpDesk& desk, Listener listener,
                 const DoorLimits& limits, std::shared_ptr<const TlsIdentity> identity)
    : parts_(std::make_shared<Parts>(loop, log, watch, desk, std::move(listener), limits, std::move(identity))) {
    parts_->listen();
}

TcpDoor::~TcpDoor() {
    parts_->accepting.reset();
    while (!parts_->connections.empty()) parts_->drop(*parts_->connections.begin()->first);
}

void TcpDoor::change(const DoorLimits& limits) {
    const unsigned all = parts_->limits.connections, each = parts_->limits.connections_per_address;
    parts_->limits = limits;
    parts_->limits.connections = all;
    parts_->limits.connections_per_address = each;
}

void TcpDoor::renew(std::shared_ptr<const TlsIdentity> identity) {
    if (parts_->identity) parts_->identity = std::move(identity);
}

void TcpDoor::say_goodbye() {
    parts_->accepting.reset();
    parts_->listener.fd.reset();
    for (const auto& [key, connection] : parts_->connections) connection->end("The server is going down.");
}

bool TcpDoor::owes() const {
    return std::ranges::any_of(parts_->connections, [](const auto& one) { return one.second->owes(); });
}

bool TcpDoor::busy() const {
    pollfd ask{.fd = parts_->listener.fd.get(), .events = POLLIN, .revents = 0};
    if (parts_->accepting && ::poll(&ask, 1, 0) > 0) return true;
    return std::ranges::any_of(parts_->connections, [](const auto& one) { return one.second->busy(); });
}

}  // namespace server
