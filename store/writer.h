// store/writer.h: group commit: what gathered while the last commit ran becomes one transaction.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/stopwatch.h"
#include "store/files.h"
#include "store/sqlite.h"
#include "store/tables.h"

namespace store {

/// What the writer is asked for.
class Job {
public:
    enum class Way {
        grouped,  ///< shares a transaction with its neighbours, and their fate
        alone,    ///< a transaction of its own, so that what fails in it spoils nothing else
        looking,  ///< writes nothing; sees what was asked for before
    };
    Job(Way w, std::size_t size) : way(w), bytes(size) {}
    virtual ~Job() = default;
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;

    /// On the writer's thread, once.
    [[nodiscard]] virtual base::Result<void> work(Tables& tables) = 0;
    /// On the loop, with `outcome` as it came to be.
    virtual void settle() = 0;

    const Way way;
    const std::size_t bytes;
    base::Result<void> outcome;
    bool secret = false;  ///< as of presence::Batch
    char looks_for = 0;  ///< of one that looks: the kind of record, which from then on has its place at once; 0: none
    bool tried = false;  ///< the disk was asked, so the outcome says how the store is
};

/// What the writer counts.
struct CommitFigures {
    std::uint64_t failed = 0;
    std::uint64_t jobs = 0;   ///< acts that the commits held
    base::Histogram took;     ///< of the commits that are on disk
};

/// The database behind the journal. A commit that fails is rolled back, and nothing of its group is kept: not even
/// in the part of the log that a failed fsync leaves behind, which is overwritten at once, so that a restart cannot
/// bring it back. The next group is tried as if nothing had been; when SQLite says that only a new connection will
/// do, it is opened first and must show what was promised before.
/// Thread: the caller's, one at a time.
class Writer {
public:
    Writer(base::Log& log, std::string path) : log_(log), path_(std::move(path)) {}

    /// Makes the store if there is none, and doubts it if there is one.
    [[nodiscard]] base::Result<void> open();
    /// Serves all, in order, and leaves each its outcome.
    void serve(std::vector<std::unique_ptr<Job>>& jobs);
    /// Gives recent records their places, when nobody waits (`idle`) or there are many; moves the log into the database
    /// when it has grown, or when what it still holds must go. After the answers, for it may take a while. Whether more is
    /// to be done when nobody waits.
    [[nodiscard]] bool rest(bool idle);
    /// Empties the log and closes.
    void close();
    /// From any thread.
    [[nodiscard]] CommitFigures figures() const;

private:
    using Group = std::span<std::unique_ptr<Job>>;

    [[nodiscard]] base::Result<void> connect();
    [[nodiscard]] base::Result<void> check_promises() const;
    [[nodiscard]] base::Result<void> ready();
    void look(Job& job);
    void commit(Group group);
    using Work = std::function<base::Result<void>()>;
    /// One transaction, or nothing. Whether there was anything to write.
    [[nodiscard]] base::Result<bool> write(const Work& work);
    [[nodiscard]] base::Result<bool> try_write(const Work& work);
    [[nodiscard]] base::Result<void> place_recent(std::size_t most);
    /// So many recent records.
    [[nodiscard]] std::size_t placed_now(bool idle) const;
    void shrink_log();
    [[nodiscard]] base::Result<void> seal_and_keep(Transaction& whole);
    void bury();
    void tell(const base::Result<bool>& outcome);
    void count(const base::Result<bool>& outcome, std::size_t jobs, std::chrono::nanoseconds took);

    base::Log& log_;
    const std::string path_;
    std::optional<Mark> mark_;
    std::optional<Database> db_;
    std::unique_ptr<Tables> tables_;  // borrows db_
    Tallies promised_;                // as of the last commit that was told, across connections
    bool reopen_ = false;
    bool failing_ = false;
    bool log_stuck_ = false;
    bool recent_stuck_ = false;
    bool log_holds_secrets_ = false;  // that the database holds no more
    mutable std::mutex figures_mutex_;
    CommitFigures figures_;  // guarded by figures_mutex_
};

}  // namespace store
