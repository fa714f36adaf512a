// server/socket_watch.cc: an epoll within the loop's.
// SPDX-License-Identifier: Apache-2.0
// Spec: performance (what follows from it, 1)
#include "server/socket_watch.h"

#include <utility>  // Asio 1.74 forgets it

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <new>
#include <system_error>

namespace server {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr int kBatch = 256;  // then others on the loop get their turn
constexpr std::uint32_t kWatched = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
constexpr std::uint32_t kEnded = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

/// Room for the one handler that is under way; Asio's own cache is lost to whatever else runs on the loop.
class HandlerRoom {
public:
    void* take(std::size_t size) {
        if (taken_ || size > room_.size()) return ::operator new(size);
        taken_ = true;
        return room_.data();
    }
    void give_back(void* memory) {
        if (memory != room_.data()) return ::operator delete(memory);
        taken_ = false;
    }

private:
    alignas(std::max_align_t) std::array<std::byte, 512> room_;
    bool taken_ = false;
};

template <class T>
struct HandlerAllocator {
    using value_type = T;
    explicit HandlerAllocator(HandlerRoom& r) : room(&r) {}
    template <class U>
    HandlerAllocator(const HandlerAllocator<U>& other) : room(other.room) {}  // NOLINT: as the standard asks

    T* allocate(std::size_t count) { return static_cast<T*>(room->take(count * sizeof(T))); }
    void deallocate(T* memory, std::size_t) { room->give_back(memory); }
    template <class U>
    bool operator==(const HandlerAllocator<U>& other) const {
        return room == other.room;
    }

    HandlerRoom* room;
};

}  // namespace

/// What the loop calls. Lives on in a handler that the loop still has when the watch is gone.
struct SocketWatch::Waiting {
    Waiting(asio::io_context& io, SocketWatch& w, int fd) : descriptor(io, fd), watch(&w) {}

    struct Handler {
        using allocator_type = HandlerAllocator<void>;
        [[nodiscard]] allocator_type get_allocator() const { return allocator_type(state->room); }
        void operator()(const error_code& error) { run(error); }
        void operator()() { run({}); }
        void run(const error_code& error) {
            if (!state->watch) return;
            if (error) throw std::system_error(error.value(), std::generic_category(), "waiting for sockets");
            const bool more = state->watch->dispatch();
            if (state->watch) wait(std::move(state), more);
        }
        std::shared_ptr<Waiting> state;
    };

    /// `more`: something is left, of which there will be no new edge; again, once others had their turn.
    static void wait(std::shared_ptr<Waiting> state, bool more) {
        asio::posix::stream_descriptor& descriptor = state->descriptor;
        if (more) return asio::post(descriptor.get_executor(), Handler{std::move(state)});
        descriptor.async_wait(asio::posix::stream_descriptor::wait_read, Handler{std::move(state)});
    }

    HandlerRoom room;  // before all that may use it
    asio::posix::stream_descriptor descriptor;
    SocketWatch* watch;  // null once it is gone
};

SocketWatch::SocketWatch(base::Loop& loop) : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    waiting_ = std::make_shared<Waiting>(loop.io(), *this, epoll_.get());
    Waiting::wait(waiting_, false);
}

SocketWatch::~SocketWatch() {
    waiting_->watch = nullptr;
    waiting_->descriptor.release();  // epoll_ closes it
}

bool SocketWatch::add(int fd, Ready& ready) {
    epoll_event event{};
    event.events = kWatched;
    event.data.ptr = &ready;
    ++added_;
    return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void SocketWatch::retire(std::shared_ptr<Ready> ready) {
    if (dispatching_) retired_.push_back(std::move(ready));
}

void SocketWatch::look() {
    while (dispatch()) {
    }
}

/// Whether there may be more than fitted into a batch.
bool SocketWatch::dispatch() {
    epoll_event events[kBatch];
    const int count = ::epoll_wait(epoll_.get(), events, kBatch, 0);
    dispatching_ = true;
    added_ = 0;
    for (int i = 0; i < count; ++i) {
        const std::uint32_t what = events[i].events;
        static_cast<Ready*>(events[i].data.ptr)
            ->on_ready({.readable = (what & (EPOLLIN | kEnded)) != 0,
                        .writable = (what & EPOLLOUT) != 0,
                        .ended = (what & kEnded) != 0});
    }
    dispatching_ = false;
    retired_.clear();
    return count == kBatch;
}

}  // namespace server
