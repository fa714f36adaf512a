// store/journal.cc: jobs for the writer, and what is told to those who wait for it.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7, cluster 3
#include "store/journal.h"

#include <cassert>
#include <chrono>
#include <filesystem>
#include <utility>

#include "store/backup.h"
#include "store/check.h"
#include "store/merge.h"
#include "store/read_ahead.h"

namespace store {

using base::Errc;
using base::Result;
using presence::Batch;
using presence::Record;
using presence::RecordSink;

namespace {

constexpr std::size_t kMostQueuedBytes = 64U << 20;
constexpr std::size_t kMostBackups = 4;
/// What an entry costs beside its own bytes, about.
constexpr std::size_t kOverhead = 128;
constexpr auto kRetry = std::chrono::seconds(1);

std::size_t size_of(const Batch& batch) {
    std::size_t bytes = kOverhead;
    for (const Record& record : batch.records) bytes += kOverhead + record.key.size() + record.value.size();
    for (const presence::ArchivedMessage& m : batch.messages) {
        bytes += 2 * kOverhead + m.conversation.size() + m.sender.size() + m.session_id.size() +
                 m.content_type.size() + m.octets.size() + m.text.size();
        for (const std::string& receiver : m.receivers) bytes += kOverhead + receiver.size();
    }
    return bytes;
}

}  // namespace

class Journal::Commit final : public Job {
public:
    Commit(Journal& journal, Batch batch, base::Once<void(Result<void>)> done)
        : Job(Way::grouped, size_of(batch)), journal_(journal), batch_(std::move(batch)), done_(std::move(done)) {
        secret = batch_.secret;
    }

    Result<void> work(Tables& tables) override {
        if (secret) {  // what it replaces or erases must not stay among the recent ones
            if (auto placed = tables.place_all(); !placed) return placed;
        }
        for (const Record& record : batch_.records) {
            if (auto applied = secret ? tables.place(record) : tables.apply(record); !applied) return applied;
        }
        for (const presence::ArchivedMessage& message : batch_.messages) {
            if (auto added = tables.add(message); !added) return added;
        }
        return {};
    }
    void settle() override {
        journal_.settled(*this);
        done_(std::move(outcome));
    }

private:
    Journal& journal_;
    Batch batch_;
    base::Once<void(Result<void>)> done_;
};

class Journal::Scan final : public Job {
public:
    Scan(std::uint16_t shard, char kind, std::string prefix, std::string after, std::size_t limit,
         base::Once<void(Result<std::vector<Record>>)> done)
        : Job(Way::looking, kOverhead + prefix.size() + after.size()),
          shard_(shard),
          kind_(kind),
          prefix_(std::move(prefix)),
          after_(std::move(after)),
          limit_(limit),
          done_(std::move(done)) {
        looks_for = kind;
    }

    Result<void> work(Tables& tables) override {
        auto found = tables.scan(shard_, kind_, prefix_, after_, limit_);
        if (!found) return std::unexpected(found.error());
        found_ = std::move(*found);
        return {};
    }
    void settle() override {
        if (outcome) done_(std::move(found_));
        else done_(std::unexpected(outcome.error()));
    }

private:
    const std::uint16_t shard_;
    const char kind_;
    const std::string prefix_, after_;
    const std::size_t limit_;
    base::Once<void(Result<std::vector<Record>>)> done_;
    std::vector<Record> found_;
};

/// Writes nothing but a number: whether it can.
class Journal::Probe final : public Job {
public:
    explicit Probe(Journal& journal) : Job(Way::alone, 0), journal_(journal) {}
    Result<void> work(Tables& tables) override {
        tables.touch();
        return {};
    }
    void settle() override { journal_.settled(*this); }

private:
    Journal& journal_;
};

struct Journal::Copy {
    Copy(std::string where, base::Once<void(Result<void>)> owed) : to(std::move(where)), done(std::move(owed)) {}
    void settle() { done(std::move(outcome)); }

    static constexpr std::size_t bytes = 0;
    std::string to;
    base::Once<void(Result<void>)> done;
    Result<void> outcome;
};

Journal::Journal(base::Loop& loop, base::Log& log, const std::string& path)
    : loop_(loop), log_(log), path_(std::filesystem::absolute(path).lexically_normal().string()), retry_(*this) {}

Journal::~Journal() { close(); }

Result<void> Journal::open() {
    if (auto made = make_folders_for(path_); !made) return made;
    auto lock = FileLock::take(path_);
    if (!lock) return std::unexpected(lock.error());
    auto writer = std::make_unique<Writer>(log_, path_);
    if (auto opened = writer->open(); !opened) return opened;
    lock_ = std::move(*lock);
    writer_ = std::move(writer);
    worker_ = std::make_unique<Worker<Job>>(
        loop_, [w = writer_.get()](Worker<Job>::Jobs& jobs) { w->serve(jobs); }, [w = writer_.get()](bool idle) { return w->rest(idle); });
    return {};
}

void Journal::close() {
    retry_.cancel();
    give_up_.request_stop();
    if (copier_) copier_->stop();
    if (worker_) worker_->stop();
    retry_.cancel();
    if (writer_) writer_->close();
    writer_.reset();
    lock_.reset();
}

void Journal::submit(std::unique_ptr<Job> job) {
    assert(worker_ && "the journal was never opened");
    if (worker_->stopped()) {
        job->outcome = base::fail(Errc::internal, path_ + ": is closed");
        return worker_->turn_back(std::move(job));
    }
    if (worker_->queued_bytes() + job->bytes > kMostQueuedBytes) {
        job->outcome = base::fail(Errc::busy, path_ + ": too much is waiting to be written");
        return worker_->turn_back(std::move(job));
    }
    worker_->submit(std::move(job));
}

void Journal::commit(Batch batch, base::Once<void(Result<void>)> done) {
    submit(std::make_unique<Commit>(*this, std::move(batch), std::move(done)));
}

void Journal::scan(std::uint16_t shard, char kind, std::string prefix, std::string after, std::size_t limit,
                   base::Once<void(Result<std::vector<Record>>)> done) {
    submit(std::make_unique<Scan>(shard, kind, std::move(prefix), std::move(after), limit, std::move(done)));
}

Result<void> Journal::load(std::string_view kinds, const RecordSink& sink) {
    return read_ahead([this, kinds](const RecordSink& ahead) { return read(kinds, ahead); }, sink);
}

Result<void> Journal::read(std::string_view kinds, const RecordSink& sink) const {
    // A connection of its own, for the writer's belongs to its thread.
    auto db = Database::open(path_, Database::Mode::read_only);
    if (!db) return std::unexpected(db.error());
    auto snapshot = Transaction::begin(*db, Transaction::Kind::reading);
    if (!snapshot) return std::unexpected(snapshot.error());
    const auto tallies = read_tallies(*db);
    if (!tallies) return std::unexpected(tallies.error());
    const auto recent = read_recent(*db, *tallies);
    if (!recent) return std::unexpected(recent.error());
    Merge merge(recent->records, sink);
    for (const char kind : kinds) {
        merge.begin(kind);
        auto all = read_records(*db, static_cast<unsigned char>(kind), *tallies, [&merge](Record& r) { merge.see(r); });
        if (!all) return all;
        merge.end();
    }
    return {};
}

void Journal::backup(std::string to, base::Once<void(Result<void>)> done) {
    if (!copier_) {
        copier_ = std::make_unique<Worker<Copy>>(
            loop_, [this, stop = give_up_.get_token()](Worker<Copy>::Jobs& jobs) {
                for (auto& job : jobs) job->outcome = copy_store(path_, job->to, stop);
            });
    }
    auto job = std::make_unique<Copy>(std::move(to), std::move(done));
    if (copier_->stopped() || copier_->queued() >= kMostBackups) {
        job->outcome = base::fail(Errc::busy, path_ + ": other backups are under way");
        return copier_->turn_back(std::move(job));
    }
    copier_->submit(std::move(job));
}

void Journal::probe() {
    if (!worker_->stopped()) worker_->submit(std::make_unique<Probe>(*this));
}

void Journal::settled(const Job& job) {
    if (!job.tried) return;
    failing_ = !job.outcome;
    if (!failing_) return retry_.cancel();
    if (!retry_.armed() && !worker_->stopped()) loop_.wheel().arm(retry_, loop_.clock().now() + kRetry);
}

}  // namespace store
