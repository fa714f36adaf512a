// store/backup.h: a copy that is known to be good, and putting one back.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7
#pragma once

#include <stop_token>
#include <string>

#include "base/result.h"

namespace store {

/// Copies the store at `from`, which may be in use by this process, to `to`: one consistent moment in one file,
/// mode 0600, checked row by row before it takes its place. Blocks for as long as that takes; `stop` ends it early.
/// Errc::denied: `to` is one of the store's own files.
[[nodiscard]] base::Result<void> copy_store(const std::string& from, const std::string& to, std::stop_token stop = {});

/// Puts the backup `from` in the place of the store at `to`, at once or not at all. Refuses while a daemon holds
/// `to` (Errc::busy), and a backup that is not ours, newer, damaged, or the store itself. Ids that were given after the
/// backup was made are not given again. When root does it, the files belong to the owner of the folder. Returns where
/// the store that was there went ("" when there was none).
[[nodiscard]] base::Result<std::string> restore(const std::string& from, const std::string& to);

}  // namespace store
