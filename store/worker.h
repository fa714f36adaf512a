// store/worker.h: a thread that serves jobs in batches, and brings them back to the loop in the same order.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/fetch.h"
#include "base/handoff.h"
#include "base/loop.h"

namespace store {

/// Job has `std::size_t bytes` (what it counts in queued()) and `void settle()`, which is called exactly once, on
/// the loop, after the job was served or turned back. A loop's thread is the only one that may submit, so the queue
/// towards the thread is a mutex and a condition, while the way back is a base/handoff that carries the news that
/// something is there: so stop() can still settle what nobody would come for.
/// Thread: loop.
template <class Job>
class Worker {
public:
    using Jobs = std::vector<std::unique_ptr<Job>>;

    /// On the worker's thread: `serve` gets everything that gathered, and keeps the jobs where they are; `rest` runs
    /// after they went home, and as long as it returns true again and again while nothing is asked (`idle`).
    Worker(base::Loop& loop, std::function<void(Jobs&)> serve, std::function<bool(bool idle)> rest = nullptr)
        : serve_(std::move(serve)),
          rest_(std::move(rest)),
          home_(loop, [this](std::vector<char>&) { settle_all(); }),
          thread_([this] { run(); }) {}
    ~Worker() { stop(); }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void submit(std::unique_ptr<Job> job) {
        assert(!stopped_);
        queued_ += job->bytes;
        ++jobs_;
        bool idle;
        {
            std::lock_guard lock(mutex_);
            idle = waiting_.empty();
            waiting_.push_back(std::move(job));
        }
        if (idle) something_.notify_one();
    }
    /// Settles the job soon without serving it, as its outcome stands.
    void turn_back(std::unique_ptr<Job> job) {
        queued_ += job->bytes;
        ++jobs_;
        Jobs one;
        one.push_back(std::move(job));
        send_home(one);
    }
    /// Serves what is queued, ends the thread, settles everything before it returns. What settle() turns back
    /// meanwhile is settled too. Not from inside settle().
    void stop() {
        if (stopped_) return;
        stopped_ = true;
        {
            std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        something_.notify_one();
        thread_.join();
        while (settle_all()) {
        }
    }
    /// Whether stop() was called: submit() must not be.
    [[nodiscard]] bool stopped() const { return stopped_; }
    /// Jobs, and their bytes, that are not settled yet.
    [[nodiscard]] std::size_t queued_bytes() const { return queued_; }
    [[nodiscard]] std::size_t queued() const { return jobs_; }

private:
    // Longer than it takes those who were answered to ask again.
    static constexpr std::chrono::milliseconds kIdleAfter{5};
    static constexpr std::size_t kAhead = 4;  // jobs that are fetched before they are settled: the other thread had them last

    void run() {
        Jobs taken;
        bool more = rest_ != nullptr;
        for (;;) {
            bool idle;
            {
                std::unique_lock lock(mutex_);
                const auto asked = [this] { return stopping_ || !waiting_.empty(); };
                if (more) something_.wait_for(lock, kIdleAfter, asked);
                else something_.wait(lock, asked);
                if (waiting_.empty() && stopping_) return;
                idle = waiting_.empty();
                std::swap(waiting_, taken);
            }
            if (!idle) {
                serve_(taken);
                send_home(taken);
            }
            more = rest_ && rest_(idle);
        }
    }
    void send_home(Jobs& jobs) {
        bool wake;
        {
            std::lock_guard lock(mutex_);
            wake = served_.empty();
            for (auto& job : jobs) served_.push_back(std::move(job));
        }
        jobs.clear();
        if (wake) home_.send(0);
    }
    bool settle_all() {
        Jobs done;
        {
            std::lock_guard lock(mutex_);
            std::swap(served_, done);
        }
        for (std::size_t i = 0; i < done.size(); ++i) {
            if (i + kAhead < done.size()) base::fetch(done[i + kAhead].get());
            queued_ -= done[i]->bytes;
            --jobs_;
            done[i]->settle();
        }
        return !done.empty();
    }

    std::function<void(Jobs&)> serve_;
    std::function<bool(bool)> rest_;
    std::mutex mutex_;
    std::condition_variable something_;
    Jobs waiting_;           // guarded by mutex_
    Jobs served_;            // guarded by mutex_
    bool stopping_ = false;  // guarded by mutex_
    bool stopped_ = false;   // loop
    std::size_t queued_ = 0, jobs_ = 0;  // loop
    base::Handoff<char> home_;
    std::thread thread_;  // last: it uses all of the above
};

}  // namespace store
