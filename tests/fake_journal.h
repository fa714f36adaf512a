// tests/fake_journal.h: a Journal in memory that answers when told, and fails when told.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "presence/ports.h"

namespace tests {

/// Holds every commit and scan until complete() or complete_all(); then it is kept, or not, and answered, one by one
/// in the order given. So a test decides how slow the store is, and looks at the world between asking and answering.
class FakeJournal final : public presence::Journal {
public:
    /// kind, shard, key
    using Key = std::tuple<char, std::uint16_t, std::string>;
    using Records = std::map<Key, std::string>;

    FakeJournal() = default;
    explicit FakeJournal(Records kept) : records(std::move(kept)) {}
    ~FakeJournal() override { complete_all(); }

    // ---- What the test does ----

    /// Answers the oldest `count` of what is waiting. Returns how many there were.
    std::size_t complete(std::size_t count = 1) {
        std::size_t done = 0;
        for (; done < count && !waiting_.empty(); ++done) {
            auto oldest = std::move(waiting_.front());
            waiting_.pop_front();
            oldest();
        }
        return done;
    }
    /// Answers until nothing waits; what the answers ask for is answered too.
    std::size_t complete_all() {
        std::size_t done = 0;
        while (complete() == 1) ++done;
        return done;
    }
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
    /// Commits answered while this is set fail with it.
    void fail_with(std::optional<base::Error> error) { failure_ = std::move(error); }
    /// The next `count` commits that are answered fail; then all is well again.
    void fail_next(std::size_t count, base::Errc code = base::Errc::no_space) {
        fail_next_ = count;
        fail_code_ = code;
    }
    /// The scan that is answered next fails.
    void fail_next_scan() { fail_scan_ = true; }
    /// Another server has taken this shard: a batch that touches it fails as a whole.
    void fence(std::uint16_t shard) { fenced_.insert(shard); }
    void unfence(std::uint16_t shard) { fenced_.erase(shard); }

    Records records;
    std::vector<presence::ArchivedMessage> messages;
    std::vector<presence::Batch> asked;  ///< every batch as it came, kept or not

    // ---- Journal ----

    void commit(presence::Batch batch, base::Once<void(base::Result<void>)> done) override {
        asked.push_back(batch);
        waiting_.push_back([this, b = std::move(batch), owed = std::move(done)]() mutable {
            const auto outcome = verdict(b);
            failing_ = !outcome;
            if (outcome) keep(b);
            owed(outcome);
        });
    }
    base::Result<void> load(std::string_view kinds, const presence::RecordSink& sink) override {
        for (const char kind : kinds) {
            for (const auto& [key, value] : records) {
                if (std::get<char>(key) != kind) continue;
                presence::Record record = record_of(key, value);
                sink(record);
            }
        }
        return {};
    }
    void scan(std::uint16_t shard, char kind, std::string prefix, std::string after, std::size_t limit,
              base::Once<void(base::Result<std::vector<presence::Record>>)> done) override {
        waiting_.push_back([this, shard, kind, prefix = std::move(prefix), after = std::move(after), limit,
                            owed = std::move(done)]() mutable {
            if (std::exchange(fail_scan_, false)) return owed(base::fail(base::Errc::internal, "fake store: told to fail"));
            std::vector<presence::Record> found;
            for (auto at = records.upper_bound({kind, shard, after}); at != records.end(); ++at) {
                const auto& [k, s, key] = at->first;
                if (found.size() == limit || k != kind || s != shard) break;
                if (key.starts_with(prefix)) found.push_back(record_of(at->first, at->second));
            }
            owed(std::move(found));
        });
    }
    [[nodiscard]] bool failing() const override { return failing_; }

private:
    /// std::function wants to copy; what waits here need not be copied.
    class Waiting {
    public:
        template <class F>
        Waiting(F f) : held_(std::make_unique<Holder<F>>(std::move(f))) {}  // NOLINT: implicit on purpose
        void operator()() { held_->call(); }

    private:
        struct Held {
            virtual ~Held() = default;
            virtual void call() = 0;
        };
        template <class F>
        struct Holder final : Held {
            explicit Holder(F f) : fn(std::move(f)) {}
            void call() override { fn(); }
            F fn;
        };
        std::unique_ptr<Held> held_;
    };

    static presence::Record record_of(const Key& key, const std::string& value) {
        presence::Record out;
        std::tie(out.kind, out.shard, out.key) = key;
        out.value = value;
        return out;
    }
    base::Result<void> verdict(const presence::Batch& batch) {
        if (failure_) return std::unexpected(*failure_);
        if (fail_next_ > 0) {
            --fail_next_;
            return base::fail(fail_code_, "fake store: told to fail");
        }
        for (const presence::Record& record : batch.records) {
            if (fenced_.contains(record.shard)) {
                return base::fail(base::Errc::internal,
                                  "fake store: shard " + std::to_string(record.shard) + " is another server's");
            }
        }
        return {};
    }
    void keep(presence::Batch& batch) {
        for (presence::Record& record : batch.records) {
            Key key(record.kind, record.shard, std::move(record.key));
            if (record.act == presence::Record::Act::put) records[std::move(key)] = std::move(record.value);
            else records.erase(key);
        }
        for (presence::ArchivedMessage& message : batch.messages) {
            message.id = messages.size() + 1;
            messages.push_back(std::move(message));
        }
    }

    std::deque<Waiting> waiting_;
    std::optional<base::Error> failure_;
    std::size_t fail_next_ = 0;
    base::Errc fail_code_ = base::Errc::no_space;
    std::set<std::uint16_t> fenced_;
    bool fail_scan_ = false;
    bool failing_ = false;
};

}  // namespace tests
