// store/writer.cc: one transaction per group, and what happens when it fails.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7
#include "store/writer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "store/check.h"
#include "store/schema.h"

namespace store {

using base::Errc;
using base::Result;

namespace {

/// A store up to this size is checked page by page at each start: that takes a moment. Of a larger one, what load()
/// reads is checked against its sums and tallies, and messages when they are read.
constexpr std::uint64_t kCheckedAtStart = 32U << 20;
/// Frames of 4 KiB in the log that make a checkpoint worth while: 64 MiB, in which most pages stand more than once.
constexpr int kCheckpointFrames = 16384;
constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
/// Beyond this, recent records get their places even while others wait: so many for each that was committed, at least.
constexpr std::size_t kManyRecentBytes = 16U << 20;
constexpr std::size_t kPlacedForEach = 2;
constexpr std::size_t kFewestPlaced = 100;
/// And beyond this no more may come.
constexpr std::size_t kFullRecentBytes = 4 * kManyRecentBytes;
/// At a time, so that whoever comes does not wait long.
constexpr std::size_t kPlacedWhenIdle = 1000;

}  // namespace

Result<void> Writer::open() {
    if (!exists(path_)) {
        if (exists(wal_of(path_))) {
            return base::fail(Errc::internal, path_ + ": is not there, but its log " + wal_of(path_) +
                                                  " is: restore a backup, or remove that as well");
        }
        if (auto made = create_store(path_); !made) return made;
    }
    if (auto done = connect(); !done) return done;
    auto mark = Mark::open(path_);
    if (!mark) return std::unexpected(mark.error());
    mark_ = std::move(*mark);
    if (auto kept = check_promises(); !kept) return kept;
    if (size_of(path_) + size_of(wal_of(path_)) <= kCheckedAtStart) {
        if (auto good = check_store(*db_); !good) return good;
    }
    promised_ = tables_->tallies();
    mark_->write({promised_.store, promised_.commits()});
    return {};
}

Result<void> Writer::connect() {
    tables_.reset();
    db_.reset();
    auto db = open_store(path_);
    if (!db) return std::unexpected(db.error());
    db_.emplace(std::move(*db));
    auto tallies = read_tallies(*db_);
    if (!tallies) return std::unexpected(tallies.error());
    auto tables = std::make_unique<Tables>(*db_, std::move(*tallies));
    if (auto looked = tables->look(); !looked) return looked;
    tables_ = std::move(tables);
    return {};
}

Result<void> Writer::check_promises() const {
    const Tallies& found = tables_->tallies();
    const auto mark = mark_->read();
    if (!mark) {
        if (found.commits() > 0) log_.warning("store-mark-missing", {{"file", path_}});
        return {};
    }
    // Another store was put here; its promises are not known.
    if (mark->store != found.store || mark->commits <= found.commits()) return {};
    return base::fail(Errc::internal,
                      path_ + ": has lost its last " + std::to_string(mark->commits - found.commits()) +
                          " commits (" + wal_of(path_) + " is damaged or was removed): restore a backup, or remove " +
                          path_ + "-mark to go on without them");
}

Result<void> Writer::ready() {
    if (tables_ && !reopen_) return {};
    if (auto done = connect(); !done) return done;
    const Tallies& found = tables_->tallies();
    bool same = found.store == promised_.store;
    for (const auto& [kind, tally] : promised_.of) {
        const auto at = found.of.find(kind);
        same = same && at != found.of.end() && at->second.counts_like(tally) && at->second.last == tally.last;
    }
    if (!same) {
        tables_.reset();
        return base::fail(Errc::internal, path_ + ": no longer holds what was promised; restart, or restore a backup");
    }
    reopen_ = false;
    return {};
}

void Writer::serve(std::vector<std::unique_ptr<Job>>& jobs) {
    for (std::size_t at = 0; at < jobs.size();) {
        Job& first = *jobs[at];
        if (first.way == Job::Way::looking) {
            look(first);
            ++at;
            continue;
        }
        std::size_t end = at + 1;
        if (first.way == Job::Way::grouped) {
            while (end < jobs.size() && jobs[end]->way == Job::Way::grouped) ++end;
        }
        commit(Group(jobs).subspan(at, end - at));
        at = end;
    }
}

void Writer::look(Job& job) {
    job.outcome = ready();
    if (job.outcome && job.looks_for != 0) {
        const bool placed = !tables_->recent().holds(job.looks_for) || place_recent(kAll);
        if (placed) tables_->place_at_once(job.looks_for);
        job.outcome = ready();
    }
    if (job.outcome) job.outcome = job.work(*tables_);
}

void Writer::commit(Group group) {
    const auto begun = base::stopwatch();
    const auto done = write([&]() -> Result<void> {
        // They could not get their places for so long that no more may join them.
        if (tables_->recent().bytes() > kFullRecentBytes) {
            if (auto placed = tables_->place_all(); !placed) return placed;
        }
        for (auto& job : group) {
            if (auto worked = job->work(*tables_); !worked) return worked;
        }
        return {};
    });
    count(done, group.size(), base::stopwatch() - begun);
    tell(done);
    for (auto& job : group) {
        log_holds_secrets_ = log_holds_secrets_ || job->secret;
        job->tried = !done || *done;
        if (!done) job->outcome = std::unexpected(done.error());
    }
}

Result<bool> Writer::write(const Work& work) {
    auto done = try_write(work);
    if (done) return done;
    if (tables_) tables_->undone();
    if (db_) reopen_ = reopen_ || db_->wants_reopening();
    if (done.error().code != Errc::no_space) done.error().code = Errc::internal;
    bury();
    return done;
}

Result<bool> Writer::try_write(const Work& work) {
    if (auto can = ready(); !can) return std::unexpected(can.error());
    auto whole = Transaction::begin(*db_, Transaction::Kind::writing);
    if (!whole) return std::unexpected(whole.error());
    if (auto done = work(); !done) return std::unexpected(done.error());
    if (!tables_->changed()) return false;
    if (auto kept = seal_and_keep(*whole); !kept) return std::unexpected(kept.error());
    return true;
}

Result<void> Writer::place_recent(std::size_t most) {
    const auto done = write([&]() -> Result<void> {
        if (most == kAll) return tables_->place_all();
        const auto more = tables_->place_recent(most);
        return more ? Result<void>() : std::unexpected(more.error());
    });
    if (!done && !recent_stuck_) log_.warning("store-recent-stuck", {{"why", done.error().text}});
    recent_stuck_ = !done;
    return done ? Result<void>() : std::unexpected(done.error());
}

Result<void> Writer::seal_and_keep(Transaction& whole) {
    if (auto sealed = tables_->seal(); !sealed) return sealed;
    if (auto done = whole.commit(); !done) return done;
    tables_->kept();
    promised_ = tables_->tallies();
    mark_->write({promised_.store, promised_.commits()});
    return {};
}

// When fsync fails, the log already holds the whole group, commit frame and all, and the next process would take it
// for good. A small commit in its place breaks the chain of check sums, even if its own fsync fails as well.
void Writer::bury() {
    if (!tables_ || reopen_) return;
    auto whole = Transaction::begin(*db_, Transaction::Kind::writing);
    if (!whole) return;
    tables_->touch();
    if (!seal_and_keep(*whole)) tables_->undone();
}

void Writer::tell(const Result<bool>& outcome) {
    if (outcome && !*outcome) return;
    if (outcome && failing_) log_.info("store-recovered", {{"file", path_}});
    if (!outcome && !failing_) log_.error("store-failing", {{"why", outcome.error().text}});
    failing_ = !outcome;
}

void Writer::count(const Result<bool>& outcome, std::size_t jobs, std::chrono::nanoseconds took) {
    if (outcome && !*outcome) return;  // there was nothing to write
    const std::lock_guard lock(figures_mutex_);
    if (!outcome) {
        ++figures_.failed;
        return;
    }
    figures_.jobs += jobs;
    figures_.took.add(took);
}

CommitFigures Writer::figures() const {
    const std::lock_guard lock(figures_mutex_);
    return figures_;
}

bool Writer::rest(bool idle) {
    if (!tables_ || reopen_) return false;
    bool failed = false;
    if (const std::size_t most = placed_now(idle); most > 0) failed = !place_recent(most);
    if (!tables_ || reopen_) return false;
    if (!failed || !log_holds_secrets_) shrink_log();
    return !failed && !tables_->recent().empty();
}

std::size_t Writer::placed_now(bool idle) const {
    if (tables_->recent().empty()) return 0;
    if (log_holds_secrets_) return kAll;  // what is erased may stand among them, too
    if (idle) return kPlacedWhenIdle;
    if (tables_->recent().bytes() <= kManyRecentBytes) return 0;
    return std::max(kFewestPlaced, kPlacedForEach * tables_->recent().last_added());
}

void Writer::shrink_log() {
    if (!log_holds_secrets_ && db_->wal_frames() < kCheckpointFrames) return;
    // Waits for nobody. What a reader still needs stays, and is moved next time.
    base::Result<void> moved;
    if (log_holds_secrets_) {
        const auto emptied = db_->empty_log();
        log_holds_secrets_ = !emptied || !*emptied;
        if (!emptied) moved = std::unexpected(emptied.error());
    } else {
        moved = db_->run("PRAGMA wal_checkpoint(PASSIVE)");
    }
    if (!moved && !log_stuck_) log_.warning("store-log-stuck", {{"why", moved.error().text}});
    log_stuck_ = !moved;
}

void Writer::close() {
    // They may stay where they are, but the next start is quicker without.
    if (tables_ && !reopen_ && !failing_ && !tables_->recent().empty()) (void)place_recent(kAll);
    tables_.reset();
    if (!db_) return;
    auto done = db_->run("PRAGMA wal_checkpoint(TRUNCATE)");
    if (done) done = db_->close();
    // Nothing is lost: the log stays and is read at the next start.
    if (!done) log_.warning("store-not-tidied", {{"why", done.error().text}});
    db_.reset();
}

}  // namespace store
