// server/http_door.cc: libmicrohttpd <-> base/http.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (framing), 8, 9 (wire, [tls])
//
// A request's steps: uri() makes its Exchange; on_access() is called once with the head (framing is judged), once per
// piece of body, and once at its end (the desk is asked). An answer that is not there by then suspends the
// connection; paying the Responder resumes it, and libmicrohttpd calls on_access() again, which finds the answer.
#include "server/http_door.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <linux/tcp.h>  // the one with tcpi_bytes_received
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <boost/intrusive/list.hpp>
#include <optional>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "base/stopwatch.h"
#include "server/http_framing.h"
#include "server/http_reason.h"
#include "server/request_rate.h"

namespace server {
namespace {

// One request, from its request line to its answer's last byte.
struct Exchange {
    std::uint64_t id = 0;
    base::Request request;
    std::string version;
    const char* target = nullptr;  // where libmicrohttpd has it, until the head has been judged
    MHD_Connection* mhd = nullptr;
    std::chrono::nanoseconds began{};
    std::size_t received = 0;
    std::size_t head_bytes = 0;
    std::size_t held = 0;  // of Door::held
    std::optional<base::Response> answer;
    bool head_seen = false;
    bool chunked = false;
    bool crowded_out = false;  // no room was left for its body
    bool asked = false;
    bool suspended = false;
    bool watched = false;  // suspended so long that its peer may go meanwhile

    // As new; what its texts have allocated stays for the next request.
    void clear() {
        for (base::HttpHeader& h : request.headers) h.name.clear(), h.value.clear();
        request.body.clear();
        received = head_bytes = headers = 0;
        answer.reset();
        head_seen = chunked = crowded_out = asked = suspended = watched = false;
    }
    base::Once<void(bool)> written;
    std::size_t headers = 0;  // of request.headers, so many are this request's so far
};

struct Door;

// One TCP connection. Its deadline is the head's, the body's, the answer's or the idle time's, whichever runs.
struct Connection final : base::TimerHook {
    Door& door;
    using Hook = boost::intrusive::list_member_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
    Hook rested;
    Hook shaking;  // hands, at libmicrohttpd
    MHD_Connection* mhd = nullptr;
    int fd = -1;
    std::shared_ptr<const Certificate> certificate;  // the one it shook hands with; null: no TLS
    base::ConnectionId id{};
    base::IpAddress peer;
    std::unique_ptr<Exchange> exchange;
    base::Instant deadline{};  // on the wheel it may be due earlier, and is then armed anew: most requests arm nothing
    base::Instant idle_since{};
    std::optional<std::uint64_t> bytes_when_idle;  // as of the first look
    enum class Waits { head, body, answer, client } waits = Waits::head;

    explicit Connection(Door& d) : door(d) {}
    void on_due(base::Instant due) override;
};

constexpr std::size_t kLookNow = 4;  // a system call each
constexpr std::size_t kSpares = 64;
constexpr std::size_t kSpareBody = 4096;
// A peer that waits for its answer is watched from then on: what the store is quick with costs no system call.
constexpr std::chrono::milliseconds kWatchAfter{250};
// Without a descriptor for somebody new, and with nobody whose going could free one, it is tried again after this.
constexpr std::chrono::seconds kAcceptPause{1};

template <Connection::Hook Connection::*hook>
using ConnectionList = boost::intrusive::list<Connection, boost::intrusive::member_hook<Connection, Connection::Hook, hook>,
                                              boost::intrusive::constant_time_size<false>>;

std::uint64_t bytes_received(int fd) {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
    return info.tcpi_bytes_received;
}

struct Door {
    Door(base::Loop& l, base::Log& g, RequestIds& i, HttpDesk& d, DoorLimits m, HttpWatch* w)
        : loop(l), log(g), ids(i), desk(d), limits(m), watch_answers(w) {}

    base::Loop& loop;
    base::Log& log;
    RequestIds& ids;
    HttpDesk& desk;
    DoorLimits limits;
    HttpWatch* watch_answers;  // null: nobody does
    std::shared_ptr<const Certificate> certificate;  // for who comes from now on; null: no TLS
    std::string address;
    base::Fd listen_fd;
    base::Fd going;  // epoll of suspended connections: tells when their peer has gone, or goes on shaking hands
    MHD_Daemon* mhd = nullptr;
    std::unique_ptr<base::Loop::Watch> watch;
    std::unique_ptr<base::Loop::Watch> going_watch;
    std::unordered_map<std::uint64_t, Connection*> waiting;   // suspended, by exchange id
    std::unordered_map<std::uint64_t, Connection*> greeting;  // suspended in a handshake, by their own id
    Exchange* asking = nullptr;                              // the desk is serving it at this moment
    std::vector<std::unique_ptr<Exchange>> spares;           // to be used again
    base::Instant turn{};                                    // the time of this pump
    std::size_t held = 0;  // bytes of bodies, each until its exchange is over
    std::size_t open = 0;  // connections
    RequestRate rate;
    bool some_closed = false;  // in this turn
    bool pump_posted = false;
    bool listening = true;  // afterwards the number of the listener's descriptor may be another's
    ConnectionList<&Connection::shaking> shaking;
    ConnectionList<&Connection::rested> rested;  // whose answer is written and whose next request has not begun
    struct Rest final : base::TimerHook {
        explicit Rest(Door& d) : door(d) {}
        void on_due(base::Instant) override { door.close_half_closed(SIZE_MAX); }
        Door& door;
    };
    Rest rest{*this};
    struct Pause final : base::TimerHook {
        explicit Pause(Door& d) : door(d) {}
        void on_due(base::Instant) override { door.listen(); }
        Door& door;
    };
    Pause pause{*this};  // until the next try to accept
    std::weak_ptr<Door> self;

    void pump();
    void pump_soon();
    void listen();
    [[nodiscard]] bool somebody_waits() const;
    void arm(Connection& c, Connection::Waits waits, std::chrono::milliseconds time) {
        c.waits = waits;
        c.deadline = turn + time;
        if (!c.armed() || c.due() > c.deadline) loop.wheel().arm(c, c.deadline);
    }
    void idle(Connection& c) {
        c.idle_since = turn;
        c.bytes_when_idle.reset();
        arm(c, Connection::Waits::head, std::min(limits.head_time, limits.idle_time));
    }
    std::unique_ptr<Exchange> fresh() {
        if (spares.empty()) return std::make_unique<Exchange>();
        auto exchange = std::move(spares.back());
        spares.pop_back();
        return exchange;
    }
    void hold(Exchange& e, std::size_t bytes) {
        e.held += bytes;
        held += bytes;
    }
    void let_go(Exchange& e) { held -= std::exchange(e.held, 0); }
    void spare(std::unique_ptr<Exchange> exchange) {
        let_go(*exchange);
        if (spares.size() >= kSpares || exchange->request.body.capacity() > kSpareBody) return;
        exchange->clear();
        spares.push_back(std::move(exchange));
    }
    MHD_Result answer_now(Connection& c, Exchange& e);
    MHD_Result refuse(Connection& c, Exchange& e, base::Response response);
    MHD_Result on_head(Connection& c, Exchange& e, const char* method, const char* version);
    void take_body(Exchange& e, std::string_view piece);
    void ask(Connection& c, Exchange& e);
    void suspend(Connection& c, Exchange& e);
    void watch_peer(Connection& c);
    void answered(std::uint64_t id, base::Response response);
    void peers_moved();
    void look_at_handshakes();
    void resume_handshake(Connection& c);
    void close_half_closed(std::size_t most);
};

gnutls_session_t session_of(const Connection& c) {
    return static_cast<gnutls_session_t>(
        MHD_get_connection_info(c.mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session);
}

// Whether there is nothing to shake hands about any more.
bool is_in_session(const Connection& c) {
    if (!c.certificate) return true;
    char* suite = gnutls_session_get_desc(session_of(c));  // null before
    const bool agreed = suite != nullptr;
    gnutls_free(suite);
    return agreed;
}

void Connection::on_due(base::Instant due) {
    if (due < deadline) return door.loop.wheel().arm(*this, deadline);
    if (waits == Waits::answer) return door.watch_peer(*this);
    if (exchange && exchange->answer) return;  // is about to be sent, which arms it
    // Nothing of a next request has come: an idle connection may stay until its idle time is over. Some clients keep
    // one open, silent, for a whole session (rvp-in-practice 1.0).
    bool silent = waits == Waits::head && !exchange && is_in_session(*this);
    if (silent) {
        const std::uint64_t bytes = bytes_received(fd);
        silent = bytes_when_idle.value_or(bytes) == bytes;
        bytes_when_idle = bytes;
    }
    if (silent && due < idle_since + door.limits.idle_time) {
        deadline = std::min<base::Instant>(due + door.limits.head_time, idle_since + door.limits.idle_time);
        return door.loop.wheel().arm(*this, deadline);
    }
    shutdown(fd, SHUT_RDWR);  // libmicrohttpd notices and closes
}

void Door::listen() {
    watch = loop.watch_readable(MHD_get_daemon_info(mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, [this] { pump(); });
}

bool a_descriptor_is_left() {
    return static_cast<bool>(base::Fd(eventfd(0, EFD_CLOEXEC)));
}

// Whether somebody is waiting at the door: since no descriptor was left for him, or because he has come just now.
bool Door::somebody_waits() const {
    if (!listening || open > 0) return false;  // then it waits by itself until one of them is closed
    pollfd asked{MHD_get_daemon_info(mhd, MHD_DAEMON_INFO_LISTEN_FD)->listen_fd, POLLIN, 0};
    return poll(&asked, 1, 0) > 0 && (asked.revents & POLLIN) != 0;
}

void Door::pump() {
    pump_posted = false;
    turn = loop.clock().now();
    some_closed = false;
    MHD_run(mhd);
    look_at_handshakes();
    // At a limit libmicrohttpd listens no more, and looks whether it may again when it begins its next run.
    if (some_closed) return pump_soon();
    if (somebody_waits()) {
        if (a_descriptor_is_left()) return pump_soon();
        watch.reset();
        return loop.wheel().arm(pause, turn + kAcceptPause);
    }
    unsigned long long wait_ms = 1;
    if (MHD_get_timeout(mhd, &wait_ms) == MHD_YES && wait_ms == 0) return pump_soon();
    close_half_closed(kLookNow);
    if (!rested.empty() && !rest.armed()) loop.wheel().arm(rest, turn);
}

// `nc -N` and the like shut their side once the request is sent and wait for us to close. libmicrohttpd takes no
// second look at a socket whose end came together with the request, so we do: at once for a few, so that a person does
// not wait; under load at the next tick, when most have gone on to their next request anyway.
void Door::close_half_closed(std::size_t most) {
    for (; most > 0 && !rested.empty(); --most) {
        Connection& c = rested.front();
        rested.pop_front();
        char next;
        if (!c.exchange && recv(c.fd, &next, 1, MSG_PEEK | MSG_DONTWAIT) == 0) shutdown(c.fd, SHUT_RDWR);
    }
}

void Door::pump_soon() {
    if (pump_posted) return;
    pump_posted = true;
    loop.post([weak = self] {
        if (const auto door = weak.lock()) door->pump();
    });
}

MHD_Result Door::answer_now(Connection& c, Exchange& e) {
    base::Response response = std::move(*e.answer);
    e.answer.reset();
    arm(c, Connection::Waits::client, limits.body_time);
    if (watch_answers) watch_answers->answered(e.request, response, base::stopwatch() - e.began);
    e.written = std::move(response.written);
    hold(e, response.body.size());
    MHD_Response* out = MHD_create_response_from_buffer(response.body.size(), response.body.data(), MHD_RESPMEM_MUST_COPY);
    if (!out) return MHD_NO;
    for (const base::HttpHeader& h : response.headers) MHD_add_response_header(out, h.name.c_str(), h.value.c_str());
    // Chunks and trailers libmicrohttpd reads more generously than others do, so nobody's next request follows them.
    const bool close = response.after == base::AfterAnswer::close || e.chunked;
    if (close) MHD_add_response_header(out, "Connection", "close");
    const MHD_Result queued = MHD_queue_response(e.mhd, static_cast<unsigned>(response.status), out);
    MHD_destroy_response(out);
    return queued;
}

MHD_Result Door::refuse(Connection& c, Exchange& e, base::Response response) {
    response.after = base::AfterAnswer::close;
    e.asked = true;
    e.answer = std::move(response);
    return answer_now(c, e);
}

struct Head {
    Exchange& exchange;
    HeadLayout layout;
};

MHD_Result collect_header(void* cls, MHD_ValueKind, const char* name, std::size_t name_size, const char* value,
                          std::size_t value_size) {
    auto& head = *static_cast<Head*>(cls);
    head.layout.header(name, name_size, value, value_size);
    Exchange& e = head.exchange;
    if (e.headers == e.request.headers.size()) e.request.headers.emplace_back();
    base::HttpHeader& header = e.request.headers[e.headers++];
    header.name.assign(name, name_size);
    header.value.assign(value ? value : "", value ? value_size : 0);
    e.head_bytes += name_size + value_size + 4;
    return MHD_YES;
}

MHD_Result Door::on_head(Connection& c, Exchange& e, const char* method, const char* version) {
    e.head_seen = true;
    if (!rate.admits(c.peer, turn, limits.requests_per_address)) {
        base::Response response = desk.refusal({base::Errc::busy, "too many requests in a second from this address (limits.requests_per_address)"});
        return refuse(c, e, std::move(response.with("Retry-After", "1")));
    }
    Head head{e, HeadLayout(method, e.target, e.request.target.size(), version)};
    MHD_get_connection_values_n(e.mhd, MHD_HEADER_KIND, collect_header, &head);
    e.request.headers.resize(e.headers);
    if (e.request.headers.size() > limits.headers || e.head_bytes + e.request.target.size() > limits.head_bytes) {
        base::Response response = desk.refusal({base::Errc::malformed, "the head has too many headers or bytes (limits.headers, limits.head_bytes)"});
        response.status = 431;
        return refuse(c, e, std::move(response));
    }
    const std::size_t size = MHD_get_connection_info(e.mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
    if (const auto whole = head.layout.fills(size); !whole) return refuse(c, e, desk.refusal(whole.error()));
    const auto framing = check_framing(e.request, e.version);
    if (!framing) return refuse(c, e, desk.refusal(framing.error()));
    if (framing->content_length > limits.drain_bytes) {
        return refuse(c, e, desk.refusal({base::Errc::too_large, "the body is over " + std::to_string(limits.body_bytes) + " bytes (limits.body_bytes)"}));
    }
    e.chunked = framing->chunked;
    arm(c, Connection::Waits::body, limits.body_time);
    return MHD_YES;
}

// A body is kept up to the limit of one and to that of all together; what is beyond them is read and thrown away, so
// that the client can read its 413 or 503.
void Door::take_body(Exchange& e, std::string_view piece) {
    if (e.received > limits.body_bytes || e.crowded_out) return;
    if (held + piece.size() > limits.bodies_bytes) {
        e.crowded_out = true;
        e.request.body = {};
        return let_go(e);
    }
    hold(e, piece.size());
    e.request.body.append(piece);
}

void Door::ask(Connection& c, Exchange& e) {
    e.asked = true;
    const std::uint64_t id = e.id;
    const auto pay = [weak = self, id](base::Response response) {
        if (const auto door = weak.lock()) door->answered(id, std::move(response));
    };
    base::Responder responder(pay, [weak = self, id] {
        if (const auto door = weak.lock()) {
            door->log.error("request-unanswered", {{"request", request_name(id)}});
            door->answered(id, door->desk.refusal({base::Errc::internal, "the server forgot to answer; this is a bug"}));
        }
    });
    asking = &e;
    if (e.received > limits.body_bytes) {
        responder(desk.refusal({base::Errc::too_large, "the body is over " + std::to_string(limits.body_bytes) + " bytes (limits.body_bytes)"}));
    } else if (e.crowded_out || held > limits.bodies_bytes) {
        base::Response full = desk.refusal({base::Errc::busy, "bodies and answers hold all the memory they may (limits.bodies_bytes)"});
        responder(std::move(full.with("Retry-After", "1")));
    } else {
        desk.serve(e.request, std::move(responder));
    }
    asking = nullptr;
    if (!e.answer) suspend(c, e);
}

void Door::suspend(Connection& c, Exchange& e) {
    e.suspended = true;
    waiting.emplace(e.id, &c);
    MHD_suspend_connection(e.mhd);
    arm(c, Connection::Waits::answer, kWatchAfter);
}

void Door::watch_peer(Connection& c) {
    c.exchange->watched = true;
    epoll_event event{};  // no events asked for: only that both directions are gone (HUP, ERR) is told
    event.data.u64 = c.exchange->id;
    epoll_ctl(going.get(), EPOLL_CTL_ADD, c.fd, &event);
}

void Door::answered(std::uint64_t id, base::Response response) {
    if (asking && asking->id == id) {  // on_access sends it when the desk returns
        asking->answer = std::move(response);
        return;
    }
    const auto it = waiting.find(id);
    if (it == waiting.end()) return;  // its peer has gone meanwhile
    Connection& c = *it->second;
    waiting.erase(it);
    Exchange& e = *c.exchange;
    e.answer = std::move(response);
    e.suspended = false;
    if (e.watched) epoll_ctl(going.get(), EPOLL_CTL_DEL, c.fd, nullptr);
    c.waits = Connection::Waits::client;  // and no longer for us
    MHD_resume_connection(e.mhd);
    pump_soon();
}

// As long as a handshake lasts, libmicrohttpd 0.9.75 takes its connection for readable and runs without end. So it is
// suspended until its peer says the next word.
void Door::look_at_handshakes() {
    while (!shaking.empty()) {
        Connection& c = shaking.front();
        shaking.pop_front();
        if (is_in_session(c)) continue;
        const auto id = std::to_underlying(c.id);
        greeting.emplace(id, &c);
        MHD_suspend_connection(c.mhd);
        epoll_event event{};
        event.events = gnutls_record_get_direction(session_of(c)) == 0 ? EPOLLIN | EPOLLRDHUP : EPOLLOUT;
        event.data.u64 = id;
        epoll_ctl(going.get(), EPOLL_CTL_ADD, c.fd, &event);
    }
}

void Door::resume_handshake(Connection& c) {
    greeting.erase(std::to_underlying(c.id));
    epoll_ctl(going.get(), EPOLL_CTL_DEL, c.fd, nullptr);
    shaking.push_back(c);
    MHD_resume_connection(c.mhd);
    pump_soon();
}

void Door::peers_moved() {
    std::array<epoll_event, 64> events;
    const int count = epoll_wait(going.get(), events.data(), events.size(), 0);
    for (int i = 0; i < count; ++i) {
        const std::uint64_t id = events[static_cast<std::size_t>(i)].data.u64;
        if (const auto it = greeting.find(id); it != greeting.end()) {
            resume_handshake(*it->second);
            continue;
        }
        base::Response nobody_reads;
        nobody_reads.status = 503;
        nobody_reads.after = base::AfterAnswer::close;
        answered(id, std::move(nobody_reads));
    }
}

// -- what libmicrohttpd calls: C, so nothing may be thrown through

Connection* connection_of(MHD_Connection* mhd) {
    const MHD_ConnectionInfo* info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? static_cast<Connection*>(info->socket_context) : nullptr;
}

void on_connection(void* cls, MHD_Connection* mhd, void** context, MHD_ConnectionNotificationCode code) noexcept {
    auto& door = *static_cast<Door*>(cls);
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        auto* c = static_cast<Connection*>(*context);
        if (c && c->exchange) {
            door.waiting.erase(c->exchange->id);
            door.let_go(*c->exchange);
        }
        if (c && c->certificate) door.greeting.erase(std::to_underlying(c->id));
        if (c) door.desk.closed(c->id);
        --door.open;
        door.some_closed = true;
        delete c;  // owned by libmicrohttpd's connection from STARTED to CLOSED
        *context = nullptr;
        return;
    }
    ++door.open;
    auto c = std::make_unique<Connection>(door);
    c->id = base::ConnectionId(door.ids.next());
    c->mhd = mhd;
    c->certificate = door.certificate;
    if (c->certificate) door.shaking.push_back(*c);
    c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    c->peer = base::IpAddress::from(*MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
    door.idle(*c);
    if (!c->certificate) c->bytes_when_idle = 0;  // with TLS a silent client has sent its handshake
    *context = c.release();
}

void* on_uri(void* cls, const char* uri, MHD_Connection* mhd) noexcept {
    auto& door = *static_cast<Door*>(cls);
    Connection* c = connection_of(mhd);
    c->exchange = door.fresh();
    Exchange& e = *c->exchange;
    e.id = door.ids.next();
    c->rested.unlink();
    e.mhd = mhd;
    e.began = base::stopwatch();
    e.target = uri;
    e.request.target = uri;
    e.request.peer = c->peer;
    e.request.tls = c->certificate != nullptr;
    e.request.connection = c->id;
    e.request.id = e.id;
    door.arm(*c, Connection::Waits::head, door.limits.head_time);
    return &e;
}

MHD_Result on_access(void* cls, MHD_Connection* mhd, const char*, const char* method, const char* version,
                     const char* upload, std::size_t* upload_size, void**) noexcept {
    auto& door = *static_cast<Door*>(cls);
    Connection& c = *connection_of(mhd);
    Exchange& e = *c.exchange;
    if (!e.head_seen) {
        e.request.method = method;
        e.version = version;
        e.request.minor_version = e.version == "HTTP/1.0" ? 0 : 1;
        return door.on_head(c, e, method, version);
    }
    if (*upload_size > 0) {
        e.received += *upload_size;
        if (e.received > door.limits.drain_bytes) return MHD_NO;  // cuts the connection
        door.take_body(e, {upload, *upload_size});
        *upload_size = 0;
        return MHD_YES;
    }
    if (!e.asked) door.ask(c, e);
    return e.answer ? door.answer_now(c, e) : MHD_YES;
}

void on_completed(void* cls, MHD_Connection* mhd, void**, MHD_RequestTerminationCode how) noexcept {
    auto& door = *static_cast<Door*>(cls);
    Connection* c = connection_of(mhd);
    if (!c || !c->exchange) return;
    door.waiting.erase(c->exchange->id);
    if (auto written = std::move(c->exchange->written)) written(how == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    door.spare(std::move(c->exchange));
    door.idle(*c);
    // With TLS libmicrohttpd reads on until nothing is left, and meets the end by itself.
    if (!c->certificate && !c->rested.is_linked()) door.rested.push_back(*c);
}

// Which certificate is shown to somebody who begins a handshake: that of his connection, which keeps it alive.
int on_handshake(gnutls_session_t session, const gnutls_datum_t*, int, const gnutls_pk_algorithm_t*, int,
                 gnutls_pcert_st** chain, unsigned* size, gnutls_privkey_t* key) noexcept {
    const Connection* c = connection_of(static_cast<MHD_Connection*>(gnutls_session_get_ptr(session)));
    const Certificate::Pair pair = c->certificate->pair();
    *chain = pair.chain;
    *size = pair.size;
    *key = pair.key;
    return 0;
}

std::size_t keep_escapes(void*, MHD_Connection*, char* text) noexcept { return std::char_traits<char>::length(text); }

void on_log(void* cls, const char* format, va_list args) noexcept {
    std::array<char, 512> line{};
    std::vsnprintf(line.data(), line.size(), format, args);
    static_cast<Door*>(cls)->log.debug("libmicrohttpd", {{"says", line.data()}});
}

// What libmicrohttpd is told besides when it is to speak TLS. What is older than TLS 1.2 is refused (RFC 8996).
constexpr char kTlsPriorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE";

std::array<MHD_OptionItem, 3> tls_options(bool tls) {
    const MHD_OptionItem end{MHD_OPTION_END, 0, nullptr};
    if (!tls) return {end, end, end};
    return {MHD_OptionItem{MHD_OPTION_HTTPS_CERT_CALLBACK, 0, reinterpret_cast<void*>(&on_handshake)},
            MHD_OptionItem{MHD_OPTION_HTTPS_PRIORITIES, 0, const_cast<char*>(kTlsPriorities)}, end};
}

}  // namespace

struct HttpDoor::Parts {
    explicit Parts(std::shared_ptr<Door> d) : door(std::move(d)) {}
    std::shared_ptr<Door> door;
};

HttpDoor::HttpDoor(base::Loop& loop, base::Log& log, RequestIds& ids, HttpDesk& desk, Listener listener,
                   DoorLimits limits, HttpWatch* watch, std::shared_ptr<const Certificate> certificate)
    : parts_(std::make_shared<Parts>(std::make_shared<Door>(loop, log, ids, desk, limits, watch))) {
    Door& door = *parts_->door;
    door.self = parts_->door;
    door.address = listener.address;
    door.listen_fd = std::move(listener.fd);
    door.certificate = std::move(certificate);
    door.going = base::Fd(epoll_create1(EPOLL_CLOEXEC));
    // The pool holds the head, its table of headers and the head of the answer; libmicrohttpd answers 431 itself when a
    // head outgrows it. It is zeroed for each request, and what 64 connections zero does not stay in a core's cache.
    constexpr std::size_t kBeside = 5120;
    const std::size_t pool = limits.head_bytes + kBeside;
    const bool tls = door.certificate != nullptr;
    auto options = tls_options(tls);
    door.mhd = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | (tls ? MHD_USE_TLS : 0), 0, nullptr, nullptr, on_access, &door,
        MHD_OPTION_EXTERNAL_LOGGER, on_log, &door, MHD_OPTION_LISTEN_SOCKET, door.listen_fd.get(),
        MHD_OPTION_CONNECTION_LIMIT, limits.connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        limits.connections_per_address, MHD_OPTION_CONNECTION_MEMORY_LIMIT, pool, MHD_OPTION_STRICT_FOR_CLIENT, 0,
        MHD_OPTION_URI_LOG_CALLBACK, on_uri, &door, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, nullptr,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, &door, MHD_OPTION_NOTIFY_CONNECTION, on_connection, &door,
        MHD_OPTION_ARRAY, options.data(), MHD_OPTION_END);
    if (!door.mhd) throw std::runtime_error("libmicrohttpd could not start on " + door.address);
    (void)door.listen_fd.release();  // libmicrohttpd closes it
    door.listen();
    door.going_watch = loop.watch_readable(door.going.get(), [&door] { door.peers_moved(); });
}

HttpDoor::~HttpDoor() {
    Door& door = *parts_->door;
    door.watch.reset();
    door.going_watch.reset();
    // A suspended connection must be resumed before the daemon may stop.
    while (!door.greeting.empty()) door.resume_handshake(*door.greeting.begin()->second);
    while (!door.waiting.empty()) {
        base::Response stopping = door.desk.refusal({base::Errc::busy, "the server is stopping"});
        stopping.after = base::AfterAnswer::close;
        door.answered(door.waiting.begin()->first, std::move(stopping));
    }
    MHD_run(door.mhd);
    MHD_stop_daemon(door.mhd);
}

const std::string& HttpDoor::address() const { return parts_->door->address; }

void HttpDoor::change(const DoorLimits& limits) {
    Door& door = *parts_->door;
    const std::size_t head_bytes = door.limits.head_bytes;
    door.limits = limits;
    door.limits.head_bytes = head_bytes;  // libmicrohttpd has made its pools for that
}

void HttpDoor::renew(std::shared_ptr<const Certificate> certificate) {
    Door& door = *parts_->door;
    if (door.certificate) door.certificate = std::move(certificate);
}

void HttpDoor::stop_listening() {
    parts_->door->listening = false;
    const base::Fd closed(MHD_quiesce_daemon(parts_->door->mhd));
}

bool HttpDoor::owes() const { return !parts_->door->waiting.empty() || busy(); }

bool HttpDoor::busy() const {
    const Door& door = *parts_->door;
    std::array<pollfd, 2> descriptors{{{MHD_get_daemon_info(door.mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, POLLIN, 0},
                                       {door.going.get(), POLLIN, 0}}};
    return door.pump_posted || poll(descriptors.data(), descriptors.size(), 0) > 0;
}

}  // namespace server

// libmicrohttpd asks these two functions of its own for each status line. Defining them here puts our words in their
// place: the linker takes the program's definition before the library's.
extern "C" {
const char* MHD_get_reason_phrase_for(unsigned int code) { return server::reason_phrase(code).data(); }
std::size_t MHD_get_reason_phrase_len_for(unsigned int code) { return server::reason_phrase(code).size(); }
}
