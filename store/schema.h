// store/schema.h: the tables, and the numbered steps that lead to them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "store/sqlite.h"

namespace store {

/// "RVPD": says that a database is ours (PRAGMA application_id).
inline constexpr std::int64_t kApplicationId = 0x52565044;

/// One step forward; there is none back. Each is a transaction of its own that ends with PRAGMA user_version =
/// `version`. A step that was ever released is never changed; the next is added.
struct Migration {
    int version = 0;  ///< what the store is after it: 1, 2, …
    const char* sql = nullptr;
};
[[nodiscard]] std::span<const Migration> migrations();
[[nodiscard]] int newest_schema();
/// The first with the table `recent`.
inline constexpr std::int64_t kSchemaWithRecent = 3;

/// Whether the file at `path` may be opened as a store at all; looks without touching. Errc::internal: it is empty,
/// not a database, not ours, or of a newer schema; the text names the file and says which.
[[nodiscard]] base::Result<void> check_identity(Database& db);
/// Looks at the first bytes, before SQLite does: its own answer to an empty file would be a new database.
[[nodiscard]] base::Result<void> check_header(const std::string& path);
/// Takes the store from the schema it has through `steps` to the last of them.
[[nodiscard]] base::Result<void> migrate(Database& db, std::span<const Migration> steps = migrations());
/// Whether tables and indexes are exactly those that `steps` make: a damaged table of tables is not believed.
[[nodiscard]] base::Result<void> check_schema(Database& db, std::span<const Migration> steps = migrations());
/// A new, empty store at `path`, which must not be there: it appears whole or not at all. Mode 0600.
[[nodiscard]] base::Result<void> create_store(const std::string& path);
/// Opens a store that is there for writing, in WAL mode with synchronous=FULL, after all the doubts above and any
/// migration that it needs.
[[nodiscard]] base::Result<Database> open_store(const std::string& path);

}  // namespace store
