// server/unsent.h: what a peer has not taken yet.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (hostile input has a bound everywhere)
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace server {

/// Bytes on their way out. Occupies little more than what waits: what was taken is given back, at a cost that is spread
/// over it. Thread: one.
class Unsent {
public:
    void add(std::string bytes);
    /// The peer has taken so many more.
    void taken(std::size_t count);

    [[nodiscard]] std::string_view rest() const { return std::string_view(bytes_).substr(begin_); }
    [[nodiscard]] std::size_t size() const { return bytes_.size() - begin_; }
    [[nodiscard]] bool empty() const { return size() == 0; }
    /// What it occupies.
    [[nodiscard]] std::size_t bytes() const { return bytes_.capacity(); }

private:
    std::string bytes_;
    std::size_t begin_ = 0;  // of the rest
};

}  // namespace server
