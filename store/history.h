// store/history.h: questions to the archive, and the pages that answer them.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/result.h"
#include "presence/ports.h"
#include "store/sqlite.h"

namespace store {

/// Which messages, and in which order. With `conversation` or `words` the order is that of arrival; else that of
/// time. Bounds of time apply always.
struct HistoryQuery {
    enum class Order { newest_first, oldest_first };

    std::string conversation;  ///< as archived; "" for all
    std::string words;         ///< an FTS5 query over the texts; "" for all messages
    std::int64_t from_ms = std::numeric_limits<std::int64_t>::min();
    std::int64_t until_ms = std::numeric_limits<std::int64_t>::max();  ///< excluded
    Order order = Order::newest_first;
    std::size_t limit = 50;  ///< per page; cut to kMostPerPage
    std::string token;       ///< HistoryPage::next of the page before; "" for the first
};
inline constexpr std::size_t kMostPerPage = 1000;

struct HistoryPage {
    std::vector<presence::ArchivedMessage> messages;
    std::string next;  ///< letters, digits, '.' and '-'; "" after the last page
};

/// Reads one page; blocks. Errc: malformed (words, or a token that was never given), internal (damaged message).
[[nodiscard]] base::Result<HistoryPage> read_history(Database& db, const HistoryQuery& query);

}  // namespace store
