// server/listener.cc: a bound, listening TCP socket.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "server/http_door.h"

namespace server {
namespace {

base::Result<sockaddr_storage> parse_socket_address(const std::string& address, socklen_t& size) {
    const std::size_t colon = address.rfind(':');
    const auto ip = base::IpAddress::parse(address.substr(0, colon));
    const auto port = colon == std::string::npos ? std::nullopt : base::parse_number(address.substr(colon + 1), 65535);
    if (!ip || !port) return base::fail(base::Errc::malformed, address + " is not ADDRESS:PORT");
    sockaddr_storage storage{};
    if (ip->is_v4()) {
        auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
        v4->sin_family = AF_INET;
        v4->sin_port = htons(static_cast<std::uint16_t>(*port));
        std::memcpy(&v4->sin_addr, ip->bytes().data() + 12, 4);
        size = sizeof(sockaddr_in);
    } else {
        auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(static_cast<std::uint16_t>(*port));
        std::memcpy(&v6->sin6_addr, ip->bytes().data(), 16);
        size = sizeof(sockaddr_in6);
    }
    return storage;
}

std::string bound_address(int fd, const std::string& asked) {
    const std::string whole = address_of(fd);
    return asked.substr(0, asked.rfind(':')) + whole.substr(whole.rfind(':'));
}

bool same(const sockaddr_storage& a, const sockaddr_storage& b) {
    if (a.ss_family != b.ss_family) return false;
    if (a.ss_family == AF_INET) {
        const auto &x = reinterpret_cast<const sockaddr_in&>(a), &y = reinterpret_cast<const sockaddr_in&>(b);
        return x.sin_port == y.sin_port && x.sin_addr.s_addr == y.sin_addr.s_addr;
    }
    const auto &x = reinterpret_cast<const sockaddr_in6&>(a), &y = reinterpret_cast<const sockaddr_in6&>(b);
    return x.sin6_port == y.sin6_port && std::memcmp(&x.sin6_addr, &y.sin6_addr, sizeof x.sin6_addr) == 0;
}

/// The one that is bound there, which then is no longer among them.
base::Fd take_opened(std::vector<base::Fd>& opened, const sockaddr_storage& where) {
    const auto it = std::ranges::find_if(opened, [&](const base::Fd& fd) {
        sockaddr_storage bound{};
        socklen_t size = sizeof bound;
        return getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0 && same(bound, where);
    });
    if (it == opened.end()) return {};
    base::Fd taken = std::move(*it);
    opened.erase(it);
    fcntl(taken.get(), F_SETFL, fcntl(taken.get(), F_GETFL) | O_NONBLOCK);
    return taken;
}

}  // namespace

std::string address_of(int fd) {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
    if (bound.ss_family != AF_INET && bound.ss_family != AF_INET6) return "something else";
    const std::string host = base::IpAddress::from(reinterpret_cast<const sockaddr&>(bound)).text();
    const in_port_t port = bound.ss_family == AF_INET ? reinterpret_cast<sockaddr_in*>(&bound)->sin_port
                                                      : reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port;
    return (bound.ss_family == AF_INET ? host : "[" + host + "]") + ":" + std::to_string(ntohs(port));
}

base::Result<Listener> listen_on(const std::string& address, std::vector<base::Fd>& opened) {
    socklen_t size = 0;
    const auto where = parse_socket_address(address, size);
    if (!where) return std::unexpected(where.error());
    if (base::Fd taken = take_opened(opened, *where)) return Listener{std::move(taken), address};
    const auto failed = [&](const char* act) {
        return base::fail(base::Errc::internal, std::string("cannot ") + act + " " + address + ": " + std::strerror(errno));
    };
    base::Fd fd(socket(where->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return failed("open a socket for");
    const int on = 1;
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (where->ss_family == AF_INET6) setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&*where), size) != 0) return failed("bind");
    if (listen(fd.get(), SOMAXCONN) != 0) return failed("listen on");
    std::string bound = bound_address(fd.get(), address);
    return Listener{std::move(fd), std::move(bound)};
}

}  // namespace server
