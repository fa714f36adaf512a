// store/read_ahead.cc: a ring of loads between the reader and who takes.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7, 11 (restart)
#include "store/read_ahead.h"

#include <array>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace store {

using base::Result;
using presence::Record;
using presence::RecordSink;

namespace {

constexpr std::size_t kLoadBytes = 256 * 1024;
constexpr std::size_t kKeptText = 4096;

/// Records that change threads together. Their texts are exchanged for used ones, not copied, all the way.
struct Load {
    std::array<Record, 1024> records;
    std::size_t size = 0;
    std::size_t bytes = 0;

    [[nodiscard]] bool full() const { return size == records.size() || bytes >= kLoadBytes; }
    void take(Record& record) {
        bytes += record.key.size() + record.value.size();
        std::swap(records[size++], record);
    }
};

/// A kept message may be long; used texts are not to hold so much for each record of the ring.
void let_go_of_much(std::string& used) {
    if (used.capacity() > kKeptText) std::string().swap(used);  // an assignment would keep its memory
}

/// Loads go round: filled by the reader, emptied by the taker. Only one of the two ever waits.
class Ring {
public:
    // Of the reader.
    [[nodiscard]] Load& next_empty() {
        std::unique_lock lock(mutex_);
        moved_.wait(lock, [this] { return filled_ - taken_ < loads_.size() || left_; });
        Load& load = loads_[filled_ % loads_.size()];
        load.size = load.bytes = 0;
        return load;
    }
    void filled() { move([this] { ++filled_; }); }
    void ended() { move([this] { ended_ = true; }); }

    // Of the taker.
    /// Null: the reader has ended, and all is taken.
    [[nodiscard]] Load* next_full() {
        std::unique_lock lock(mutex_);
        moved_.wait(lock, [this] { return filled_ > taken_ || ended_; });
        return filled_ > taken_ ? &loads_[taken_ % loads_.size()] : nullptr;
    }
    void taken() { move([this] { ++taken_; }); }
    /// Nothing more is taken: the reader waits for nobody.
    void left() { move([this] { left_ = true; }); }

private:
    template <class Step>
    void move(Step step) {
        {
            std::lock_guard lock(mutex_);
            step();
        }
        moved_.notify_one();
    }

    std::array<Load, 4> loads_;
    std::mutex mutex_;
    std::condition_variable moved_;
    std::size_t filled_ = 0, taken_ = 0;   // guarded by mutex_
    bool ended_ = false, left_ = false;    // guarded by mutex_
};

Result<void> fill(Ring& ring, const std::function<Result<void>(const RecordSink&)>& read) {
    Load* load = &ring.next_empty();
    auto outcome = read([&ring, &load](Record& record) {
        load->take(record);
        if (!load->full()) return;
        ring.filled();
        load = &ring.next_empty();
    });
    ring.filled();
    return outcome;
}

/// Also when the sink throws.
struct Leave {
    Ring& ring;
    ~Leave() { ring.left(); }
};

}  // namespace

Result<void> read_ahead(const std::function<Result<void>(const RecordSink&)>& read, const RecordSink& sink) {
    Ring ring;
    Result<void> outcome;
    std::exception_ptr thrown;
    const std::jthread reader([&] {
        try {
            outcome = fill(ring, read);
        } catch (...) {
            thrown = std::current_exception();
        }
        ring.ended();
    });
    const Leave leave{ring};
    while (Load* load = ring.next_full()) {
        for (std::size_t i = 0; i < load->size; ++i) {
            Record& record = load->records[i];
            sink(record);
            let_go_of_much(record.key);
            let_go_of_much(record.value);
        }
        ring.taken();
    }
    if (thrown) std::rethrow_exception(thrown);
    return outcome;
}

}  // namespace store
