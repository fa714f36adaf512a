// tests/scenes/sink.cc: a Call-Back sink that a scene can make polite, silent, broken or dead.
// SPDX-License-Identifier: Apache-2.0
#include "tests/scenes/sink.h"

#include "base/text.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <vector>

namespace scenes {

namespace {

std::string_view reason(int status) {
    switch (status) {
        case 200:
            return "Successful";
        case 410:
            return "Gone";
        case 412:
            return "Precondition Failed";
        case 500:
            return "Internal Server Error";
        default:
            return "Status";
    }
}

std::string render(const Manners& manners) {
    const std::string& end = manners.line_end;
    std::string text = "HTTP/1.1 " + std::to_string(manners.status) + " " +
                       std::string(reason(manners.status)) + end;
    if (manners.framing == Manners::Framing::length) {
        text += "Content-Length: " + std::to_string(manners.body.size()) + end;
    }
    return text + end + manners.body;
}

}  // namespace

bool Manners::apply(std::string_view option) {
    if (option == "hold") {
        hold = true;
    } else if (option == "lf") {
        line_end = "\n";
    } else if (option == "crlf") {
        line_end = "\r\n";
    } else if (option == "framing=length") {
        framing = Framing::length;
    } else if (option == "framing=none") {
        framing = Framing::none;
    } else if (option == "framing=unclosed") {
        framing = Framing::unclosed;
    } else if (option == "framing=reset") {
        framing = Framing::reset;
    } else if (option.starts_with("body=")) {
        body = option.substr(5);
    } else if (const auto number = option.starts_with("status=")
                                       ? base::parse_number(option.substr(7), 999)
                                       : std::nullopt) {
        status = static_cast<int>(*number);
    } else {
        return false;
    }
    return true;
}

Sink::Sink(const std::string& address)
    : host_(address.empty() ? "127.0.0.1" : address),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      listener_(bound_socket(host_, 0)),
      port_(port_of(listener_.get())) {
    listen();
    thread_ = std::thread([this] { serve(); });
}

Sink::~Sink() {
    {
        const std::scoped_lock lock(mutex_);
        stop_ = true;
    }
    wake();
    thread_.join();
}

std::string Sink::address() const {
    return host_ + ":" + std::to_string(port_);
}

void Sink::listen() {
    if (::listen(listener_.get(), SOMAXCONN) != 0) throw std::runtime_error("a sink cannot listen");
    open_ = true;
}

void Sink::wake() const {
    (void)::eventfd_write(wake_.get(), 1);
}

void Sink::change(const Manners& manners) {
    const std::scoped_lock lock(mutex_);
    manners_ = manners;
}

Manners Sink::manners() const {
    const std::scoped_lock lock(mutex_);
    return manners_;
}

void Sink::release() {
    const std::scoped_lock lock(mutex_);
    manners_.hold = false;
    for (Peer& peer : peers_) {
        if (peer.held && !answer(peer)) peer.ending = true;
        peer.held = false;
    }
    wake();  // the thread sends it, and reads on
}

void Sink::close() {
    // A descriptor that poll() holds is not closed before poll() returns, so the thread has to do it.
    std::unique_lock lock(mutex_);
    closing_ = open_;
    wake();
    came_.wait(lock, [this] { return !closing_; });
}

void Sink::close_now() {
    peers_.clear();
    listener_.reset();
    try {
        // Bound but not listening: connects are refused, and nobody else is given the port.
        listener_ = bound_socket(host_, port_);
    } catch (const std::runtime_error&) {  // reopen() will say so
    }
    open_ = false;
    closing_ = false;
    came_.notify_all();
}

void Sink::reopen() {
    const std::scoped_lock lock(mutex_);
    if (!open_) listen();
    wake();
}

std::optional<Message> Sink::take(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    if (!came_.wait_for(lock, limit, [this] { return !unread_.empty(); })) return std::nullopt;
    Message message = std::move(unread_.front());
    unread_.pop_front();
    return message;
}

bool Sink::holding() const {
    const std::scoped_lock lock(mutex_);
    for (const Peer& peer : peers_) {
        if (peer.held) return true;
    }
    return false;
}

void Sink::serve() {
    for (;;) {
        std::vector<pollfd> ready{{wake_.get(), POLLIN, 0}};
        {
            const std::scoped_lock lock(mutex_);
            if (stop_) return;
            if (open_) ready.push_back({listener_.get(), POLLIN, 0});
            for (const Peer& peer : peers_) {
                ready.push_back({peer.fd.get(),
                                 static_cast<short>(peer.out.empty() ? POLLIN : POLLIN | POLLOUT),
                                 0});
            }
        }
        (void)::poll(ready.data(), ready.size(), -1);
        eventfd_t ignored = 0;
        (void)::eventfd_read(wake_.get(), &ignored);
        // Every descriptor is tried, ready or not: none of them blocks.
        const std::scoped_lock lock(mutex_);
        if (closing_) close_now();
        if (open_) accept_all();
        std::erase_if(peers_, [this](Peer& peer) { return !work(peer); });
    }
}

void Sink::accept_all() {
    for (;;) {
        base::Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!fd) return;
        peers_.push_back({.fd = std::move(fd), .in = {}, .out = {}});
    }
}

bool Sink::work(Peer& peer) {
    std::array<char, 16384> chunk{};
    ssize_t n = 0;
    while ((n = ::recv(peer.fd.get(), chunk.data(), chunk.size(), 0)) > 0) {
        peer.in.append(chunk.data(), static_cast<std::size_t>(n));
    }
    const bool gone = n == 0 || errno != EAGAIN;
    while (!peer.held && !peer.ending) {
        auto message = cut_message(peer.in, false);
        if (!message) break;
        unread_.push_back(std::move(*message));
        came_.notify_all();
        peer.held = manners_.hold;
        if (!peer.held && !answer(peer)) return false;
    }
    while (!peer.out.empty() &&
           (n = ::send(peer.fd.get(), peer.out.data(), peer.out.size(), MSG_NOSIGNAL)) > 0) {
        peer.out.erase(0, static_cast<std::size_t>(n));
    }
    return !gone && !(peer.ending && peer.out.empty());
}

bool Sink::answer(Peer& peer) {
    if (manners_.framing == Manners::Framing::reset) {
        const linger at_once{1, 0};
        ::setsockopt(peer.fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        return false;
    }
    peer.out += render(manners_);
    peer.ending = manners_.framing == Manners::Framing::none;
    return true;
}

}  // namespace scenes
