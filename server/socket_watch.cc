// server/socket_watch.cc: level-triggered epoll within the loop's.
// SPDX-License-Identifier: Apache-2.0
// Spec: performance (what follows from it, 1)
#include "server/socket_watch.h"

#include <sys/epoll.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace server {

namespace {
constexpr int kBatch = 256;  // then others on the loop get their turn
}

SocketWatch::SocketWatch(base::Loop& loop) : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    watch_ = loop.watch_readable(epoll_.get(), [this] { dispatch(); });
}

SocketWatch::~SocketWatch() = default;

bool SocketWatch::add(int fd, Ready& ready) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &ready;
    return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void SocketWatch::want_writable(int fd, Ready& ready, bool wanted) {
    epoll_event event{};
    event.events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.ptr = &ready;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);  // cannot fail for what was added
}

void SocketWatch::retire(std::shared_ptr<Ready> ready) {
    if (dispatching_) retired_.push_back(std::move(ready));
}

void SocketWatch::dispatch() {
    epoll_event events[kBatch];
    const int count = ::epoll_wait(epoll_.get(), events, kBatch, 0);
    dispatching_ = true;
    for (int i = 0; i < count; ++i) {
        auto& ready = *static_cast<Ready*>(events[i].data.ptr);
        if (events[i].events & EPOLLOUT) ready.on_writable();
        if (events[i].events & ~static_cast<unsigned>(EPOLLOUT)) ready.on_readable();
    }
    dispatching_ = false;
    retired_.clear();
}

}  // namespace server
