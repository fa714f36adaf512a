// store/archive.h: what was said: found again, page by page, and forgotten when asked.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/once.h"
#include "base/result.h"
#include "presence/ports.h"
#include "presence/talks.h"
#include "store/history.h"
#include "store/journal.h"
#include "store/talks.h"
#include "store/worker.h"

namespace store {

/// Reads on a thread and a connection of its own, so that writers do not wait; writes through the journal's writer,
/// in small bites between the commits of others. Pages hold up to 8 MiB of octets. At most 256 questions wait.
/// Answers come on the loop. Errc: malformed (words or token), busy (too many ask), internal (a damaged message, by
/// its number).
/// Thread: loop. Destroyed, or closed, before its journal is closed, while those whom the answers are for still live.
class Archive final : public presence::Talks {
public:
    explicit Archive(Journal& journal);
    ~Archive() override;
    /// Ends what runs and pays every answer that is owed, with an error if need be. What was begun on the writer is
    /// paid when the journal closes.
    void close();

    /// Whether somebody waits for an answer.
    [[nodiscard]] bool busy() const { return worker_ && worker_->queued() > 0; }

    /// See store/talks. Blocks; only before serving.
    [[nodiscard]] base::Result<void> times_ahead(std::int64_t from_ms, const TimeSink& sink) const;
    /// One page. Messages that arrive between two pages neither shift nor repeat what follows.
    void find(HistoryQuery query, base::Once<void(base::Result<HistoryPage>)> done);
    /// All of it, page by page, at the receiver's pace: the next page is read once this one is eaten. `row` says
    /// whether to go on; `done` gets how many it was given.
    void each(HistoryQuery query, std::function<bool(const presence::ArchivedMessage&)> row,
              base::Once<void(base::Result<std::size_t>)> done);

    // -- presence::Talks
    void talk(presence::TalkQuery query, base::Once<void(base::Result<presence::TalkPage>)> done) override;
    void recent(presence::RecentQuery query, base::Once<void(base::Result<presence::RecentPage>)> done) override;

    /// Forgets somebody: the messages sent by `url` go; from those received by `key` the receiver is taken, and they
    /// go when no other is left. His words leave the full-text index, and soon the disk. `done` gets the number of
    /// messages touched. A backup made before remembers.
    void erase(std::string key, std::string url, base::Once<void(base::Result<std::size_t>)> done);
    /// Retention: deletes what is older than `before_ms`, soon from the disk too, save for single words that stay in the
    /// full-text index until it merges by itself.
    void expire(std::int64_t before_ms, base::Once<void(base::Result<std::size_t>)> done);
    /// Checks the whole store, row by row and page by page, while it serves.
    void check(base::Once<void(base::Result<void>)> done);

private:
    struct Question;
    template <class T>
    class Ask;
    class Reader;
    class Bite;
    struct Forgetting;

    void ask(std::unique_ptr<Question> question);
    template <class T>
    void ask(std::move_only_function<base::Result<T>(Database&)> read, base::Once<void(base::Result<T>)> done);
    static void bite(Journal& journal, std::unique_ptr<Forgetting> what);

    Journal& journal_;
    std::unique_ptr<Reader> reader_;
    std::unique_ptr<Worker<Question>> worker_;
};

}  // namespace store
