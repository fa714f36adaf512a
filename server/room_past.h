// server/room_past.h: what was said in rooms before now, out of the archive.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "presence/rooms.h"

namespace store {
class Archive;
}

namespace server {

/// Borrows the archive. What cannot be read is as if it had not been said. Thread: loop.
class RoomPast final : public presence::RoomPast {
public:
    explicit RoomPast(store::Archive& archive) : archive_(archive) {}
    void last(const std::string& key, std::size_t most, base::Once<void(std::vector<presence::ArchivedMessage>)> done) override;

private:
    store::Archive& archive_;
};

}  // namespace server
