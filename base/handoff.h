// base/handoff.h: the only road between two threads.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/loop.h"

namespace base {

/// A queue into one loop's thread. Any thread may send; the receiver gets everything that gathered as one batch,
/// in order, with one wake-up per batch. Vectors are swapped, so a steady flow allocates nothing.
/// Lifetime: destroy it on the receiver's thread or after the receiver's loop has stopped.
template <class T>
class Handoff {
public:
    /// `receive` runs on `to`'s thread with each batch; it may take the elements out but leaves the vector.
    Handoff(Loop& to, std::function<void(std::vector<T>&)> receive)
        : shared_(std::make_shared<Shared>(to, std::move(receive))) {}
    ~Handoff() { shared_->closed = true; }
    Handoff(const Handoff&) = delete;
    Handoff& operator=(const Handoff&) = delete;

    /// Sends one. Thread-safe.
    void send(T item) {
        bool wake;
        {
            std::lock_guard lock(shared_->mutex);
            wake = shared_->waiting.empty();
            shared_->waiting.push_back(std::move(item));
        }
        if (wake) wake_up();
    }

    /// Sends all of `batch` in order and leaves it empty, its capacity kept. Thread-safe.
    void send_all(std::vector<T>& batch) {
        if (batch.empty()) return;
        bool wake;
        {
            std::lock_guard lock(shared_->mutex);
            wake = shared_->waiting.empty();
            if (wake) {
                std::swap(shared_->waiting, batch);
            } else {
                for (T& item : batch) shared_->waiting.push_back(std::move(item));
            }
        }
        batch.clear();
        if (wake) wake_up();
    }

private:
    struct Shared {
        Shared(Loop& loop, std::function<void(std::vector<T>&)> fn) : to(loop), receive(std::move(fn)) {}
        Loop& to;
        std::function<void(std::vector<T>&)> receive;
        std::mutex mutex;
        std::vector<T> waiting;  // guarded by mutex
        std::vector<T> taken;    // receiver's thread only
        bool closed = false;     // receiver's thread only
    };

    void wake_up() {
        shared_->to.post([shared = shared_] {
            if (shared->closed) return;
            {
                std::lock_guard lock(shared->mutex);
                std::swap(shared->waiting, shared->taken);
            }
            shared->receive(shared->taken);
            shared->taken.clear();
        });
    }

    std::shared_ptr<Shared> shared_;
};

}  // namespace base
