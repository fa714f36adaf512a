// tests/scenes/wire.cc: sockets and HTTP messages, as a suspicious peer of the daemon sees them.
// SPDX-License-Identifier: Apache-2.0
#include "tests/scenes/wire.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace scenes {

namespace {

[[noreturn]] void fail_errno(const std::string& what) {
    throw std::runtime_error(what + ": " + std::strerror(errno));
}

sockaddr_in address_of(const std::string& address, std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(port);
    if (::inet_pton(AF_INET, address.c_str(), &out.sin_addr) != 1) {
        throw std::runtime_error(address + " is no IPv4 address");
    }
    return out;
}

base::Fd new_socket() {
    base::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) fail_errno("socket");
    return fd;
}

/// Where the head ends (behind its empty line; LF or CRLF), or npos.
std::size_t head_end(std::string_view bytes) {
    for (std::size_t at = bytes.find('\n'); at != bytes.npos; at = bytes.find('\n', at + 1)) {
        if (bytes.substr(at + 1).starts_with('\n')) return at + 2;
        if (bytes.substr(at + 1).starts_with("\r\n")) return at + 3;
    }
    return bytes.npos;
}

void read_head(Message& message, std::string_view head) {
    for (std::string_view line : base::split(head, '\n')) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) break;
        const std::size_t colon = line.find(':');
        if (message.first.empty()) {
            message.first = line;
        } else if (colon == line.npos) {
            message.complaint = "a header line without a colon";
        } else {
            message.headers.push_back({std::string(line.substr(0, colon)),
                                       std::string(base::trim(line.substr(colon + 1)))});
        }
        message.whole.append(line).push_back('\n');
    }
    message.whole.push_back('\n');
}

/// The length its headers tell; what is wrong with them goes into `complaint`.
std::size_t read_framing(Message& message) {
    std::optional<std::uint64_t> length;
    int lengths = 0;
    for (const base::HttpHeader& header : message.headers) {
        if (base::equal_ignoring_case(header.name, "Transfer-Encoding")) {
            message.complaint = "Transfer-Encoding must not be sent";
        }
        if (!base::equal_ignoring_case(header.name, "Content-Length")) continue;
        ++lengths;
        length = base::parse_number(header.value, 100'000'000);
        const bool as_spelled =
            message.whole.find("\nContent-Length: " + header.value + "\n") != std::string::npos;
        if (!length || !as_spelled)
            message.complaint = "Content-Length is not spelled `Content-Length: N`";
    }
    if (lengths != 1) message.complaint = "there must be exactly one Content-Length";
    return static_cast<std::size_t>(length.value_or(0));
}

}  // namespace

std::optional<Message> cut_message(std::string& bytes, bool bodiless) {
    const std::size_t end = head_end(bytes);
    if (end == bytes.npos) return std::nullopt;
    Message message;
    read_head(message, std::string_view(bytes).substr(0, end));
    const bool informs = message.first.starts_with("HTTP/1.1 1");
    const std::size_t length = informs ? 0 : read_framing(message);
    const std::size_t body = bodiless || informs ? 0 : length;
    if (bytes.size() < end + body) return std::nullopt;
    message.body = bytes.substr(end, body);
    message.whole += message.body;
    bytes.erase(0, end + body);
    return message;
}

base::Fd bound_socket(const std::string& address, std::uint16_t port) {
    base::Fd fd = new_socket();
    const int yes = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const sockaddr_in at = address_of(address, port);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
        fail_errno("bind " + address);
    return fd;
}

std::uint16_t port_of(int fd) {
    sockaddr_in at{};
    socklen_t size = sizeof at;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0) fail_errno("getsockname");
    return ntohs(at.sin_port);
}

Connection::Connection(const std::string& server, const std::string& from)
    : fd_(from.empty() ? new_socket() : bound_socket(from, 0)) {
    const std::size_t colon = server.rfind(':');
    const auto port = base::parse_number(std::string_view(server).substr(colon + 1), 65535);
    server_port_ = static_cast<std::uint16_t>(port.value_or(0));
    const int yes = 1;
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const sockaddr_in to = address_of(server.substr(0, colon), server_port_);
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return;
    if (errno != EINPROGRESS) fail_errno("connect to " + server);
    wait(POLLOUT, std::chrono::steady_clock::now() + kLimit, "a connection");
    socklen_t size = sizeof errno;
    ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &errno, &size);
    if (errno != 0) fail_errno("connect to " + server);
}

void Connection::wait(short events, std::chrono::steady_clock::time_point until,
                      const char* what) const {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd ready{fd_.get(), events, 0};
    if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) {
        throw std::runtime_error(std::string(what) + " did not come within " +
                                 std::to_string(kLimit.count()) + " s; came so far: \"" + unread_ +
                                 "\"");
    }
}

void Connection::send(std::string_view bytes) {
    const auto until = std::chrono::steady_clock::now() + kLimit;
    while (!bytes.empty()) {
        const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(n));
        } else if (errno == EAGAIN) {
            wait(POLLOUT, until, "room for the request");
        } else {
            return;
        }
    }
}

Connection::Got Connection::receive() {
    std::array<char, 16384> chunk{};
    const ssize_t n = ::recv(fd_.get(), chunk.data(), chunk.size(), 0);
    if (n > 0) {
        unread_.append(chunk.data(), static_cast<std::size_t>(n));
        return Got::bytes;
    }
    return n < 0 && errno == EAGAIN ? Got::nothing : Got::end;
}

Message Connection::answer(bool to_head) {
    const auto until = std::chrono::steady_clock::now() + kLimit;
    for (;;) {
        while (auto message = cut_message(unread_, to_head)) {
            if (!message->first.starts_with("HTTP/1.1 1")) return std::move(*message);
        }
        const Got got = receive();
        if (got == Got::end) {
            throw std::runtime_error(
                "the daemon closed the connection instead of answering; came before: \"" + unread_ +
                "\"");
        }
        if (got == Got::nothing) wait(POLLIN, until, "the answer");
    }
}

std::string Connection::packet() {
    const auto until = std::chrono::steady_clock::now() + kLimit;
    for (;;) {
        if (const std::size_t end = unread_.find("\r\n"); end != std::string::npos) {
            const auto fields = base::split(std::string_view(unread_).substr(0, end), ' ');
            const auto length = fields.size() == 4 ? base::parse_number(fields[3], 100'000'000) : std::nullopt;
            const bool sound = length && *length > 0 && fields[0].size() == 3 && base::parse_number(fields[1]) && !fields[2].empty();
            if (!sound) throw std::runtime_error("a packet has four fields, and a payload: \"" + unread_ + "\"");
            const std::size_t size = end + 2 + static_cast<std::size_t>(*length);
            if (unread_.size() >= size) {
                std::string packet = unread_.substr(0, size);
                unread_.erase(0, size);
                return packet;
            }
        }
        const Got got = receive();
        if (got == Got::end) throw std::runtime_error("the daemon closed the connection; came before: \"" + unread_ + "\"");
        if (got == Got::nothing) wait(POLLIN, until, "the packet");
    }
}

std::string_view Connection::unread() {
    while (receive() == Got::bytes) {
    }
    return unread_;
}

void Connection::wait_closed() {
    const auto until = std::chrono::steady_clock::now() + kLimit;
    for (Got got = receive(); got != Got::end; got = receive()) {
        if (got == Got::nothing) wait(POLLIN, until, "the end of the connection");
    }
}

bool Connection::taken() const {
    // The daemon's end of the connection is a line of this table; its fifth column is tx_queue:rx_queue.
    char ours[16];
    char theirs[16];
    std::snprintf(ours, sizeof ours, ":%04X", port_of(fd_.get()));
    std::snprintf(theirs, sizeof theirs, ":%04X", server_port_);
    std::ifstream table("/proc/net/tcp");
    std::string slot, local, remote, state, queues, rest;
    std::getline(table, rest);
    while (table >> slot >> local >> remote >> state >> queues && std::getline(table, rest)) {
        if (local.ends_with(theirs) && remote.ends_with(ours)) return queues.ends_with(":00000000");
    }
    return true;
}

}  // namespace scenes
