// tests/base/loop_test.cc: posts, ticks, descriptors and signals on one thread.
// SPDX-License-Identifier: Apache-2.0
#include "base/loop.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

namespace base {
namespace {

using namespace std::chrono_literals;

struct Pipe {
    Pipe() {
        if (pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    }
    ~Pipe() {
        close(ends[0]);
        close_writer();
    }
    void close_writer() {
        if (ends[1] >= 0) close(ends[1]);
        ends[1] = -1;
    }
    void write(std::string_view text) {
        ASSERT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }
    /// One byte; '\0' at the end.
    char read_one() {
        char c = '?';
        return ::read(ends[0], &c, 1) == 1 ? c : '\0';
    }
    int reader() const { return ends[0]; }
    std::array<int, 2> ends{};
};

struct LoopTest : testing::Test {
    /// Stops the loop once everything that is queued or readable now has been served.
    void stop_when_quiet(int rounds = 20) {
        if (rounds == 0) return loop.stop();
        loop.post([this, rounds] { stop_when_quiet(rounds - 1); });
    }
    FakeClock clock;
    Loop loop{clock, 10ms};
};

class CountingHook final : public TimerHook {
public:
    explicit CountingHook(std::function<void()> fn) : fn_(std::move(fn)) {}

private:
    void on_due(Instant) override { fn_(); }
    std::function<void()> fn_;
};

TEST_F(LoopTest, RunsPostsInOrderUntilStopped) {
    std::vector<int> order;
    for (int i = 0; i < 3; ++i) loop.post([&order, i] { order.push_back(i); });
    loop.post([this] { loop.stop(); });
    loop.run();
    EXPECT_EQ(order, (std::vector{0, 1, 2}));
}

TEST_F(LoopTest, MayBeStoppedBeforeItRuns) {
    bool ran = false;
    loop.post([&] { ran = true; });
    loop.stop();
    loop.run();
    EXPECT_FALSE(ran);
}

TEST_F(LoopTest, WaitsForWorkFromOtherThreadsAndRunsItOnItsOwn) {
    std::thread runner([this] { loop.run(); });
    for (int i = 0; i < 3; ++i) {
        std::promise<std::thread::id> where;
        loop.post([&] { where.set_value(std::this_thread::get_id()); });
        EXPECT_EQ(where.get_future().get(), runner.get_id());
    }
    loop.stop();
    runner.join();
}

TEST_F(LoopTest, TicksAFakeClockOnlyWhenTold) {
    int called = 0;
    CountingHook hook([&] { ++called; });
    loop.wheel().arm(hook, clock.now() + 30ms);
    clock.advance(1h);
    stop_when_quiet();
    loop.run();
    EXPECT_EQ(called, 0);
    loop.tick();
    EXPECT_EQ(called, 1);
    EXPECT_EQ(loop.wheel().now(), clock.now());
}

TEST(Loop, DrivesItsWheelByItselfWithARealClock) {
    SystemClock clock;
    Loop loop(clock, 1ms);
    int called = 0;
    CountingHook hook([&] {
        if (++called == 3) return loop.stop();
        loop.wheel().arm(hook, loop.wheel().now() + 2ms);
    });
    loop.wheel().arm(hook, clock.now() + 1ms);
    loop.run();
    EXPECT_EQ(called, 3);
    EXPECT_EQ(&loop.clock(), &clock);
}

TEST_F(LoopTest, AnExceptionThatLeavesAHandlerEndsTheProcess) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            loop.post([] { throw std::runtime_error("a bug"); });
            try {
                loop.run();
            } catch (...) {  // must not get here
            }
            loop.stop();
        },
        "terminate called");
}

TEST_F(LoopTest, CallsAgainAsLongAsADescriptorStaysReadable) {
    Pipe pipe;
    std::string got;
    auto watch = loop.watch_readable(pipe.reader(), [&] {
        got += pipe.read_one();
        if (got.size() == 5) loop.stop();
    });
    pipe.write("abc");
    loop.post([&] { loop.post([&] { pipe.write("de"); }); });
    loop.run();
    EXPECT_EQ(got, "abcde");
}

TEST_F(LoopTest, CallsAgainForWhatComesAfterTheDescriptorWasEmpty) {
    Pipe pipe;
    std::string got;
    auto watch = loop.watch_readable(pipe.reader(), [&] {
        got += pipe.read_one();
        if (got.size() == 4) return loop.stop();
        // Far enough behind that the loop waits again before it comes.
        loop.post([&] { loop.post([&] { loop.post([&] { pipe.write("x"); }); }); });
    });
    pipe.write("a");
    loop.run();
    EXPECT_EQ(got, "axxx");
}

TEST_F(LoopTest, LetsOthersHaveTheirTurnWhileADescriptorStaysReadable) {
    Pipe pipe;
    int calls = 0;
    auto watch = loop.watch_readable(pipe.reader(), [&] {
        if (++calls == 1) loop.post([this] { loop.stop(); });
        if (calls == 1000) loop.stop();
    });
    pipe.write("a");
    loop.run();
    EXPECT_LT(calls, 1000) << "the post starves";
}

TEST_F(LoopTest, TellsThatThePeerHungUp) {
    Pipe pipe;
    auto watch = loop.watch_readable(pipe.reader(), [&] {
        EXPECT_EQ(pipe.read_one(), '\0');
        loop.stop();
    });
    pipe.close_writer();
    loop.run();
}

TEST_F(LoopTest, WatchesAnEpollDescriptor) {
    Pipe pipe;
    const int inner = epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{.events = EPOLLIN, .data = {}};
    ASSERT_EQ(epoll_ctl(inner, EPOLL_CTL_ADD, pipe.reader(), &event), 0);
    std::string got;
    {
        auto watch = loop.watch_readable(inner, [&] {
            got += pipe.read_one();
            if (got.size() == 3) loop.stop();
            if (got.size() == 2) loop.post([&] { loop.post([&] { pipe.write("c"); }); });
        });
        pipe.write("ab");
        loop.run();
    }
    close(inner);
    EXPECT_EQ(got, "abc");
}

TEST_F(LoopTest, AWatchMayBeDestroyedInsideItsOwnCall) {
    Pipe pipe;
    int calls = 0;
    std::unique_ptr<Loop::Watch> watch;
    watch = loop.watch_readable(pipe.reader(), [&, kept = std::make_shared<int>(7)] {
        ++calls;
        watch.reset();
        EXPECT_EQ(*kept, 7) << "the closure lives until it returns";
    });
    pipe.write("ab");
    stop_when_quiet();
    loop.run();
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(pipe.read_one(), 'a') << "the descriptor is only borrowed";
}

TEST_F(LoopTest, AWatchDestroyedBetweenTwoCallsIsNotCalledAgain) {
    Pipe pipe;
    int calls = 0;
    std::unique_ptr<Loop::Watch> watch;
    watch = loop.watch_readable(pipe.reader(), [&] {
        ++calls;
        loop.post([&] { watch.reset(); });
    });
    pipe.write("ab");
    stop_when_quiet();
    loop.run();
    EXPECT_EQ(calls, 1);
}

TEST_F(LoopTest, ADescriptorCanBeWatchedAnewOnceItsWatchIsGone) {
    Pipe pipe;
    int first = 0, second = 0;
    auto watch = loop.watch_readable(pipe.reader(), [&] { ++first; });
    watch.reset();
    watch = loop.watch_readable(pipe.reader(), [&] {
        ++second;
        pipe.read_one();
        loop.stop();
    });
    pipe.write("a");
    loop.run();
    EXPECT_EQ(first, 0);
    EXPECT_EQ(second, 1);
}

TEST_F(LoopTest, RefusesToWatchADescriptorTwice) {
    Pipe pipe;
    auto watch = loop.watch_readable(pipe.reader(), [] {});
    EXPECT_THROW((void)loop.watch_readable(pipe.reader(), [] {}), std::exception);
}

TEST_F(LoopTest, CallsForEachSignalUntilTheWatchIsGone) {
    std::vector<int> got;
    std::unique_ptr<Loop::Watch> watch;
    watch = loop.watch_signal(SIGUSR1, [&](int signal) {
        got.push_back(signal);
        if (got.size() < 3) {
            raise(SIGUSR1);
        } else {
            watch.reset();
            loop.stop();
        }
    });
    raise(SIGUSR1);
    loop.run();
    EXPECT_EQ(got, (std::vector{SIGUSR1, SIGUSR1, SIGUSR1}));
}

TEST(Loop, DropsWhatWasPostedAndArmedWhenItGoes) {
    FakeClock clock;
    auto held = std::make_shared<int>(1);
    auto hook = std::make_shared<CountingHook>([] {});
    {
        Loop loop(clock, 10ms);
        loop.post([held] {});
        loop.wheel().arm(*hook, clock.now() + 1s);
        loop.post([hook] {});
        EXPECT_EQ(held.use_count(), 2);
    }
    EXPECT_EQ(held.use_count(), 1);
    EXPECT_FALSE(hook->armed());
}

}  // namespace
}  // namespace base
