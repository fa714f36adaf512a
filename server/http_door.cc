// server/http_door.cc: libmicrohttpd <-> base/http.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (framing), 8, 9 (wire, [tls])
//
// A request's steps: uri() makes its Exchange; on_access() is called once with the head (framing is judged), once per
// piece of body, and once at its end (the desk is asked). An answer that is not there by then suspends the
// connection; paying the Responder resumes it, and libmicrohttpd calls on_access() again, which finds the answer.
// libmicrohttpd sends an answer as soon as it is given one. What Sending puts off it is not given yet, and asks for in each of
// its next runs.
#include "server/http_door.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <poll.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "base/stopwatch.h"
#include "server/http_door_inside.h"
#include "server/http_door_tls.h"
#include "server/http_reason.h"

namespace server {
namespace {

// -- what libmicrohttpd calls: C, so nothing may be thrown through

Connection* connection_of(MHD_Connection* mhd) {
    const MHD_ConnectionInfo* info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? static_cast<Connection*>(info->socket_context) : nullptr;
}

void on_connection(void* cls, MHD_Connection* mhd, void** context, MHD_ConnectionNotificationCode code) noexcept {
    auto& door = *static_cast<Door*>(cls);
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        auto* c = static_cast<Connection*>(*context);
        if (c) {
            door.waiting.forget(*c);
            if (c->exchange) door.exchanges.let_go(*c->exchange);
            door.desk.closed(c->id);
        }
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
    if (c->certificate) door.waiting.shake(*c);
    c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    c->peer = base::IpAddress::from(*MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
    door.idle(*c);
    if (!c->certificate) c->bytes_when_idle = 0;  // with TLS a silent client has sent its handshake
    *context = c.release();
}

void* on_uri(void* cls, const char* uri, MHD_Connection* mhd) noexcept {
    auto& door = *static_cast<Door*>(cls);
    Connection* c = connection_of(mhd);
    c->exchange = door.exchanges.fresh();
    Exchange& e = *c->exchange;
    e.id = door.ids.next();
    e.mhd = mhd;
    e.began = base::stopwatch();
    e.target = uri;
    e.request.target = uri;
    door.desk.comes(e.request.target, HttpDesk::Coming::target);
    e.request.peer = c->peer;
    e.request.tls = c->certificate != nullptr;
    e.request.connection = c->id;
    e.request.id = e.id;
    door.arm(*c, Connection::Waits::head, door.limits.head_time);
    if (!c->certificate) door.resting.add(*c);
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
        if (door.trust && c.certificate) {
            if (!std::exchange(c.seen, true)) c.shown = shown_by(mhd, door.trust);
            e.request.shown = c.shown;
        }
        return door.on_head(c, e, method, version) ? MHD_YES : MHD_NO;
    }
    if (*upload_size > 0) {
        if (!door.exchanges.take_body(e, {upload, *upload_size}, door.limits)) return MHD_NO;  // cuts the connection
        *upload_size = 0;
        if (!c.certificate) door.resting.add(c);
        return MHD_YES;
    }
    if (!e.asked) {
        door.ask(c, e);
        if (e.answer && door.puts_off(e)) return MHD_YES;
    } else if (e.put_off) {
        if (!door.sending.sends() && !door.ending) return MHD_YES;
    } else {
        Waiting::taken_up(c);
    }
    return !e.answer || door.answer_now(c, e) ? MHD_YES : MHD_NO;
}

void on_completed(void* cls, MHD_Connection* mhd, void**, MHD_RequestTerminationCode how) noexcept {
    auto& door = *static_cast<Door*>(cls);
    Connection* c = connection_of(mhd);
    if (!c || !c->exchange) return;
    door.waiting.forget(*c->exchange);
    if (c->exchange->put_off) door.sending.let_go();
    if (auto written = std::move(c->exchange->written)) written(how == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    door.exchanges.spare(std::move(c->exchange));
    door.idle(*c);
    // With TLS libmicrohttpd reads on until nothing is left, and meets the end by itself.
    if (!c->certificate) door.resting.add(*c);
}

// Which certificate is shown to somebody who begins a handshake: that of his connection, which keeps it alive.
int on_handshake(gnutls_session_t session, const gnutls_datum_t*, int, const gnutls_pk_algorithm_t*, int,
                 gnutls_pcert_st** chain, unsigned* size, gnutls_privkey_t* key) noexcept {
    const Connection* c = connection_of(static_cast<MHD_Connection*>(gnutls_session_get_ptr(session)));
    const Certificate::Pair pair = c->certificate->pair();
    if (static_cast<const Door&>(c->deadlines).trust) ask_for_certificate(session);
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
                   DoorLimits limits, HttpWatch* watch, std::shared_ptr<const Certificate> certificate, std::shared_ptr<const PeerTrust> trust)
    : parts_(std::make_shared<Parts>(std::make_shared<Door>(loop, log, ids, desk, limits, watch))) {
    Door& door = *parts_->door;
    door.self = parts_->door;
    door.address = listener.address;
    door.listen_fd = std::move(listener.fd);
    door.certificate = std::move(certificate);
    door.trust = std::move(trust);
    // libmicrohttpd answers 431 itself when a head outgrows the pool. It is zeroed for each request, and what 64
    // connections zero does not stay in a core's cache.
    const std::size_t pool = limits.head_bytes + kPoolBesideHead;
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
    door.waiting_watch = loop.watch_readable(door.waiting.fd(), [&door] { door.peers_moved(); });
}

HttpDoor::~HttpDoor() {
    Door& door = *parts_->door;
    door.watch.reset();
    door.waiting_watch.reset();
    door.ending = true;
    // A suspended connection must be resumed before the daemon may stop.
    door.waiting.resume_handshakes();
    while (door.waiting.somebody()) {
        base::Response stopping = door.desk.refusal({base::Errc::busy, "the server is stopping"});
        stopping.after = base::AfterAnswer::close;
        door.answered(door.waiting.any(), std::move(stopping));
    }
    MHD_run(door.mhd);  // takes the answers
    MHD_run(door.mhd);  // sends them
    MHD_stop_daemon(door.mhd);
}

const std::string& HttpDoor::address() const { return parts_->door->address; }

void HttpDoor::change(const DoorLimits& limits) {
    Door& door = *parts_->door;
    const std::size_t head_bytes = door.limits.head_bytes;
    door.limits = limits;
    door.limits.head_bytes = head_bytes;  // libmicrohttpd has made its pools for that
}

void HttpDoor::renew(std::shared_ptr<const Certificate> certificate, std::shared_ptr<const PeerTrust> trust) {
    Door& door = *parts_->door;
    if (door.trust && trust) door.trust = std::move(trust);
    if (door.certificate) door.certificate = std::move(certificate);
}

void HttpDoor::stop_listening() {
    parts_->door->listening = false;
    const base::Fd closed(MHD_quiesce_daemon(parts_->door->mhd));
}

bool HttpDoor::owes() const { return parts_->door->waiting.somebody() || busy(); }

bool HttpDoor::busy() const {
    const Door& door = *parts_->door;
    pollfd moved{door.waiting.fd(), POLLIN, 0};
    return door.pump_posted || door.something_came() || poll(&moved, 1, 0) > 0;
}

}  // namespace server

// libmicrohttpd asks these two functions of its own for each status line. Defining them here puts our words in their
// place: the linker takes the program's definition before the library's.
extern "C" {
const char* MHD_get_reason_phrase_for(unsigned int code) { return server::reason_phrase(code).data(); }
std::size_t MHD_get_reason_phrase_len_for(unsigned int code) { return server::reason_phrase(code).size(); }
}
