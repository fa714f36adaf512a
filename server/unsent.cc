// server/unsent.cc: what a peer has not taken yet.
// SPDX-License-Identifier: Apache-2.0
#include "server/unsent.h"

#include <utility>

namespace server {
namespace {

constexpr std::size_t kKeptSent = 65536;  // in front of what waits

}  // namespace

void Unsent::add(std::string bytes) {
    if (bytes_.empty()) bytes_ = std::move(bytes);
    else bytes_ += bytes;
}

void Unsent::taken(std::size_t count) {
    begin_ += count;
    const bool much = begin_ > kKeptSent && begin_ >= size();  // then less is copied than was sent
    if (!empty() && !much) return;
    std::string(bytes_, begin_).swap(bytes_);  // to assign a short text, or none, would keep the memory
    begin_ = 0;
}

}  // namespace server
