// store/sqlite.h: SQLite made safe: databases, statements, rows and transactions with one owner, errors as values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3_stmt;

namespace store {

/// Bytes bound as a BLOB; a plain string_view is bound as TEXT.
struct Blob {
    std::string_view bytes;
};

/// One connection to one file. Errors are one line that names the file: Errc::no_space when the disk, a quota or a
/// file-size limit is full, busy when another process keeps the file locked, else internal.
/// Thread: one at a time, interrupt() excepted. Outlives its statements.
class Database {
public:
    enum class Mode { read_only, read_write, create };

    [[nodiscard]] static base::Result<Database> open(const std::string& path, Mode mode);
    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;
    ~Database();

    /// Runs one or several statements without parameters; rows are dropped.
    [[nodiscard]] base::Result<void> run(const std::string& sql);
    /// The first column of the only row; 0 when there is none.
    [[nodiscard]] base::Result<std::int64_t> number(const std::string& sql);
    [[nodiscard]] base::Result<std::string> text(const std::string& sql);
    /// Says goodbye and hears what SQLite has to say about it; statements must be gone. Nothing can be done after.
    [[nodiscard]] base::Result<void> close();

    [[nodiscard]] const std::string& path() const;
    [[nodiscard]] bool in_transaction() const;
    /// Moves the write-ahead log into the database and leaves it without a byte, unless somebody reads just now: false.
    [[nodiscard]] base::Result<bool> empty_log();
    /// Frames in the write-ahead log after this connection's last commit.
    [[nodiscard]] int wal_frames() const;
    /// Whether the last failure was the statement's own: wrong SQL, or a full-text query that makes no sense.
    [[nodiscard]] bool blames_statement() const;
    /// What SQLite said last, for whoever wrote the statement.
    [[nodiscard]] std::string complaint() const;
    /// Whether the last failure is one that only a new connection may get over: the file is damaged, moved or not
    /// to be opened. A full disk or a failing fsync is none: SQLite writes what was lost again by itself.
    [[nodiscard]] bool wants_reopening() const;
    /// What runs now on this connection fails soon. Thread-safe.
    void interrupt();
    /// `path: doing: what went wrong`, from the last failure.
    [[nodiscard]] base::Error error(std::string_view doing) const;

private:
    friend class Statement;
    struct State;
    explicit Database(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

class Rows;

/// One statement, prepared when it is first used and kept. Texts given to it must live until it has run (run) or
/// its rows are gone (query). Borrows its database, which must not be moved meanwhile.
class Statement {
public:
    Statement(Database& db, std::string sql) : db_(db), sql_(std::move(sql)) {}
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    /// Binds ?1, ?2, … and runs to the end.
    template <class... Args>
    [[nodiscard]] base::Result<void> run(const Args&... args) {
        if (auto ready = prepare(); !ready) return ready;
        bind_all(args...);
        return finish();
    }
    /// Binds ?1, ?2, … and leaves the rows to the caller, who fetches them one by one.
    template <class... Args>
    [[nodiscard]] base::Result<Rows> query(const Args&... args);

private:
    friend class Rows;
    [[nodiscard]] base::Result<void> prepare();
    [[nodiscard]] base::Result<bool> step();
    [[nodiscard]] base::Result<void> finish();
    void reset();

    template <class... Args>
    void bind_all(const Args&... args) {
        int at = 0;
        (bind(++at, args), ...);
    }
    template <std::integral Number>
    void bind(int at, Number number) {
        bind_number(at, static_cast<std::int64_t>(number));
    }
    void bind(int at, std::string_view text);
    void bind(int at, Blob blob);
    void bind_number(int at, std::int64_t number);

    Database& db_;
    std::string sql_;
    sqlite3_stmt* statement_ = nullptr;
};

/// The rows of a running query, one at a time. What a column gives lives until the next call of next().
class Rows {
public:
    Rows(Rows&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
    Rows& operator=(Rows&&) = delete;
    ~Rows() {
        if (statement_) statement_->reset();
    }

    /// Whether there is another row.
    [[nodiscard]] base::Result<bool> next() { return statement_->step(); }
    [[nodiscard]] std::int64_t integer(int column) const;
    /// The bytes of a TEXT or BLOB; "" for NULL.
    [[nodiscard]] std::string_view bytes(int column) const;

private:
    friend class Statement;
    explicit Rows(Statement& statement) : statement_(&statement) {}
    Statement* statement_;
};

template <class... Args>
base::Result<Rows> Statement::query(const Args&... args) {
    if (auto ready = prepare(); !ready) return std::unexpected(ready.error());
    bind_all(args...);
    return Rows(*this);
}

/// Calls `visit` with each row, until it gives an error; the error is that, or the query's own.
template <class F>
base::Result<void> for_each_row(base::Result<Rows> rows, F visit) {
    if (!rows) return std::unexpected(rows.error());
    for (;;) {
        const auto more = rows->next();
        if (!more) return std::unexpected(more.error());
        if (!*more) return {};
        if (base::Result<void> done = visit(*rows); !done) return done;
    }
}

/// Undone unless committed. Borrows its database.
class Transaction {
public:
    enum class Kind { reading, writing };

    [[nodiscard]] static base::Result<Transaction> begin(Database& db, Kind kind);
    Transaction(Transaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction() { roll_back(); }

    /// On failure nothing is kept.
    [[nodiscard]] base::Result<void> commit();
    void roll_back();

private:
    explicit Transaction(Database& db) : db_(&db) {}
    Database* db_;
};

}  // namespace store
