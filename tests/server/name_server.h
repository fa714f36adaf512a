// tests/server/name_server.h: a server of names on loopback, of the few records that a test gives it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/fd.h"

namespace loopback {

/// Answers SRV and A over UDP on a thread of its own; other types exist of no name.
class NameServer {
public:
    NameServer() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* general = reinterpret_cast<sockaddr*>(&address);
        if (::bind(fd_.get(), general, size) != 0 || ::getsockname(fd_.get(), general, &size) != 0) {
            throw std::runtime_error("cannot bind");
        }
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~NameServer() {
        ::shutdown(fd_.get(), SHUT_RDWR);  // wakes recvfrom
        thread_.join();
    }

    void a(const std::string& name, const std::string& address, std::uint32_t ttl) {
        std::string data(4, '\0');
        ::inet_pton(AF_INET, address.c_str(), data.data());
        add(name, kA, data, ttl);
    }
    void srv(const std::string& name, std::uint16_t priority, std::uint16_t weight, std::uint16_t port, const std::string& target,
             std::uint32_t ttl) {
        add(name, kSrv, two(priority) + two(weight) + two(port) + labels(target), ttl);
    }
    /// From now on every answer is SERVFAIL.
    void fail() { set(Mood::failing); }
    /// From now on there is none.
    void mute() { set(Mood::mute); }

    [[nodiscard]] std::string text() const { return "127.0.0.1:" + std::to_string(port_); }

private:
    static constexpr std::uint16_t kA = 1;
    static constexpr std::uint16_t kSrv = 33;
    enum class Mood { well, failing, mute };
    struct Line {
        std::uint16_t type;
        std::string data;
        std::uint32_t ttl;
    };

    static std::string two(std::uint16_t n) { return {static_cast<char>(n >> 8), static_cast<char>(n & 0xff)}; }
    static std::string labels(std::string_view name) {
        std::string out;
        while (!name.empty()) {
            const auto label = name.substr(0, name.find('.'));
            out += static_cast<char>(label.size());
            out += label;
            name.remove_prefix(std::min(name.size(), label.size() + 1));
        }
        return out + '\0';
    }
    void add(const std::string& name, std::uint16_t type, std::string data, std::uint32_t ttl) {
        std::lock_guard lock(mutex_);
        zone_[labels(name)].push_back({type, std::move(data), ttl});
    }
    void set(Mood mood) {
        std::lock_guard lock(mutex_);
        mood_ = mood;
    }

    void serve() {
        std::array<char, 1500> bytes;
        for (;;) {
            sockaddr_in from{};
            socklen_t size = sizeof from;
            auto* general = reinterpret_cast<sockaddr*>(&from);
            const ssize_t got = ::recvfrom(fd_.get(), bytes.data(), bytes.size(), 0, general, &size);
            if (got < 17) return;  // shut down
            const std::string answer = answer_to({bytes.data(), static_cast<std::size_t>(got)});
            if (!answer.empty()) (void)::sendto(fd_.get(), answer.data(), answer.size(), 0, general, size);
        }
    }
    std::string answer_to(std::string_view asked) {
        std::lock_guard lock(mutex_);
        if (mood_ == Mood::mute) return {};
        const std::string name(asked.substr(12, asked.find('\0', 12) + 1 - 12));
        const auto type = static_cast<std::uint16_t>(static_cast<unsigned char>(asked[12 + name.size() + 1]));
        const std::string question(asked.substr(12, name.size() + 4));
        std::string lines;
        std::uint16_t count = 0;
        const auto found = zone_.find(name);
        if (found != zone_.end()) {
            for (const Line& line : found->second) {
                if (line.type != type) continue;
                lines += std::string("\xc0\x0c", 2) + two(type) + two(1) + two(static_cast<std::uint16_t>(line.ttl >> 16)) +
                         two(static_cast<std::uint16_t>(line.ttl)) + two(static_cast<std::uint16_t>(line.data.size())) + line.data;
                ++count;
            }
        }
        const std::uint16_t code = mood_ == Mood::failing ? 2 : found == zone_.end() ? 3 : 0;
        if (code != 0) count = 0;
        return std::string(asked.substr(0, 2)) + two(static_cast<std::uint16_t>(0x8180 | code)) + two(1) + two(count) + two(0) + two(0) + question +
               (count > 0 ? lines : "");
    }

    base::Fd fd_;
    std::uint16_t port_ = 0;
    std::mutex mutex_;
    std::map<std::string, std::vector<Line>> zone_;
    Mood mood_ = Mood::well;
    std::thread thread_;
};

}  // namespace loopback
