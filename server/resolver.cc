// server/resolver.cc: c-ares made to live on the loop.
// SPDX-License-Identifier: Apache-2.0
// Spec: RFC 1035 4.1 (the time to live, which c-ares does not tell of SRV), RFC 2782
#include "server/resolver.h"

#include <ares.h>
#include <netdb.h>

#include <algorithm>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/timer_wheel.h"

namespace server {
namespace {

using Descriptor = boost::asio::posix::stream_descriptor;

constexpr int kDnsTimeoutMs = 2000;
constexpr int kDnsTries = 2;
constexpr int kClassIn = 1;
constexpr int kTypeSrv = 33;
constexpr std::size_t kMostAnswers = 64;  // of one question; who has more servers has them in vain

base::Errc code_of(int status) {
    const bool none = status == ARES_ENODATA || status == ARES_ENOTFOUND || status == ARES_EBADNAME;
    return none ? base::Errc::not_found : base::Errc::busy;
}

std::unexpected<base::Error> dns_error(int status) {
    return base::fail(code_of(status), ares_strerror(status));
}

/// The least time to live in the answer section of a DNS message; 0 when it cannot be read.
std::chrono::seconds least_ttl(const unsigned char* bytes, std::size_t size) {
    std::size_t at = 12;
    const auto skip_name = [&] {
        while (at < size && bytes[at] != 0 && (bytes[at] & 0xc0) == 0) at += bytes[at] + 1U;
        at += at < size && (bytes[at] & 0xc0) != 0 ? 2 : 1;
    };
    const auto number = [&](std::size_t from, int count) {
        std::uint32_t value = 0;
        for (int i = 0; i < count; ++i) value = value << 8 | bytes[from + static_cast<std::size_t>(i)];
        return value;
    };
    if (size < at) return std::chrono::seconds(0);
    for (std::uint32_t questions = number(4, 2); questions > 0; --questions) {
        skip_name();
        at += 4;
    }
    std::uint32_t least = UINT32_MAX;
    for (std::uint32_t answers = number(6, 2); answers > 0; --answers) {
        skip_name();
        if (at + 10 > size) return std::chrono::seconds(0);
        least = std::min(least, number(at + 4, 4));
        at += 10 + number(at + 8, 2);
    }
    return std::chrono::seconds(least == UINT32_MAX ? 0 : least);
}

}  // namespace

/// The channel, and the sockets that it wants to be watched.
struct AresDns::State final : base::TimerHook {
    /// One socket of c-ares', which closes it itself.
    struct Socket {
        Socket(boost::asio::io_context& io, int fd) : descriptor(io, fd) {}
        Descriptor descriptor;
        bool wants_read = false;
        bool wants_write = false;
        bool reading = false;
        bool writing = false;
        bool open = true;
    };

    State(base::Loop& to, const std::vector<std::string>& servers) : loop(to) {
        ares_library_init(ARES_LIB_INIT_ALL);
        ares_options options{};
        options.timeout = kDnsTimeoutMs;
        options.tries = kDnsTries;
        options.ndomains = 0;  // names are whole as they stand
        options.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) {
            static_cast<State*>(self)->watch(fd, readable != 0, writable != 0);
        };
        options.sock_state_cb_data = this;
        const int made = ares_init_options(
            &channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_DOMAINS | ARES_OPT_SOCK_STATE_CB);
        if (made != ARES_SUCCESS) throw std::runtime_error(std::string("c-ares: ") + ares_strerror(made));
        std::string list;
        for (const std::string& server : servers) list += (list.empty() ? "" : ",") + server;
        const int set = list.empty() ? ARES_SUCCESS : ares_set_servers_ports_csv(channel, list.c_str());
        if (set == ARES_SUCCESS) return;
        ares_destroy(channel);
        throw std::runtime_error("federation.nameservers: " + list + ": " + ares_strerror(set));
    }
    ~State() {
        ares_destroy(channel);  // calls back what is under way
        for (auto& [fd, socket] : sockets) release(*socket);
        ares_library_cleanup();
    }

    void watch(int fd, bool readable, bool writable) {
        const auto it = sockets.find(fd);
        if (!readable && !writable) {
            if (it == sockets.end()) return;
            release(*it->second);
            sockets.erase(it);
            return;
        }
        auto& socket = it != sockets.end() ? it->second : sockets[fd];
        if (!socket) socket = std::make_shared<Socket>(loop.io(), fd);
        socket->wants_read = readable;
        socket->wants_write = writable;
        wait(socket, fd);
    }
    static void release(Socket& socket) {
        socket.open = false;
        socket.descriptor.release();
    }
    /// A socket that was released is nobody's any more, and then neither may we be there.
    void wait(const std::shared_ptr<Socket>& socket, int fd) {
        if (socket->wants_read && !std::exchange(socket->reading, true)) {
            socket->descriptor.async_wait(Descriptor::wait_read, [this, socket, fd](const auto& error) {
                socket->reading = false;
                if (socket->open) ready(socket, error ? ARES_SOCKET_BAD : fd, ARES_SOCKET_BAD, fd);
            });
        }
        if (socket->wants_write && !std::exchange(socket->writing, true)) {
            socket->descriptor.async_wait(Descriptor::wait_write, [this, socket, fd](const auto& error) {
                socket->writing = false;
                if (socket->open) ready(socket, ARES_SOCKET_BAD, error ? ARES_SOCKET_BAD : fd, fd);
            });
        }
    }
    void ready(const std::shared_ptr<Socket>& socket, int read, int write, int fd) {
        ares_process_fd(channel, read, write);
        if (socket->open) wait(socket, fd);
        set_alarm();
    }
    void on_due(base::Instant) override {
        ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        set_alarm();
    }
    void set_alarm() {
        timeval left{};
        if (!ares_timeout(channel, nullptr, &left)) return cancel();
        const std::chrono::milliseconds in(left.tv_sec * 1000 + left.tv_usec / 1000 + 1);
        loop.wheel().arm(*this, loop.clock().now() + in);
    }

    base::Loop& loop;
    ares_channel channel = nullptr;
    std::unordered_map<int, std::shared_ptr<Socket>> sockets;
};

AresDns::AresDns(base::Loop& loop, const std::vector<std::string>& servers)
    : state_(std::make_unique<State>(loop, servers)) {}

AresDns::~AresDns() = default;

void AresDns::srv(const std::string& name, SrvDone done) {
    const auto heard = [](void* arg, int status, int, unsigned char* bytes, int size) {
        const std::unique_ptr<SrvDone> answer(static_cast<SrvDone*>(arg));
        if (status == ARES_EDESTRUCTION) return;
        if (status != ARES_SUCCESS) return (*answer)(dns_error(status));
        ares_srv_reply* first = nullptr;
        if (const int read = ares_parse_srv_reply(bytes, size, &first); read != ARES_SUCCESS) return (*answer)(dns_error(read));
        const std::unique_ptr<ares_srv_reply, void (*)(ares_srv_reply*)> owned(first, [](ares_srv_reply* r) { ares_free_data(r); });
        SrvLines found;
        for (const ares_srv_reply* one = first; one && found.lines.size() < kMostAnswers; one = one->next) {
            const std::string_view target = one->host;
            found.lines.push_back({one->priority, one->weight, one->port, std::string(target == "." ? "" : target)});
        }
        found.ttl = least_ttl(bytes, static_cast<std::size_t>(size));
        (*answer)(std::move(found));
    };
    ares_query(state_->channel, name.c_str(), kClassIn, kTypeSrv, heard, std::make_unique<SrvDone>(std::move(done)).release());
    state_->set_alarm();
}

void AresDns::addresses(const std::string& host, AddressesDone done) {
    const auto heard = [](void* arg, int status, int, ares_addrinfo* list) {
        const std::unique_ptr<AddressesDone> answer(static_cast<AddressesDone*>(arg));
        const std::unique_ptr<ares_addrinfo, void (*)(ares_addrinfo*)> owned(list, [](ares_addrinfo* l) { if (l) ares_freeaddrinfo(l); });
        if (status == ARES_EDESTRUCTION) return;
        if (status != ARES_SUCCESS) return (*answer)(dns_error(status));
        HostAddresses found;
        int ttl = INT32_MAX;
        for (const ares_addrinfo_node* one = list->nodes; one && found.addresses.size() < kMostAnswers; one = one->ai_next) {
            found.addresses.push_back(base::IpAddress::from(*one->ai_addr));
            ttl = std::min(ttl, std::max(one->ai_ttl, 0));
        }
        if (found.addresses.empty()) return (*answer)(dns_error(ARES_ENODATA));
        found.ttl = std::chrono::seconds(ttl);
        (*answer)(std::move(found));
    };
    ares_addrinfo_hints hints{};
    hints.ai_flags = ARES_AI_NOSORT;
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    ares_getaddrinfo(state_->channel, host.c_str(), nullptr, &hints, heard, std::make_unique<AddressesDone>(std::move(done)).release());
    state_->set_alarm();
}

}  // namespace server
