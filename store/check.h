// store/check.h: reads everything and believes nothing.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"
#include "presence/ports.h"
#include "store/recent.h"
#include "store/rows.h"
#include "store/sqlite.h"

namespace store {

/// Streams the records of one kind in order of shard and key, each against its sum, and all of them against the
/// tally; nothing is wrong only if the last line of it was reached. The record is used again for the next one.
[[nodiscard]] base::Result<void> read_records(Database& db, int kind, const Tallies& tallies,
                                              const presence::RecordSink& sink);
/// Recent records, all rows of them against the tally.
[[nodiscard]] base::Result<RecentRecords> read_recent(Database& db, const Tallies& tallies);
/// Everything there is: identity, schema, each row, each tally, SQLite's own check of pages and indexes. Takes about
/// as long as reading the file thrice. Errc::internal says what is wrong first.
[[nodiscard]] base::Result<void> check_store(Database& db);

}  // namespace store
