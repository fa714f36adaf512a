// store/schema.cc: the steps as SQL, and the doubts about a file that claims to be a store.
// SPDX-License-Identifier: Apache-2.0
#include "store/schema.h"

#include <array>
#include <cassert>
#include <fstream>
#include <string_view>

#include "store/files.h"

namespace store {

using base::Errc;
using base::Result;

namespace {

// `sum` is over all other columns of its row (store/sum.h). `tally` says for each kind of record (and for messages,
// kind 256) how many rows there are, what their sums add up to, which commit changed them last, and the highest
// message id ever given: a row that vanished, or came back from the past, is missed.
constexpr const char* kFirst = R"(
CREATE TABLE store (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id BLOB NOT NULL
);
INSERT INTO store VALUES (1, randomblob(16));

CREATE TABLE tally (
    kind INTEGER PRIMARY KEY,
    records INTEGER NOT NULL,
    total INTEGER NOT NULL,
    commits INTEGER NOT NULL,
    last INTEGER NOT NULL,
    sum INTEGER NOT NULL
);

CREATE TABLE rec (
    kind INTEGER NOT NULL,
    shard INTEGER NOT NULL,
    k BLOB NOT NULL,
    v BLOB NOT NULL,
    sum INTEGER NOT NULL,
    PRIMARY KEY (kind, shard, k)
) WITHOUT ROWID;

CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    time_ms INTEGER NOT NULL,
    conversation TEXT NOT NULL,
    sender TEXT NOT NULL,
    receivers BLOB NOT NULL,
    session_id TEXT NOT NULL,
    content_type TEXT NOT NULL,
    octets BLOB NOT NULL,
    text TEXT NOT NULL,
    sum INTEGER NOT NULL
);
CREATE INDEX message_conversation ON message (conversation);
CREATE INDEX message_time ON message (time_ms);
CREATE INDEX message_sender ON message (sender);

CREATE TABLE receiver (
    principal TEXT NOT NULL,
    message INTEGER NOT NULL,
    PRIMARY KEY (principal, message)
) WITHOUT ROWID;

CREATE VIRTUAL TABLE message_text USING fts5 (
    text, content = 'message', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);
)";

// Whose talks are the second of two names, as message_conversation knows whose are the first.
constexpr const char* kSecond = R"(
CREATE INDEX message_second ON message (substr(conversation, instr(conversation, char(10)) + 1), conversation);
)";

// What was committed last, a row for each transaction (store/recent.h); tallied under kind 257.
constexpr const char* kThird = R"(
CREATE TABLE recent (
    n INTEGER PRIMARY KEY,
    records BLOB NOT NULL,
    sum INTEGER NOT NULL
);
)";

constexpr std::array kMigrations{Migration{1, kFirst}, Migration{2, kSecond}, Migration{3, kThird}};

std::string tables_of(Database& db, Result<void>& failed) {
    Statement all(db, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name");
    std::string out;
    auto rows = all.query();
    while (rows) {
        auto more = rows->next();
        if (!more) failed = std::unexpected(more.error());
        if (!more || !*more) break;
        for (int column = 0; column < 4; ++column) out.append(rows->bytes(column)).push_back('\0');
    }
    if (!rows) failed = std::unexpected(rows.error());
    return out;
}

Result<void> take_step(Database& db, const Migration& step) {
    auto whole = Transaction::begin(db, Transaction::Kind::writing);
    if (!whole) return std::unexpected(whole.error());
    if (auto done = db.run(step.sql); !done) return done;
    if (auto done = db.run("PRAGMA user_version = " + std::to_string(step.version)); !done) return done;
    return whole->commit();
}

}  // namespace

std::span<const Migration> migrations() { return kMigrations; }
int newest_schema() { return kMigrations.back().version; }

Result<void> check_header(const std::string& path) {
    static constexpr std::string_view kMagic("SQLite format 3\0", 16);
    std::array<char, 16> first{};
    std::ifstream file(path, std::ios::binary);
    if (!file) return base::fail(Errc::internal, path + ": cannot be read");
    file.read(first.data(), first.size());
    if (file.gcount() == 0) {
        return base::fail(Errc::internal, path + ": is empty, but a store never is: it was cut short; restore a backup");
    }
    if (std::string_view(first.data(), static_cast<std::size_t>(file.gcount())) != kMagic) {
        return base::fail(Errc::internal, path + ": is not a store of rvpd, or its beginning is damaged");
    }
    return {};
}

Result<void> check_identity(Database& db) {
    const auto application = db.number("PRAGMA application_id");
    if (!application) return std::unexpected(application.error());
    if (*application != kApplicationId) {
        return base::fail(Errc::internal, db.path() + ": is a database, but not a store of rvpd (application id " +
                                              std::to_string(*application) + ")");
    }
    const auto version = db.number("PRAGMA user_version");
    if (!version) return std::unexpected(version.error());
    if (*version > newest_schema()) {
        return base::fail(Errc::internal, db.path() + ": has schema " + std::to_string(*version) +
                                              ", made by a newer rvpd; this one knows schemas up to " +
                                              std::to_string(newest_schema()));
    }
    if (*version < 1) {
        return base::fail(Errc::internal, db.path() + ": has schema " + std::to_string(*version) +
                                              ", which never was: it is damaged");
    }
    return {};
}

Result<void> migrate(Database& db, std::span<const Migration> steps) {
    const auto version = db.number("PRAGMA user_version");
    if (!version) return std::unexpected(version.error());
    for (const Migration& step : steps) {
        if (step.version <= *version) continue;
        if (auto done = take_step(db, step); !done) return done;
    }
    return {};
}

Result<void> check_schema(Database& db, std::span<const Migration> steps) {
    auto model = Database::open(":memory:", Database::Mode::create);
    if (!model) return std::unexpected(model.error());
    if (auto made = migrate(*model, steps); !made) return made;
    Result<void> failed;
    const std::string wanted = tables_of(*model, failed);
    const std::string found = tables_of(db, failed);
    if (!failed) return failed;
    if (found == wanted) return {};
    return base::fail(Errc::internal, db.path() + ": its tables are not those of schema " +
                                          std::to_string(steps.back().version) + ": it is damaged");
}

Result<void> create_store(const std::string& path) {
    const std::string draft = path + ".new";
    if (auto made = make_empty(draft); !made) return made;
    auto db = Database::open(draft, Database::Mode::read_write);
    if (!db) return std::unexpected(db.error());
    const std::string ours = "PRAGMA application_id = " + std::to_string(kApplicationId);
    if (auto set = db->run(ours); !set) return set;
    if (auto made = migrate(*db); !made) return made;
    if (auto closed = db->close(); !closed) return closed;
    if (auto safe = sync_file(draft); !safe) return safe;
    return rename_file(draft, path);
}

Result<Database> open_store(const std::string& path) {
    if (auto looks = check_header(path); !looks) return std::unexpected(looks.error());
    auto db = Database::open(path, Database::Mode::read_write);
    if (!db) return db;
    if (auto ours = check_identity(*db); !ours) return std::unexpected(ours.error());
    if (auto done = migrate(*db); !done) return std::unexpected(done.error());
    if (auto good = check_schema(*db); !good) return std::unexpected(good.error());
    // 64 MiB of pages in memory. FULL: a commit returns only when the log is on disk. What is deleted, such as hashes of
    // passwords, is overwritten, in pages that are written anyway.
    auto set = db->run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA cache_size=-65536");
    if (!set) return std::unexpected(set.error());
    return db;
}

}  // namespace store
