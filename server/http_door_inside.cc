// server/http_door_inside.cc: a door's connections come, its requests are served, its answers are sent.
// SPDX-License-Identifier: Apache-2.0
#include "server/http_door_inside.h"

#include <microhttpd.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <utility>

#include "base/stopwatch.h"
#include "server/http_door_answer.h"
#include "server/http_door_head.h"

namespace server {
namespace {

// A peer that waits for its answer is watched from then on: what the store is quick with costs no system call.
constexpr std::chrono::milliseconds kWatchAfter{250};
// Without a descriptor for somebody new, and with nobody whose going could free one, it is tried again after this.
constexpr std::chrono::seconds kAcceptPause{1};

bool a_descriptor_is_left() {
    return static_cast<bool>(base::Fd(eventfd(0, EFD_CLOEXEC)));
}

// -- an answer whose body comes bit by bit

constexpr std::size_t kPiece = 32 * 1024;

struct StreamedAnswer {
    Door& door;
    Connection& connection;
    std::uint64_t exchange;
    std::shared_ptr<base::BodySource> source;
};

// What libmicrohttpd calls: C, so nothing may be thrown through.
ssize_t read_streamed(void* cls, std::uint64_t, char* to, std::size_t most) noexcept {
    auto& answer = *static_cast<StreamedAnswer*>(cls);
    Door& door = answer.door;
    Waiting::taken_up(answer.connection);
    if (door.ending) return MHD_CONTENT_READER_END_WITH_ERROR;
    const auto size = answer.source->read(to, most, [weak = door.self, id = answer.exchange] {
        if (const auto still = weak.lock()) still->body_came(id);
    });
    if (!size) return MHD_CONTENT_READER_END_WITH_ERROR;
    if (*size == 0) {
        door.waiting.suspend(answer.connection);
        return 0;
    }
    door.arm(answer.connection, Connection::Waits::client, door.limits.body_time);
    return static_cast<ssize_t>(*size);
}

void drop_streamed(void* cls) noexcept { delete static_cast<StreamedAnswer*>(cls); }

/// For the exchange that `c` is in. While nothing is there to be sent, the connection is suspended. It is dropped with its
/// source when it is sent, or the connection closed. Null: no memory.
MHD_Response* streamed_answer(Door& door, Connection& c, base::Response& response, bool close) {
    const std::uint64_t size = response.source->size();
    auto answer = std::make_unique<StreamedAnswer>(door, c, c.exchange->id, std::move(response.source));
    MHD_Response* out = MHD_create_response_from_callback(size, kPiece, read_streamed, answer.get(), drop_streamed);
    if (!out) return nullptr;
    answer.release();  // drop_streamed() has it now
    add_headers(out, response.headers, close);
    return out;
}

// An answer that somebody at the door waits for.
struct Owed {
    std::weak_ptr<Door> door;
    std::uint64_t id;

    void operator()(base::Response&& response) const {
        if (const auto there = door.lock()) there->answered(id, std::move(response));
    }
    void unpaid() const {
        const auto there = door.lock();
        if (!there) return;
        there->log.error("request-unanswered", {{"request", request_name(id)}});
        there->answered(id, there->desk.refusal({base::Errc::internal, "the server forgot to answer; this is a bug"}));
    }
};

}  // namespace

void Door::listen() {
    watch = loop.watch_readable(MHD_get_daemon_info(mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, [this] { pump(); });
}

// Whether somebody is waiting at the door: since no descriptor was left for him, or because he has come just now.
bool Door::somebody_waits() const {
    if (!listening || open > 0) return false;  // then it waits by itself until one of them is closed
    pollfd asked{MHD_get_daemon_info(mhd, MHD_DAEMON_INFO_LISTEN_FD)->listen_fd, POLLIN, 0};
    return poll(&asked, 1, 0) > 0 && (asked.revents & POLLIN) != 0;
}

bool Door::something_came() const {
    pollfd asked{MHD_get_daemon_info(mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, POLLIN, 0};
    return poll(&asked, 1, 0) > 0;
}

void Door::pump() {
    pump_posted = false;
    begin_turn();
    some_closed = false;
    sending.begin_run([this] { return something_came(); });
    MHD_run(mhd);
    waiting.look_at_handshakes();
    // At a limit libmicrohttpd listens no more, and looks whether it may again when it begins its next run.
    if (some_closed) return pump_soon();
    if (somebody_waits()) {
        if (a_descriptor_is_left()) return pump_soon();
        watch.reset();
        return loop.wheel().arm(pause, turn() + kAcceptPause);
    }
    unsigned long long wait_ms = 1;
    if (MHD_get_timeout(mhd, &wait_ms) == MHD_YES && wait_ms == 0) return pump_soon();
    resting.look(turn());
}

void Door::pump_soon() {
    if (pump_posted) return;
    pump_posted = true;
    loop.post([weak = self] {
        if (const auto door = weak.lock()) door->pump();
    });
}

// One that comes bit by bit is counted with all that it may hold, or not begun.
void Door::make_room(Exchange& e, base::Response& response) {
    std::size_t size = response.source ? response.source->most_held() : response.body.capacity();
    if (response.source && exchanges.held() + size > limits.bodies_bytes) {
        response = no_room();
        size = response.body.capacity();
    }
    exchanges.hold(e, size);
}

base::Response Door::no_room() const {
    base::Response full = desk.refusal({base::Errc::busy, "bodies and answers hold all the memory they may (limits.bodies_bytes)"});
    full.with("Retry-After", "1");
    return full;
}

bool Door::puts_off(Exchange& e) {
    if (ending || !sending.puts_off()) return false;
    make_room(e, *e.answer);
    e.put_off = true;
    return true;
}

bool Door::answer_now(Connection& c, Exchange& e) {
    base::Response& response = *e.answer;
    if (std::exchange(e.put_off, false)) sending.let_go();
    else make_room(e, response);
    arm(c, Connection::Waits::client, limits.body_time);
    if (watch_answers) watch_answers->answered(e.request, response, base::stopwatch() - e.began);
    e.written = std::move(response.written);
    // Chunks and trailers libmicrohttpd reads more generously than others do, so nobody's next request follows them.
    const bool close = response.after == base::AfterAnswer::close || e.chunked;
    const auto status = static_cast<unsigned>(response.status);
    MHD_Result queued = MHD_NO;
    if (response.source) {
        MHD_Response* out = streamed_answer(*this, c, response, close);
        queued = MHD_queue_response(e.mhd, status, out);
        MHD_destroy_response(out);
    } else {
        queued = MHD_queue_response(e.mhd, status, e.prepared.of(response, close));
    }
    e.answer.reset();
    return queued == MHD_YES;
}

bool Door::refuse(Connection& c, Exchange& e, base::Response response) {
    response.after = base::AfterAnswer::close;
    e.asked = true;
    e.answer = std::move(response);
    return answer_now(c, e);
}

bool Door::on_head(Connection& c, Exchange& e, const char* method, const char* version) {
    e.head_seen = true;
    if (!rate.admits(c.peer, turn(), limits.requests_per_address)) {
        base::Response response = desk.refusal({base::Errc::busy, "too many requests in a second from this address (limits.requests_per_address)"});
        return refuse(c, e, std::move(response.with("Retry-After", "1")));
    }
    if (auto unsound = take_head(e, method, version, limits, desk)) return refuse(c, e, std::move(*unsound));
    desk.comes(e.request.target, HttpDesk::Coming::head);
    arm(c, Connection::Waits::body, limits.body_time);
    return true;
}

void Door::ask(Connection& c, Exchange& e) {
    e.asked = true;
    Resting::leave(c);
    base::Responder responder(Owed{self, e.id});
    asking = &e;
    if (e.received > limits.body_bytes) {
        responder(body_too_large(e.request, limits, desk));
    } else if (e.crowded_out || exchanges.held() > limits.bodies_bytes) {
        responder(no_room());
    } else {
        desk.serve(e.request, std::move(responder));
    }
    asking = nullptr;
    if (e.answer) return;
    waiting.suspend(c);
    arm(c, Connection::Waits::answer, kWatchAfter);
}

void Door::answered(std::uint64_t id, base::Response&& response) {
    if (asking && asking->id == id) {  // on_access sends it when the desk returns
        asking->answer = std::move(response);
        return;
    }
    Connection* c = waiting.resume(id);
    if (!c) return;  // its peer has gone meanwhile
    c->exchange->answer = std::move(response);
    c->waits = Connection::Waits::client;  // and no longer for us
    pump_soon();
}

void Door::body_came(std::uint64_t id) {
    if (waiting.resume(id)) pump_soon();
}

void Door::peers_moved() {
    const Waiting::Moved moved = waiting.moved();
    if (moved.resumed) pump_soon();
    for (const std::uint64_t id : moved.gone) {
        base::Response nobody_reads;
        nobody_reads.status = 503;
        nobody_reads.after = base::AfterAnswer::close;
        answered(id, std::move(nobody_reads));
    }
}

}  // namespace server
