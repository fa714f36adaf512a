// tests/bench/common.h: what every bench program shares: clocks, options, addresses, sockets.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// A bench program is a tool that either measures or stops: what went wrong is thrown, main prints
/// it.
[[noreturn]] inline void stop(const std::string& why) {
    throw std::runtime_error(why);
}
[[noreturn]] inline void stop_errno(const std::string& what) {
    stop(what + ": " + std::strerror(errno));
}

/// CLOCK_MONOTONIC: the same for all processes, so that a sink's reading can be set against a
/// driver's.
inline std::int64_t now_ns() {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

/// User + system time of this process.
inline std::int64_t own_cpu_ns() {
    rusage u{};
    getrusage(RUSAGE_SELF, &u);
    return (std::int64_t{u.ru_utime.tv_sec} + u.ru_stime.tv_sec) * 1'000'000'000 +
           (std::int64_t{u.ru_utime.tv_usec} + u.ru_stime.tv_usec) * 1'000;
}

inline std::int64_t to_number(std::string_view text, const std::string& what) {
    std::int64_t value = 0;
    const auto end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stopped != end || value < 0)
        stop(what + " is not a number: " + std::string(text));
    return value;
}

/// Options of the form `--name value`; a name that the program does not list is an error.
class Options {
public:
    Options(int argc, char** argv, const std::vector<std::string>& known) {
        for (int i = 1; i < argc; i += 2) {
            const std::string name = argv[i];
            bool ours = false;
            for (const std::string& k : known) ours = ours || name == "--" + k;
            if (!ours) stop("unknown option " + name);
            if (i + 1 == argc) stop(name + " needs a value");
            values_.emplace(name.substr(2), argv[i + 1]);
        }
    }
    [[nodiscard]] std::string text(const std::string& name, const std::string& fallback) const {
        const auto found = values_.find(name);
        return found == values_.end() ? fallback : found->second;
    }
    [[nodiscard]] std::int64_t number(const std::string& name, std::int64_t fallback) const {
        const auto found = values_.find(name);
        return found == values_.end() ? fallback : to_number(found->second, "--" + name);
    }
    /// All values of an option that may be repeated.
    [[nodiscard]] std::vector<std::string> all(const std::string& name) const {
        std::vector<std::string> list;
        for (auto [at, end] = values_.equal_range(name); at != end; ++at)
            list.push_back(at->second);
        return list;
    }

private:
    std::multimap<std::string, std::string> values_;
};

/// Endpoint number `i` (from 0) has a loopback address of its own, 127.NET.x.y; no x.y is .0 or
/// .255. Networks in use: 1 = endpoints and their watchers, 2 = connections of the load generator.
inline in_addr loopback(unsigned net, std::int64_t i) {
    const auto block = static_cast<std::uint32_t>(i / 250);
    const auto host = static_cast<std::uint32_t>(i % 250 + 1);
    return {htonl((127U << 24) + (net << 16) + (block << 8) + host)};
}
inline std::string to_text(in_addr address) {
    char text[INET_ADDRSTRLEN] = {};
    inet_ntop(AF_INET, &address, text, sizeof text);
    return text;
}
inline constexpr std::int64_t kMostEndpoints = 250 * 250;

/// A run of endpoints that one sink serves, all on one port: "FIRST:COUNT:PORT".
struct Endpoints {
    std::int64_t first = 0;
    std::int64_t count = 0;
    std::uint16_t port = 0;

    static Endpoints parse(const std::string& text) {
        const auto a = text.find(':');
        const auto b = text.rfind(':');
        if (a == std::string::npos || a == b) stop("endpoints are FIRST:COUNT:PORT, not " + text);
        const std::string_view all = text;
        Endpoints e;
        e.first = to_number(all.substr(0, a), "the first endpoint");
        e.count = to_number(all.substr(a + 1, b - a - 1), "the count of endpoints");
        e.port = static_cast<std::uint16_t>(to_number(all.substr(b + 1), "the port"));
        if (e.first + e.count > kMostEndpoints) stop("too many endpoints: " + text);
        return e;
    }
    [[nodiscard]] std::string text() const {
        return std::to_string(first) + ":" + std::to_string(count) + ":" + std::to_string(port);
    }
};

inline sockaddr_in socket_address(in_addr address, std::uint16_t port) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr = address;
    a.sin_port = htons(port);
    return a;
}

inline base::Fd stream_socket(int flags) {
    base::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
    if (!fd) stop_errno("socket");
    const int one = 1;
    setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

/// A connected socket; connects while blocking, then is non-blocking if asked. `from` may be the
/// any-address.
inline base::Fd connect_to(in_addr to, std::uint16_t port, in_addr from = {}) {
    base::Fd fd = stream_socket(0);
    if (from.s_addr != 0) {
        const int one = 1;
        setsockopt(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        const sockaddr_in a = socket_address(from, 0);
        if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0)
            stop_errno("bind " + to_text(from));
    }
    const sockaddr_in a = socket_address(to, port);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0) {
        stop_errno("connect " + to_text(to) + ":" + std::to_string(port));
    }
    return fd;
}

/// As many descriptors as we may have; returns that number.
inline std::int64_t raise_descriptor_limit() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<std::int64_t>(limit.rlim_cur);
}

/// Length of the HTTP message at the start of `bytes`, 0 while it is incomplete. A missing
/// Content-Length is 0.
inline std::size_t framed_length(std::string_view bytes) {
    const std::size_t blank = bytes.find("\r\n\r\n");
    if (blank == std::string_view::npos) return 0;
    static constexpr std::string_view kName = "\r\nContent-Length: ";
    std::size_t body = 0;
    if (const std::size_t at = bytes.substr(0, blank + 2).find(kName);
        at != std::string_view::npos) {
        for (std::size_t i = at + kName.size(); bytes[i] >= '0' && bytes[i] <= '9'; ++i) {
            body = body * 10 + static_cast<std::size_t>(bytes[i] - '0');
        }
    }
    return bytes.size() >= blank + 4 + body ? blank + 4 + body : 0;
}

/// main() of every bench program: prints what was thrown and exits 1.
template <class F>
int guarded(const char* program, F body) {
    try {
        return body();
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s: %s\n", program, e.what());
        return 1;
    }
}

}  // namespace bench
