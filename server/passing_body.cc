// server/passing_body.cc: a buffer with two ends.
// SPDX-License-Identifier: Apache-2.0
#include "server/passing_body.h"

#include <utility>

namespace server {

PassingBody::~PassingBody() {
    if (!over_) dropped_();
}

void PassingBody::put(std::string_view bytes) {
    if (read_ == bytes_.size()) bytes_.clear(), read_ = 0;
    bytes_.append(bytes);
    tell();
}

void PassingBody::end() {
    over_ = true;
    tell();
}

void PassingBody::tell() {
    if (auto more = std::exchange(more_, nullptr)) more();
}

std::optional<std::size_t> PassingBody::read(char* to, std::size_t most, std::function<void()> more) {
    const std::size_t size = std::min(most, held());
    if (size == 0) {
        if (over_) return std::nullopt;  // who has read it all asks no more
        more_ = std::move(more);
        return 0;
    }
    const bool was_full = full();
    bytes_.copy(to, size, read_);
    read_ += size;
    // What was read is cut off now and then, not each time.
    if (read_ >= kFull) bytes_.erase(0, std::exchange(read_, 0));
    if (was_full && !full() && !over_) room_();
    return size;
}

}  // namespace server
