// server/http_door_waiting.cc: connections that libmicrohttpd has laid aside, until their answer or their peer comes.
// SPDX-License-Identifier: Apache-2.0
#include "server/http_door_waiting.h"

#include <microhttpd.h>
#include <sys/epoll.h>

#include <array>
#include <utility>

#include "server/http_door_tls.h"

namespace server {
namespace {

// A connection that is laid aside was last waiting to be read, and libmicrohttpd reads it first when it is taken up
// again: the end of what a peer sends (nc -N) would then pass for the end of the connection, and the answer that is
// there be thrown away. One that has a time limit of its own is looked at before anything is read, and so gets its
// answer. The limit itself is never reached: it is taken off with the answer.
constexpr unsigned kLookedAtFirst = 3600;

}  // namespace

Waiting::Waiting() : going_(epoll_create1(EPOLL_CLOEXEC)) {}

void Waiting::suspend(Connection& c) {
    c.exchange->suspended = true;
    answers_.emplace(c.exchange->id, &c);
    MHD_suspend_connection(c.mhd);
}

Connection* Waiting::resume(std::uint64_t id) {
    const auto it = answers_.find(id);
    if (it == answers_.end()) return nullptr;
    Connection& c = *it->second;
    answers_.erase(it);
    c.exchange->suspended = false;
    if (c.exchange->watched) epoll_ctl(going_.get(), EPOLL_CTL_DEL, c.fd, nullptr);
    MHD_set_connection_option(c.mhd, MHD_CONNECTION_OPTION_TIMEOUT, kLookedAtFirst);
    MHD_resume_connection(c.mhd);
    return &c;
}

void Waiting::taken_up(Connection& c) { MHD_set_connection_option(c.mhd, MHD_CONNECTION_OPTION_TIMEOUT, 0U); }

void Waiting::watch_peer(Connection& c) {
    c.exchange->watched = true;
    epoll_event event{};  // no events asked for: only that both directions are gone (HUP, ERR) is told
    event.data.u64 = c.exchange->id;
    epoll_ctl(going_.get(), EPOLL_CTL_ADD, c.fd, &event);
}

void Waiting::look_at_handshakes() {
    while (!shaking_.empty()) {
        Connection& c = shaking_.front();
        shaking_.pop_front();
        if (c.in_session()) continue;
        const auto id = std::to_underlying(c.id);
        greeting_.emplace(id, &c);
        MHD_suspend_connection(c.mhd);
        epoll_event event{};
        event.events = shakes_by_writing(c.mhd) ? EPOLLOUT : EPOLLIN | EPOLLRDHUP;
        event.data.u64 = id;
        epoll_ctl(going_.get(), EPOLL_CTL_ADD, c.fd, &event);
    }
}

void Waiting::resume_handshake(Connection& c) {
    greeting_.erase(std::to_underlying(c.id));
    epoll_ctl(going_.get(), EPOLL_CTL_DEL, c.fd, nullptr);
    shaking_.push_back(c);
    MHD_resume_connection(c.mhd);
}

void Waiting::resume_handshakes() {
    while (!greeting_.empty()) resume_handshake(*greeting_.begin()->second);
}

void Waiting::forget(const Connection& c) {
    if (c.exchange) forget(*c.exchange);
    if (c.certificate) greeting_.erase(std::to_underlying(c.id));
}

Waiting::Moved Waiting::moved() {
    Moved moved;
    std::array<epoll_event, 64> events;
    const int count = epoll_wait(going_.get(), events.data(), events.size(), 0);
    for (int i = 0; i < count; ++i) {
        const std::uint64_t id = events[static_cast<std::size_t>(i)].data.u64;
        if (const auto it = greeting_.find(id); it != greeting_.end()) {
            resume_handshake(*it->second);
            moved.resumed = true;
        } else {
            moved.gone.push_back(id);
        }
    }
    return moved;
}

}  // namespace server
