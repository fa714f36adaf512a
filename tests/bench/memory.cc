// tests/bench/memory.cc: what a million principals and ten million subscriptions cost in memory, in the real tables.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 11 (memory per subscription, whole process, lease wheel)
//
// usage: memory [PRINCIPALS [SUBSCRIPTIONS-EACH]]; prints a table. Each principal logs on and watches others by way of
// his own URL, as clients do; nothing is sent.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "presence/service.h"

namespace {

/// A Carrier for tables alone.
class SilentCarrier final : public presence::Carrier {
public:
    base::Result<presence::TargetId> open(std::string_view, const presence::Contact&, const base::IpAddress&) override {
        return presence::TargetId(next_++);
    }
    void close(presence::TargetId) override {}
    std::shared_ptr<presence::Prepared> prepare(const presence::Notification&) override { return nullptr; }
    void push(presence::Delivery) override {}
    void forget(presence::TargetId, presence::SubscriptionId) override {}
    void cancel(presence::TargetId, presence::DeliveryToken) override {}

private:
    std::uint32_t next_ = 0;
};

std::size_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class Load {
public:
    explicit Load(long principals) : principals_(principals), realm_("im.bench.test", "bench.test", {}),
          wheel_(clock_.now(), std::chrono::milliseconds(250)),
          service_(realm_, settings(), carrier_, journal_, wheel_, clock_) {}

    void log_on(long who) { subscribe(who, who, presence::NotificationType::notify, "http://127.0.0.1:" + std::to_string(1024 + who % 60000)); }
    void watch(long who, long whom) { subscribe(who, whom, presence::NotificationType::propchange, url(who)); }
    [[nodiscard]] long failed() const { return failed_; }
    [[nodiscard]] base::FakeClock& clock() { return clock_; }
    [[nodiscard]] base::TimerWheel& wheel() { return wheel_; }
    [[nodiscard]] const presence::Service& service() const { return service_; }

private:
    static presence::Settings settings() {
        presence::Settings s;
        s.auto_create = {"/instmsg/aliases/"};
        return s;
    }
    std::string path(long who) const { return "/instmsg/aliases/p" + std::to_string(who % principals_); }
    std::string url(long who) const { return "http://im.bench.test" + path(who); }
    void subscribe(long who, long whom, presence::NotificationType type, std::string callback) {
        presence::Caller caller;
        caller.key = path(who);
        caller.url = url(who);
        caller.source = *base::IpAddress::parse("127.0.0.1");
        caller.connection = base::ConnectionId(1);
        // Leases spread over four hours, as those of people who came at different times.
        const std::chrono::seconds lifetime(7200 + (who * 7919 + whom * 104729) % 7200);
        service_.subscribe(caller, {{path(whom), path(whom), 0}, type, std::move(callback), lifetime},
                           [this](const auto& made) { failed_ += made ? 0 : 1; });
    }

    long principals_;
    long failed_ = 0;
    base::FakeClock clock_;
    presence::Realm realm_;
    base::TimerWheel wheel_;
    SilentCarrier carrier_;
    presence::NullJournal journal_;
    presence::Service service_;
};

void row(const std::string& what, double value, const char* unit, const char* target) {
    std::printf("%-58s | %10.1f %-6s | %s\n", what.c_str(), value, unit, target);
}

struct Lease final : base::TimerHook {
    void on_due(base::Instant) override { ++*ended; }
    long* ended = nullptr;
};

/// All those leases on a wheel of their own. `alike`: they end in the order in which they were armed, as they do where
/// everybody is granted the same; else in an order that no cache can foresee.
void measure_wheel(long leases, bool alike) {
    long ended = 0;
    std::vector<Lease> all(static_cast<std::size_t>(leases));
    std::mt19937_64 random(1);
    base::TimerWheel wheel(base::Instant(std::chrono::milliseconds(0)), std::chrono::milliseconds(250));
    const auto arm = [&](std::size_t which) {
        const std::uint64_t share = alike ? which * 7'200'000 / all.size() : random() % 7'200'000;
        wheel.arm(all[which], base::Instant(std::chrono::milliseconds(7'200'000 + share)));
    };
    for (std::size_t which = 0; which < all.size(); ++which) {
        all[which].ended = &ended;
        arm(which);
    }
    const std::string how = alike ? ", leases alike" : ", leases of all lengths";
    const std::size_t some = all.size() / 10;
    const auto each = [](std::chrono::steady_clock::time_point from, auto count) { return seconds_since(from) * 1e9 / static_cast<double>(count); };
    auto start = std::chrono::steady_clock::now();
    for (std::size_t which = 0; which < some; ++which) all[which].cancel();
    row("the wheel, cancel one of all" + how, each(start, some), "ns", "<= 50");
    start = std::chrono::steady_clock::now();
    for (std::size_t which = 0; which < some; ++which) arm(which);
    row("the wheel, arm one more" + how, each(start, some), "ns", "<= 50");
    start = std::chrono::steady_clock::now();
    wheel.run(base::Instant(std::chrono::hours(5)));
    row("the wheel, expire" + how, each(start, ended), "ns", "<= 250");
    if (ended != leases) row("leases that did not end", static_cast<double>(leases - ended), "", "0");
}

}  // namespace

int main(int argc, char** argv) {
    const long principals = argc > 1 ? std::atol(argv[1]) : 1'000'000;
    const long each = argc > 2 ? std::atol(argv[2]) : 10;
    if (principals < 1000 || each < 1) {
        std::fprintf(stderr, "usage: memory [PRINCIPALS >= 1000 [SUBSCRIPTIONS-EACH >= 1]]\n");
        return 2;
    }
    const std::size_t empty = resident_bytes();
    auto load = std::make_unique<Load>(principals);
    auto start = std::chrono::steady_clock::now();
    for (long p = 0; p < principals; ++p) load->log_on(p);
    const std::size_t logged_on = resident_bytes();
    const double log_on_us = seconds_since(start) * 1e6 / static_cast<double>(principals);
    start = std::chrono::steady_clock::now();
    const long watches = principals * (each - 1);
    for (long p = 0; p < principals; ++p) {
        for (long i = 1; i < each; ++i) load->watch(p, p + i * 37);
    }
    const double watch_us = seconds_since(start) * 1e6 / static_cast<double>(std::max(1L, watches));
    const std::size_t full = resident_bytes();
    if (load->failed() > 0) {
        std::fprintf(stderr, "%ld subscriptions were refused\n", load->failed());
        return 1;
    }
    std::printf("%ld principals, each logged on; %ld subscriptions in all; sizes: Subscription %zu, Node %zu, "
                "Principal %zu, CallBack %zu bytes\n", principals, static_cast<long>(load->service().table().size()),
                sizeof(presence::Subscription), sizeof(presence::Node), sizeof(presence::Principal), sizeof(presence::CallBack));
    // Each watcher's Call-Back is kept once: its URL, and the key it is found by.
    const auto strings = static_cast<double>(principals) * static_cast<double>(
        std::string("http://im.bench.test/instmsg/aliases/p500000").size() + 2 * std::string("/instmsg/aliases/p500000").size());
    row("memory per subscription, strings included", static_cast<double>(full - logged_on) / static_cast<double>(std::max(1L, watches)), "bytes", "-");
    row("memory per subscription beyond its unique strings", (static_cast<double>(full - logged_on) - strings) / static_cast<double>(std::max(1L, watches)), "bytes", "<= 160");
    row("memory per principal, logged on, strings included", static_cast<double>(logged_on - empty) / static_cast<double>(principals), "bytes", "-");
    row("whole process", static_cast<double>(full) / (1 << 20), "MiB", "<= 6144");
    row("a log-on, tables only", log_on_us, "us", "-");
    row("a property subscription, tables only", watch_us, "us", "-");

    start = std::chrono::steady_clock::now();
    for (int tick = 0; tick < 40; ++tick) {  // ten idle seconds
        load->clock().advance(std::chrono::milliseconds(250));
        load->wheel().run(load->clock().now());
    }
    row("the wheel, idle with all those leases, of one core", seconds_since(start) * 10, "%", "< 1");
    measure_wheel(principals * each, true);
    measure_wheel(principals * each, false);
    std::fflush(stdout);
    _exit(0);  // to free it all, one by one, proves nothing
}
