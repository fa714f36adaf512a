// tests/server/courier_alloc_test.cc: how often a courier thread asks for memory once it is warm: never per NOTIFY.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 8; performance (what follows from it, 1 and 3)
#include <atomic>
#include <cstdlib>
#include <new>

#include "tests/server/courier_fixture.h"

// A sanitizer has an operator new of its own and needs it.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCounts = false;
#else
constexpr bool kCounts = true;
#endif

namespace {

std::atomic<std::uint64_t> allocations{0};
thread_local bool counted = true;  // threads of the test itself clear it, so that a courier's remains

}  // namespace

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"  // what is inlined looks mismatched; it is not
void* operator new(std::size_t size) {
    if (counted) allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace server {
namespace {

class CourierAllocations : public CourierTest {
protected:
    static constexpr std::size_t kEndpoints = 10;
    static constexpr int kRounds = 1000;

    CourierAllocations() {
        if (!kCounts) return;
        counted = false;
        main_.call([] { counted = false; });
    }
    ~CourierAllocations() override { counted = true; }

    /// `per_endpoint` targets on each of the endpoints.
    void open_all(std::size_t per_endpoint) {
        for (std::size_t i = 0; i < kEndpoints; ++i) {
            ports_.emplace_back().listen();
            for (std::size_t k = 0; k < per_endpoint; ++k) {
                targets_.push_back(try_open("http://" + ports_.back().text() + "/" + std::to_string(k)).value());
            }
        }
    }
    /// `each` deliveries to each target, and each answered.
    template <class Make>
    void round(Make make, unsigned each = 1) {
        std::vector<Delivery> deliveries;
        for (unsigned subscription = 0; subscription < each; ++subscription) {
            for (const TargetId target : targets_) deliveries.push_back(make(target, subscription));
        }
        push(deliveries);
        for (std::size_t i = 0; i < kEndpoints; ++i) {
            if (connections_.size() == i) connections_.push_back(ports_[i].accept());
            for (std::size_t k = 0; k < deliveries.size() / kEndpoints; ++k) serve(connections_[i]);
        }
    }
    /// What other threads allocated in `rounds` of them, after as many to warm up, some with more under way.
    template <class Make>
    std::uint64_t allocated(int rounds, Make make) {
        for (int i = 0; i < rounds; ++i) round(make, i % 10 == 0 ? 4 : 1);
        settle();
        const std::uint64_t before = allocations.load();
        for (int i = 0; i < rounds; ++i) round(make);
        return allocations.load() - before;
    }

    std::vector<Port> ports_;
    std::vector<Connection> connections_;
    std::vector<TargetId> targets_;
};

TEST_F(CourierAllocations, TheCounterSeesOtherThreads) {
    if (!kCounts) GTEST_SKIP() << "a sanitizer is in the way";
    const std::uint64_t before = allocations.load();
    std::string made;
    std::thread([&] { made = std::string(100, 'x'); }).join();
    EXPECT_EQ(allocations.load(), before + 1);
    made = std::string(200, 'y');
    EXPECT_EQ(allocations.load(), before + 1);
}

TEST_F(CourierAllocations, TenThousandPropertyChangesTakeNone) {
    if (!kCounts) GTEST_SKIP() << "a sanitizer is in the way";
    open_all(1);
    const auto make = [this](TargetId target, unsigned subscription) { return state(target, "a", 0, subscription); };
    EXPECT_EQ(allocated(kRounds, make), 0u);
}

TEST_F(CourierAllocations, PipelinedTheyTakeNone) {
    if (!kCounts) GTEST_SKIP() << "a sanitizer is in the way";
    open_all(8);
    const auto make = [this](TargetId target, unsigned subscription) { return state(target, "a", 0, subscription); };
    EXPECT_EQ(allocated(kRounds / 8, make), 0u);
}

TEST_F(CourierAllocations, ABatchOfFatesTakesAFewHoweverLargeItIs) {
    if (!kCounts) GTEST_SKIP() << "a sanitizer is in the way";
    open_all(1);
    std::uint64_t token = 0;
    const auto make = [&](TargetId target, unsigned) { return message(target, "m", ++token); };
    const std::uint64_t count = allocated(kRounds, make);
    RecordProperty("allocations", std::to_string(count));
    // Each wake-up of the loop is a closure and an entry in the loop's queue: here one for each answer at most.
    EXPECT_LE(count, 2u * kRounds * kEndpoints);
}

}  // namespace
}  // namespace server
