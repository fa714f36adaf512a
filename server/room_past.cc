// server/room_past.cc: what was said in rooms before now, out of the archive.
// SPDX-License-Identifier: Apache-2.0
#include "server/room_past.h"

#include <algorithm>
#include <utility>

#include "store/archive.h"

namespace server {

void RoomPast::last(const std::string& key, std::size_t most, base::Once<void(std::vector<presence::ArchivedMessage>)> done) {
    store::HistoryQuery query;
    query.conversation = key;
    query.limit = most;
    archive_.find(std::move(query), [done = std::move(done)](base::Result<store::HistoryPage> page) mutable {
        std::vector<presence::ArchivedMessage> found;
        if (page) found = std::move(page->messages);
        std::ranges::reverse(found);
        done(std::move(found));
    });
}

}  // namespace server
