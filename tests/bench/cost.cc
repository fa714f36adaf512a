// tests/bench/cost.cc: what a NOTIFY costs in memory requests and wake-ups, counted in the real push engine.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5, 8
//
// Tells `--changes` changes to the endpoints of a sink, and counts operator new and asio's interruptions of a sleeping
// loop (an EPOLL_CTL_MOD of its eventfd) by the thread that calls them, once all is warm. Prints `cost ` and what came
// of it.
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <new>
#include <thread>

#include "server/courier.h"
#include "tests/bench/way_out.h"

namespace {

enum Who : std::size_t { bench_itself, loop_thread, courier_thread, kinds };
thread_local Who who = courier_thread;  // the others say who they are
std::atomic<std::int64_t> allocated[kinds];
std::atomic<std::int64_t> woken[kinds];
constexpr int kMostEvents = 1024;
std::atomic<bool> is_event[kMostEvents];  // by descriptor

}  // namespace

#pragma GCC diagnostic ignored "-Wmismatched-new-delete"  // what is inlined looks mismatched; it is not
void* operator new(std::size_t size) {
    allocated[who].fetch_add(1, std::memory_order_relaxed);
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

extern "C" int eventfd(unsigned start, int flags) noexcept {
    const auto fd = static_cast<int>(::syscall(SYS_eventfd2, start, flags));
    if (fd >= 0 && fd < kMostEvents) is_event[fd] = true;
    return fd;
}

extern "C" int epoll_ctl(int epoll, int what, int fd, epoll_event* event) noexcept {
    if (what == EPOLL_CTL_MOD && fd < kMostEvents && is_event[fd]) woken[who].fetch_add(1, std::memory_order_relaxed);
    return static_cast<int>(::syscall(SYS_epoll_ctl, epoll, what, fd, event));
}

namespace {

using namespace bench;

/// A push engine with one courier thread, its loop, and a target per endpoint.
class Engine {
public:
    Engine(const std::vector<Endpoints>& runs) : thread_([this] { loop_.run(); }) {
        call([&] {
            who = loop_thread;
            courier_ = std::make_unique<server::Courier>(loop_, clock_, log_, policy_, server::CourierSettings{});
            for (const Endpoints& run : runs) open(run);
        });
    }
    ~Engine() {
        call([this] { courier_.reset(); });
        loop_.stop();
        thread_.join();
    }

    /// Tells all of them, in one turn of the loop; `each`: as if so many subscriptions led to each.
    void tell(const std::string& text, std::size_t each = 1) {
        call([&] {
            const presence::Notification news{presence::Foreign{"<x>" + text + "</x>"}, "http://im.bench.test/star"};
            const auto prepared = courier_->prepare(news);
            for (std::size_t i = 0; i < targets_.size() * each; ++i) {
                const auto subscription = presence::SubscriptionId(static_cast<std::uint32_t>(i + 1));
                const presence::TargetId target = targets_[i % targets_.size()];
                courier_->push({target, subscription, prepared, presence::Persistence::newest, 0, {}, {}});
            }
        });
    }

    /// Waits until every answer is read.
    void finish() {
        for (bool busy = true; busy;) {
            std::promise<bool> said;
            call([&] { courier_->settle([&said](bool is) { said.set_value(is); }); });
            busy = said.get_future().get();
        }
    }

private:
    void open(const Endpoints& run) {
        const presence::Contact watcher{"http://im.bench.test/instmsg/aliases/w", "w"};
        const base::IpAddress source = *base::IpAddress::parse("127.0.0.1");
        for (std::int64_t i = run.first; i < run.first + run.count; ++i) {
            const std::string url = "http://" + to_text(loopback(1, i)) + ":" + std::to_string(run.port);
            targets_.push_back(courier_->open(url, watcher, source).value());
        }
    }
    void call(const std::function<void()>& fn) {
        std::promise<void> done;
        loop_.post([&] {
            fn();
            done.set_value();
        });
        done.get_future().get();
    }

    base::SystemClock clock_;
    base::Log log_{base::LogLevel::error};
    server::CallbackPolicy policy_ = server::CallbackPolicy::make({"source", "127.0.0.0/8"}).value();
    base::Loop loop_{clock_, std::chrono::milliseconds(250)};
    std::unique_ptr<server::Courier> courier_;
    std::vector<presence::TargetId> targets_;
    std::thread thread_;
};

/// Connects, and has more under way than is measured: how much that is at most depends on who is how fast.
void warm_up(Engine& engine, Sinks& sinks) {
    sinks.await("<x>warm<");
    engine.tell("warm", 4);
    sinks.wait_for_all();
    engine.finish();
}

void tell_often(Engine& engine, Sinks& sinks, std::int64_t changes) {
    for (std::int64_t i = 0; i < changes; ++i) {
        const std::string text = std::to_string(i);
        sinks.expect("<x>" + text + "<");
        engine.tell(text);
        sinks.wait_for_all();
    }
}

int count(const Options& options) {
    who = bench_itself;
    raise_descriptor_limit();
    Setting setting;
    setting.programs = options.text("programs", "build/release/bench");
    setting.descriptors = raise_descriptor_limit();
    const std::int64_t endpoints = options.number("endpoints", 1000);
    const std::int64_t changes = options.number("changes", 100);
    if (endpoints < 1 || changes < 1) stop("--endpoints and --changes are at least 1");
    Sinks sinks(setting, endpoints, "keep");
    std::vector<Endpoints> runs;
    for (const std::string& text : sinks.options()) {
        if (text != "--endpoints") runs.push_back(Endpoints::parse(text));
    }
    Engine engine(runs);
    warm_up(engine, sinks);
    tell_often(engine, sinks, 20);
    engine.finish();
    for (std::size_t i = 0; i < kinds; ++i) allocated[i] = woken[i] = 0;
    tell_often(engine, sinks, changes);
    const std::int64_t of_couriers = allocated[courier_thread];
    const auto per_change = [&](std::int64_t n) { return static_cast<double>(n) / static_cast<double>(changes); };
    const std::int64_t deliveries = endpoints * changes;
    std::printf("cost %lld deliveries in %lld batches: %.3f allocations per delivery by the couriers (%lld in all: a tick "
                "of their clock may take one), %.1f per batch by the loop; wake-ups per batch: %.2f of the couriers, "
                "%.2f of the loop\n",
                static_cast<long long>(deliveries), static_cast<long long>(changes),
                static_cast<double>(of_couriers) / static_cast<double>(deliveries), static_cast<long long>(of_couriers),
                per_change(allocated[loop_thread]), per_change(woken[loop_thread]), per_change(woken[courier_thread]));
    std::fflush(stdout);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return guarded("cost", [&] { return count(Options(argc, argv, {"programs", "endpoints", "changes"})); });
}
