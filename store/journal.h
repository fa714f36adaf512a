// store/journal.h: Journal on SQLite: asynchronous, durable, one writer thread.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7, cluster 3
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/loop.h"
#include "base/once.h"
#include "base/result.h"
#include "presence/ports.h"
#include "store/files.h"
#include "store/worker.h"
#include "store/writer.h"

namespace store {

/// The store in one file, with `PATH-wal`, `PATH-shm`, `PATH-mark` and `PATH.lock` beside it. open(), then load(),
/// then serve; close() while those whom the answers are for still live. Loop, log and clock outlive it.
/// At most 64 MiB wait to be written; beyond that commit() answers Errc::busy.
/// After a failed commit it tries by itself each second, so failing() ends without anybody's help.
/// Thread: loop (before it runs: the thread that will run it).
class Journal final : public presence::Journal {
public:
    Journal(base::Loop& loop, base::Log& log, const std::string& path);
    ~Journal() override;

    /// Makes folders (0700) and file (0600) if they are not there, locks, checks, migrates, starts the writer.
    /// Errc::busy: another process has it, and which. Else the text names the file and what is wrong with it.
    [[nodiscard]] base::Result<void> open();
    /// Commits what is queued, pays every answer that is owed, empties the log, lets go of the lock. Answers that
    /// commit again during that get Errc::internal.
    void close();

    void commit(presence::Batch batch, base::Once<void(base::Result<void>)> done) override;
    [[nodiscard]] base::Result<void> load(std::string_view kinds, const presence::RecordSink& sink) override;
    void scan(std::uint16_t shard, char kind, std::string prefix, std::string after, std::size_t limit,
              base::Once<void(base::Result<std::vector<presence::Record>>)> done) override;
    [[nodiscard]] bool failing() const override { return failing_; }
    /// Whether something is under way that was asked for.
    [[nodiscard]] bool busy() const { return worker_ && worker_->queued() > 0; }

    /// What the writer counted; of the queue, what is not settled yet.
    [[nodiscard]] CommitFigures figures() const { return writer_ ? writer_->figures() : CommitFigures{}; }
    [[nodiscard]] std::size_t queued() const { return worker_ ? worker_->queued() : 0; }
    [[nodiscard]] std::size_t queued_bytes() const { return worker_ ? worker_->queued_bytes() : 0; }

    /// A consistent copy of everything acknowledged so far, checked, at `to`; what stood there is replaced, and
    /// only once the copy is safe. Serving goes on. One after the other; close() gives up the one that runs.
    void backup(std::string to, base::Once<void(base::Result<void>)> done);

    /// For rooms of store/: hands the writer a job; turned back with Errc::busy or internal when it cannot be taken.
    void submit(std::unique_ptr<Job> job);
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] base::Loop& loop() { return loop_; }

private:
    class Commit;
    class Scan;
    class Probe;
    struct Copy;
    /// Tries again while the store is failing.
    class Retry final : public base::TimerHook {
    public:
        explicit Retry(Journal& journal) : journal_(journal) {}

    private:
        void on_due(base::Instant) override { journal_.probe(); }
        Journal& journal_;
    };

    /// load()'s, on a thread of its own: looks at path_ and nothing else of this.
    [[nodiscard]] base::Result<void> read(std::string_view kinds, const presence::RecordSink& sink) const;
    void probe();
    void settled(const Job& job);

    base::Loop& loop_;
    base::Log& log_;
    const std::string path_;
    std::optional<FileLock> lock_;
    std::unique_ptr<Writer> writer_;
    std::unique_ptr<Worker<Job>> worker_;
    std::stop_source give_up_;
    std::unique_ptr<Worker<Copy>> copier_;
    Retry retry_;
    bool failing_ = false;
};

}  // namespace store
