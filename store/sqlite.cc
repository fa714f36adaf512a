// store/sqlite.cc: the only file that knows SQLite's own face.
// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite.h"

#include <sqlite3.h>

#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

namespace store {

using base::Errc;
using base::Result;

namespace {

/// How long to wait for a lock that another process holds (somebody looks with the sqlite3 tool).
constexpr int kPatienceMs = 2'000;
/// A write-ahead log that grew beyond journal_size_limit is cut when it starts anew. The cache (16 MiB, as it is needed)
/// holds the leaves on which records land by their shard; with SQLite's own 2 MB each record reads its leaf anew.
constexpr const char* kSettings =
    "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY;"
    "PRAGMA mmap_size=0; PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-16384;";

int primary(int code) { return code & 0xff; }

bool is_full(int code, int system_error) {
    if (primary(code) == SQLITE_FULL) return true;
    return primary(code) == SQLITE_IOERR &&
           (system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG);
}

}  // namespace

struct Database::State {
    ~State() { sqlite3_close_v2(db); }

    sqlite3* db = nullptr;
    std::string path;
    int wal_frames = 0;
    int last = SQLITE_OK;  // extended code of the last failure
};

Database::Database(std::unique_ptr<State> state) : state_(std::move(state)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const std::string& path, Mode mode) {
    auto state = std::make_unique<State>();
    state->path = path;
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    flags |= mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (mode == Mode::create) flags |= SQLITE_OPEN_CREATE;
    errno = 0;
    const int opened = sqlite3_open_v2(path.c_str(), &state->db, flags, nullptr);
    Database db(std::move(state));
    if (opened != SQLITE_OK) return std::unexpected(db.error("cannot open"));
    sqlite3_busy_timeout(db.state_->db, kPatienceMs);
    sqlite3_db_config(db.state_->db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    const auto remember = [](void* frames, sqlite3*, const char*, int count) noexcept {
        *static_cast<int*>(frames) = count;
        return SQLITE_OK;
    };
    // In place of SQLite's own hook: when to checkpoint is the caller's business.
    sqlite3_wal_hook(db.state_->db, remember, &db.state_->wal_frames);
    if (auto set = db.run(kSettings); !set) return std::unexpected(set.error());
    return db;
}

Result<void> Database::run(const std::string& sql) {
    errno = 0;
    if (sqlite3_exec(state_->db, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
    return std::unexpected(error("cannot use"));
}

Result<std::int64_t> Database::number(const std::string& sql) {
    Statement statement(*this, sql);
    auto rows = statement.query();
    if (!rows) return std::unexpected(rows.error());
    auto found = rows->next();
    if (!found) return std::unexpected(found.error());
    return *found ? rows->integer(0) : 0;
}

Result<std::string> Database::text(const std::string& sql) {
    Statement statement(*this, sql);
    auto rows = statement.query();
    if (!rows) return std::unexpected(rows.error());
    auto found = rows->next();
    if (!found) return std::unexpected(found.error());
    return *found ? std::string(rows->bytes(0)) : std::string();
}

Result<bool> Database::empty_log() {
    errno = 0;
    sqlite3_busy_timeout(state_->db, 0);  // waits for nobody
    const int done = sqlite3_wal_checkpoint_v2(state_->db, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    sqlite3_busy_timeout(state_->db, kPatienceMs);
    if (done == SQLITE_OK) return true;
    if (primary(done) == SQLITE_BUSY) return false;
    return std::unexpected(error("cannot empty the log"));
}

Result<void> Database::close() {
    const int closed = sqlite3_close(state_->db);
    assert(closed != SQLITE_BUSY && "a statement outlives its database");
    if (closed != SQLITE_OK) return std::unexpected(error("cannot close"));
    state_->db = nullptr;
    return {};
}

const std::string& Database::path() const { return state_->path; }
bool Database::in_transaction() const { return sqlite3_get_autocommit(state_->db) == 0; }
int Database::wal_frames() const { return state_->wal_frames; }
bool Database::blames_statement() const { return primary(state_->last) == SQLITE_ERROR; }
std::string Database::complaint() const { return sqlite3_errmsg(state_->db); }
bool Database::wants_reopening() const {
    switch (primary(state_->last)) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PROTOCOL:
        case SQLITE_MISUSE: return true;
        default: break;
    }
    return state_->last == SQLITE_IOERR_SHMOPEN || state_->last == SQLITE_IOERR_SHMMAP ||
           state_->last == SQLITE_IOERR_SHMLOCK || state_->last == SQLITE_IOERR_SHMSIZE;
}
void Database::interrupt() { sqlite3_interrupt(state_->db); }

base::Error Database::error(std::string_view doing) const {
    const int code = sqlite3_extended_errcode(state_->db);
    // SQLite does not always remember it; whoever calls SQLite clears errno before.
    const int system_error = sqlite3_system_errno(state_->db) ? sqlite3_system_errno(state_->db) : errno;
    state_->last = code;
    const bool system_spoke = system_error != 0 && (primary(code) == SQLITE_IOERR || primary(code) == SQLITE_CANTOPEN);
    std::string text = state_->path + ": " + std::string(doing) + ": " + sqlite3_errmsg(state_->db);
    if (system_spoke) text += std::string(": ") + std::strerror(system_error);
    text += " (SQLite " + std::to_string(code) + ")";
    if (is_full(code, system_error)) return {Errc::no_space, std::move(text)};
    const bool locked = primary(code) == SQLITE_BUSY || primary(code) == SQLITE_LOCKED;
    return {locked ? Errc::busy : Errc::internal, std::move(text)};
}

// ---- Statement -------------------------------------------------------------------------------------------------

Statement::~Statement() { sqlite3_finalize(statement_); }

Result<void> Statement::prepare() {
    if (statement_) return {};
    errno = 0;
    sqlite3* db = db_.state_->db;
    if (!db) return base::fail(Errc::internal, db_.path() + ": is closed");
    if (sqlite3_prepare_v3(db, sql_.c_str(), static_cast<int>(sql_.size()), SQLITE_PREPARE_PERSISTENT, &statement_,
                           nullptr) == SQLITE_OK) {
        return {};
    }
    return std::unexpected(db_.error("cannot use"));
}

void Statement::bind_number(int at, std::int64_t number) {
    [[maybe_unused]] const int bound = sqlite3_bind_int64(statement_, at, number);
    assert(bound == SQLITE_OK);
}

// Only lengths that no caller can reach would not bind; an empty view may be null, which would bind NULL.
void Statement::bind(int at, std::string_view text) {
    const char* from = text.data() ? text.data() : "";
    [[maybe_unused]] const int bound =
        sqlite3_bind_text64(statement_, at, from, text.size(), SQLITE_STATIC, SQLITE_UTF8);
    assert(bound == SQLITE_OK);
}

void Statement::bind(int at, Blob blob) {
    const char* from = blob.bytes.data() ? blob.bytes.data() : "";
    [[maybe_unused]] const int bound = sqlite3_bind_blob64(statement_, at, from, blob.bytes.size(), SQLITE_STATIC);
    assert(bound == SQLITE_OK);
}

Result<bool> Statement::step() {
    errno = 0;
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return std::unexpected(db_.error("cannot use"));
}

Result<void> Statement::finish() {
    Result<void> out;
    for (;;) {
        auto more = step();
        if (!more) out = std::unexpected(more.error());
        if (!more || !*more) break;
    }
    reset();
    return out;
}

void Statement::reset() {
    sqlite3_reset(statement_);  // its code repeats what step() said
    sqlite3_clear_bindings(statement_);
}

std::int64_t Rows::integer(int column) const { return sqlite3_column_int64(statement_->statement_, column); }

std::string_view Rows::bytes(int column) const {
    const void* from = sqlite3_column_blob(statement_->statement_, column);
    if (!from) return {};
    return {static_cast<const char*>(from),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_->statement_, column))};
}

// ---- Transaction -----------------------------------------------------------------------------------------------

Result<Transaction> Transaction::begin(Database& db, Kind kind) {
    if (auto begun = db.run(kind == Kind::writing ? "BEGIN IMMEDIATE" : "BEGIN"); !begun) {
        return std::unexpected(begun.error());
    }
    return Transaction(db);
}

Result<void> Transaction::commit() {
    auto done = db_->run("COMMIT");
    if (!done) roll_back();
    db_ = nullptr;
    return done;
}

void Transaction::roll_back() {
    if (!db_) return;
    // SQLite may have rolled back by itself; and should this fail, the next BEGIN tells.
    if (db_->in_transaction()) (void)db_->run("ROLLBACK");
    db_ = nullptr;
}

}  // namespace store
