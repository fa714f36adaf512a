// store/archive.cc: questions for the reader's thread, bites for the writer's.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7
#include "store/archive.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

#include "store/check.h"
#include "store/talks.h"

namespace store {

using base::Errc;
using base::Result;
using presence::ArchivedMessage;

namespace {

constexpr std::size_t kMostQuestions = 256;
/// Messages deleted in one transaction: a few milliseconds, so that commits of others hardly notice.
constexpr std::size_t kBite = 200;

}  // namespace

/// The connection of the reader's thread, opened when it is first used.
class Archive::Reader {
public:
    explicit Reader(std::string path) : path_(std::move(path)) {}

    Result<Database*> database() {
        if (closing_) return base::fail(Errc::internal, path_ + ": is being closed");
        std::lock_guard lock(mutex_);
        if (!db_) {
            auto opened = Database::open(path_, Database::Mode::read_only);
            if (!opened) return std::unexpected(opened.error());
            db_.emplace(std::move(*opened));
        }
        return &*db_;
    }
    /// Loop: what runs ends soon, and nothing begins.
    void give_up() {
        closing_ = true;
        std::lock_guard lock(mutex_);
        if (db_) db_->interrupt();
    }

private:
    const std::string path_;
    std::atomic<bool> closing_{false};
    std::mutex mutex_;  // whether there is a connection; what happens on it needs none
    std::optional<Database> db_;
};

struct Archive::Question {
    virtual ~Question() = default;
    virtual void answer(Database& db) = 0;
    virtual void refuse(base::Error why) = 0;
    virtual void settle() = 0;
    static constexpr std::size_t bytes = 0;
};

/// Reads something, and tells it.
template <class T>
class Archive::Ask final : public Question {
public:
    Ask(std::move_only_function<Result<T>(Database&)> read, base::Once<void(Result<T>)> done)
        : read_(std::move(read)), done_(std::move(done)) {}
    void answer(Database& db) override { found_ = read_(db); }
    void refuse(base::Error why) override { found_ = std::unexpected(std::move(why)); }
    void settle() override { done_(std::move(found_)); }

private:
    std::move_only_function<Result<T>(Database&)> read_;
    Result<T> found_;
    base::Once<void(Result<T>)> done_;
};

template <class T>
void Archive::ask(std::move_only_function<Result<T>(Database&)> read, base::Once<void(Result<T>)> done) {
    ask(std::unique_ptr<Question>(std::make_unique<Ask<T>>(std::move(read), std::move(done))));
}

Archive::Archive(Journal& journal) : journal_(journal), reader_(std::make_unique<Reader>(journal.path())) {
    worker_ = std::make_unique<Worker<Question>>(
        journal.loop(), [reader = reader_.get()](Worker<Question>::Jobs& questions) {
            for (auto& question : questions) {
                auto db = reader->database();
                if (db) question->answer(**db);
                else question->refuse(db.error());
            }
        });
}

Archive::~Archive() { close(); }

void Archive::close() {
    reader_->give_up();
    worker_->stop();
}

void Archive::ask(std::unique_ptr<Question> question) {
    if (worker_->stopped()) {
        question->refuse({Errc::internal, journal_.path() + ": is closed"});
        return worker_->turn_back(std::move(question));
    }
    if (worker_->queued() >= kMostQuestions) {
        question->refuse({Errc::busy, "history: too many questions are waiting"});
        return worker_->turn_back(std::move(question));
    }
    worker_->submit(std::move(question));
}

Result<void> Archive::times_ahead(std::int64_t from_ms, const TimeSink& sink) const {
    auto db = Database::open(journal_.path(), Database::Mode::read_only);
    if (!db) return std::unexpected(db.error());
    return read_times_ahead(*db, from_ms, sink);
}

void Archive::find(HistoryQuery query, base::Once<void(Result<HistoryPage>)> done) {
    ask<HistoryPage>([query = std::move(query)](Database& db) { return read_history(db, query); }, std::move(done));
}

void Archive::check(base::Once<void(Result<void>)> done) { ask<void>(check_store, std::move(done)); }

void Archive::talk(presence::TalkQuery query, base::Once<void(Result<presence::TalkPage>)> done) {
    ask<presence::TalkPage>([query = std::move(query)](Database& db) { return read_talk(db, query); }, std::move(done));
}

void Archive::recent(presence::RecentQuery query, base::Once<void(Result<presence::RecentPage>)> done) {
    ask<presence::RecentPage>([query = std::move(query)](Database& db) { return read_recent(db, query); }, std::move(done));
}

namespace {

/// One each() under way; it travels along in the answer it waits for.
struct Walk {
    HistoryQuery query;
    std::function<bool(const ArchivedMessage&)> row;
    base::Once<void(Result<std::size_t>)> done;
    std::size_t given = 0;
};

void walk_on(Archive& archive, std::unique_ptr<Walk> walk) {
    HistoryQuery query = walk->query;
    archive.find(std::move(query), [&archive, w = std::move(walk)](Result<HistoryPage> page) mutable {
        if (!page) return w->done(std::unexpected(page.error()));
        for (const ArchivedMessage& message : page->messages) {
            ++w->given;
            if (!w->row(message)) return w->done(w->given);
        }
        if (page->next.empty()) return w->done(w->given);
        w->query.token = page->next;
        walk_on(archive, std::move(w));
    });
}

}  // namespace

void Archive::each(HistoryQuery query, std::function<bool(const ArchivedMessage&)> row,
                   base::Once<void(Result<std::size_t>)> done) {
    auto walk = std::make_unique<Walk>();
    walk->query = std::move(query);
    walk->row = std::move(row);
    walk->done = std::move(done);
    walk_on(*this, std::move(walk));
}

// ---- Forgetting ------------------------------------------------------------------------------------------------

/// What is to go, and how far it got. Moves between loop and writer with the bite that works on it.
struct Archive::Forgetting {
    enum class Step { sent, received, old, words, finished } step = Step::sent;
    std::string key, url;
    std::int64_t before_ms = 0;
    std::size_t touched = 0;
    bool tidied = false;
    base::Once<void(Result<std::size_t>)> done;

    /// One transaction's worth; moves `step` on when there is nothing left in it.
    Result<void> work(Tables& tables) {
        switch (step) {
            case Step::sent: return drop(tables, tables.sent_by(url, kBite), Step::received);
            case Step::received: return unaddress(tables, tables.received_by(key, kBite));
            case Step::old: return drop(tables, tables.older_than(before_ms, kBite), Step::finished);
            case Step::words: return tidy(tables);
            case Step::finished: break;
        }
        return {};
    }

private:
    Result<void> drop(Tables& tables, const Result<std::vector<std::int64_t>>& ids, Step next) {
        if (!ids) return std::unexpected(ids.error());
        for (const std::int64_t id : *ids) {
            if (auto gone = tables.remove_message(id); !gone) return gone;
        }
        touched += ids->size();
        if (ids->size() < kBite) step = next;
        return {};
    }
    Result<void> unaddress(Tables& tables, const Result<std::vector<std::int64_t>>& ids) {
        if (!ids) return std::unexpected(ids.error());
        for (const std::int64_t id : *ids) {
            if (auto gone = tables.remove_receiver(id, key); !gone) return gone;
        }
        touched += ids->size();
        if (ids->size() < kBite) step = touched > 0 ? Step::words : Step::finished;
        return {};
    }
    Result<void> tidy(Tables& tables) {
        auto more = tables.tidy_text(!tidied);
        if (!more) return std::unexpected(more.error());
        tidied = true;
        if (!*more) step = Step::finished;
        return {};
    }
};

class Archive::Bite final : public Job {
public:
    Bite(Journal& journal, std::unique_ptr<Forgetting> what)
        : Job(Way::alone, 0), journal_(journal), what_(std::move(what)) {}
    Result<void> work(Tables& tables) override {
        auto done = what_->work(tables);
        secret = what_->step == Forgetting::Step::finished && what_->touched > 0;  // soon nowhere on the disk
        return done;
    }
    void settle() override {
        if (!outcome) return what_->done(std::unexpected(outcome.error()));
        if (what_->step == Forgetting::Step::finished) return what_->done(what_->touched);
        bite(journal_, std::move(what_));
    }

private:
    Journal& journal_;
    std::unique_ptr<Forgetting> what_;
};

void Archive::bite(Journal& journal, std::unique_ptr<Forgetting> what) {
    journal.submit(std::make_unique<Bite>(journal, std::move(what)));
}

void Archive::erase(std::string key, std::string url, base::Once<void(Result<std::size_t>)> done) {
    auto what = std::make_unique<Forgetting>();
    what->key = std::move(key);
    what->url = std::move(url);
    what->done = std::move(done);
    bite(journal_, std::move(what));
}

void Archive::expire(std::int64_t before_ms, base::Once<void(Result<std::size_t>)> done) {
    auto what = std::make_unique<Forgetting>();
    what->step = Forgetting::Step::old;
    what->before_ms = before_ms;
    what->done = std::move(done);
    bite(journal_, std::move(what));
}

}  // namespace store
