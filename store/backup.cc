// store/backup.cc: VACUUM INTO a file beside, check it, move it into place.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7
#include "store/backup.h"

#include <unistd.h>

#include <filesystem>
#include <utility>
#include <vector>

#include "presence/record.h"
#include "store/check.h"
#include "store/files.h"
#include "store/rows.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/tables.h"

namespace store {

using base::Errc;
using base::Result;

namespace {

/// Where the draft of `to` is written: beside it, so that a rename puts it into place.
std::string draft_of(const std::string& to) { return to + ".part"; }

/// Whether both are one file, now or as soon as they are written.
bool same_file(const std::string& a, const std::string& b) {
    std::error_code ignored;
    return std::filesystem::equivalent(a, b, ignored) ||
           std::filesystem::weakly_canonical(a, ignored) == std::filesystem::weakly_canonical(b, ignored);
}

/// A copy of the store at `path` must not go where the store is.
Result<void> check_target(const std::string& path, const std::string& to) {
    for (const std::string& target : {to, draft_of(to)}) {
        for (const std::string& own : files_of(path)) {
            if (same_file(target, own)) return base::fail(Errc::denied, to + ": is the store's own " + own);
        }
    }
    return {};
}

/// Into a `draft` that is there and empty.
Result<void> write_draft(const std::string& from, const std::string& draft, std::stop_token stop) {
    auto source = Database::open(from, Database::Mode::read_only);
    if (!source) return std::unexpected(source.error());
    if (auto ours = check_identity(*source); !ours) return ours;
    const std::stop_callback ends(stop, [&source] { source->interrupt(); });
    Statement copy(*source, "VACUUM INTO ?1");
    if (auto done = copy.run(std::string_view(draft)); !done) return done;
    return sync_file(draft);
}

Result<void> check_draft(const std::string& draft, std::stop_token stop) {
    auto copy = Database::open(draft, Database::Mode::read_only);
    if (!copy) return std::unexpected(copy.error());
    const std::stop_callback ends(stop, [&copy] { copy->interrupt(); });
    return check_store(*copy);
}

/// A good copy of `from` in draft_of(to), or none.
Result<void> make_draft(const std::string& from, const std::string& to, std::stop_token stop) {
    if (auto looks = check_header(from); !looks) return looks;
    const std::string draft = draft_of(to);
    if (auto empty = make_empty(draft); !empty) return empty;
    auto made = write_draft(from, draft, stop);
    if (made && stop.stop_requested()) made = base::fail(Errc::internal, draft + ": given up");
    if (made) made = check_draft(draft, stop);
    if (made) return made;
    ::unlink(draft.c_str());
    // What is wrong with the copy was wrong with the original.
    std::string& text = made.error().text;
    if (text.starts_with(draft) && made.error().code != Errc::no_space) text.replace(0, draft.size(), from);
    return made;
}

/// More ids than anyone gives out between a backup and its return, and a sixteenth of all there are.
constexpr std::uint64_t kSkippedIds = std::uint64_t{1} << 27;

/// What was given out after the backup was made may still be held by somebody.
Result<void> skip_ids(Database& copy) {
    const auto tallies = read_tallies(copy);
    if (!tallies) return std::unexpected(tallies.error());
    auto whole = Transaction::begin(copy, Transaction::Kind::writing);
    if (!whole) return std::unexpected(whole.error());
    Tables tables(copy, *tallies);
    if (auto looked = tables.look(); !looked) return looked;
    if (auto placed = tables.place_all(); !placed) return placed;
    if (auto sealed = tables.seal(); !sealed) return sealed;
    tables.kept();
    std::vector<presence::Record> counters;
    auto read = read_records(copy, presence::CounterRecord::kKind, tables.tallies(),
                             [&](const presence::Record& record) { counters.push_back(record); });
    if (!read) return read;
    for (const presence::Record& record : counters) {
        auto counter = presence::read_record<presence::CounterRecord>(record);
        if (!counter) return std::unexpected(counter.error());
        counter->reserved += kSkippedIds;
        if (auto put = tables.place(presence::put_record("", record.key, *counter)); !put) return put;
    }
    if (auto sealed = tables.seal(); !sealed) return sealed;
    return whole->commit();
}

/// From here on it is another store than the one it was copied from: the mark left by that one is not about it.
Result<void> make_anew(const std::string& draft) {
    auto copy = Database::open(draft, Database::Mode::read_write);
    if (!copy) return std::unexpected(copy.error());
    if (auto migrated = migrate(*copy); !migrated) return migrated;
    if (auto named = rename_store(*copy); !named) return named;
    if (auto skipped = skip_ids(*copy); !skipped) return skipped;
    if (auto closed = copy->close(); !closed) return closed;
    return sync_file(draft);
}

Result<std::string> free_name_beside(const std::string& path) {
    constexpr int kMost = 1000;
    for (int n = 1; n <= kMost; ++n) {
        std::string name = path + ".before-restore" + (n == 1 ? "" : "-" + std::to_string(n));
        if (!exists(name) && !exists(wal_of(name))) return name;
    }
    return base::fail(Errc::internal, path + ".before-restore: too many of these; remove some");
}

/// Moves the store away, with its log, so that it could be opened under its new name.
Result<std::string> set_aside(const std::string& path) {
    if (!exists(path) && !exists(wal_of(path))) return std::string();
    auto name = free_name_beside(path);
    if (!name) return name;
    // The log first: should we stop here, the store misses it by its mark and does not start without.
    if (exists(wal_of(path))) {
        if (auto moved = rename_file(wal_of(path), wal_of(*name)); !moved) return std::unexpected(moved.error());
    }
    ::unlink(shm_of(path).c_str());
    // A second name, so that there is never a moment without a store.
    if (exists(path) && ::link(path.c_str(), name->c_str()) != 0) {
        return base::fail(Errc::internal, path + ": cannot be kept as " + *name);
    }
    return name;
}

}  // namespace

Result<void> copy_store(const std::string& from, const std::string& to, std::stop_token stop) {
    if (auto free = check_target(from, to); !free) return free;
    if (auto made = make_draft(from, to, stop); !made) return made;
    auto moved = rename_file(draft_of(to), to);
    if (!moved) ::unlink(draft_of(to).c_str());
    return moved;
}

Result<std::string> restore(const std::string& from, const std::string& to) {
    if (auto made = make_folders_for(to); !made) return std::unexpected(made.error());
    const auto lock = FileLock::take(to);
    if (!lock) return std::unexpected(lock.error());
    if (auto other = check_target(to, from); !other) return std::unexpected(other.error());
    if (auto made = make_draft(from, to, {}); !made) return std::unexpected(made.error());
    if (auto made = make_anew(draft_of(to)); !made) return std::unexpected(made.error());
    for (const std::string& file : {draft_of(to), files_of(to).back()}) {
        if (auto given = give_to_owner_of_folder(file); !given) return std::unexpected(given.error());
    }
    auto aside = set_aside(to);
    if (!aside) return aside;
    if (auto moved = rename_file(draft_of(to), to); !moved) return std::unexpected(moved.error());
    return aside;
}

}  // namespace store
