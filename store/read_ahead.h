// store/read_ahead.h: records are read on one thread while another does something with them.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7, 11 (restart)
#pragma once

#include <functional>

#include "base/result.h"
#include "presence/ports.h"

namespace store {

/// Runs `read` on a thread of its own. What it gives to its sink comes to `sink` on the caller's thread and in the same
/// order, so that both together take no longer than the slower one. It comes in loads of 1,024 records or 256 KiB, of which
/// four may be under way. Returns what `read` returned, once everything has come; throws what `read` or `sink` threw. Blocks.
[[nodiscard]] base::Result<void> read_ahead(const std::function<base::Result<void>(const presence::RecordSink&)>& read,
                                            const presence::RecordSink& sink);

}  // namespace store
