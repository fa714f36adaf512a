// tests/bench/slow.h: peers that send a request a byte each second, and what others feel of them.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (deadlines), 11
#pragma once

#include "tests/bench/way_out.h"

#include <atomic>
#include <chrono>
#include <string_view>
#include <thread>
#include <vector>

namespace bench {

/// So many connections, each from an address of its own, of which each sends a byte of a head in a second and begins
/// again when it is hung up on. They live as long as this does, on a thread of their own.
class SlowPeers {
public:
    SlowPeers(std::uint16_t port, std::int64_t count) : port_(port), peers_(static_cast<std::size_t>(count)) {
        for (std::size_t i = 0; i < peers_.size(); ++i) begin(i);
        thread_ = std::thread([this] { drip(); });
    }
    ~SlowPeers() {
        ended_ = true;
        thread_.join();
    }
    SlowPeers(const SlowPeers&) = delete;
    SlowPeers& operator=(const SlowPeers&) = delete;

    /// How often one was hung up on, since its time was over.
    [[nodiscard]] std::int64_t cut_off() const { return cut_off_; }

private:
    struct Peer {
        base::Fd fd;
        std::size_t sent = 0;
    };
    static constexpr std::string_view kHead = "PROPFIND /instmsg/aliases/nobody HTTP/1.1\r\nHost: im.example.com\r\nX-Slow: ";
    static constexpr std::size_t kSlices = 20;  // of a second

    void begin(std::size_t i) {
        peers_[i].fd = connect_to({htonl(INADDR_LOOPBACK)}, port_, loopback(3, static_cast<std::int64_t>(i)));
        peers_[i].sent = 0;
    }
    void drip() {
        for (std::size_t slice = 0; !ended_; slice = (slice + 1) % kSlices) {
            for (std::size_t i = slice; i < peers_.size() && !ended_; i += kSlices) {
                Peer& p = peers_[i];
                const char byte = p.sent < kHead.size() ? kHead[p.sent] : 'x';
                if (::send(p.fd.get(), &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1) {
                    ++p.sent;
                } else {
                    ++cut_off_;
                    begin(i);
                }
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(1000 / kSlices));
        }
    }

    const std::uint16_t port_;
    std::vector<Peer> peers_;
    std::atomic<bool> ended_ = false;
    std::atomic<std::int64_t> cut_off_ = 0;
    std::thread thread_;
};

/// 99 of 100 watchers have been told, the slowest of some changes: beside `count` slow peers (in the column of the
/// daemon), and without them (in that of the reference).
inline void measure_slow(const Setting& setting, Report& report, std::int64_t endpoints, std::int64_t count) {
    if (setting.self || setting.descriptors < count + endpoints + 200) return;
    constexpr std::int64_t kChanges = 20;  // per round
    Sinks sinks(setting, endpoints, "keep");
    DaemonTeller daemon(setting, sinks);
    const auto p99_ms = [&] { return slowest_p99_ms(daemon, sinks, kChanges); };
    Row row{std::to_string(count) + " slow peers, slowest p99 of a change to " + std::to_string(endpoints) + ", with : without",
            "ms", Sense::no_target, 0, {}, {}};
    std::int64_t cut_off = 0;
    measure_beside(setting, row, p99_ms, [&](std::int64_t round) {
        const SlowPeers peers(daemon.port(), count);
        double with = p99_ms();
        // Long enough for the first of them to meet their deadline.
        if (round == 0) {
            const std::int64_t end = now_ns() + 13'000'000'000;
            while (now_ns() < end) with = std::max(with, p99_ms());
        }
        cut_off += peers.cut_off();
        return with;
    });
    sinks.check_no_strays();
    daemon.end();
    report.add(std::move(row));
    report.note("Slow peers: " + std::to_string(cut_off) + " were hung up on when their time was over.");
}

}  // namespace bench
