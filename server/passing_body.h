// server/passing_body.h: a body on its way from one connection to another, of which little is held at a time.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5, 6 (bounds)
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/http.h"

namespace server {

/// Between who receives it, which is to wait while it is full, and who sends it on. Thread: loop.
class PassingBody final : public base::BodySource {
public:
    static constexpr std::size_t kFull = 256 * 1024;
    static constexpr std::size_t kMostHeld = 2 * kFull;  ///< with what was read and is not cut off yet

    /// `room` is called when it was full and is no more; `dropped` when nobody wants the rest. Neither once it has ended.
    PassingBody(std::uint64_t size, std::function<void()> room, std::function<void()> dropped)
        : size_(size), room_(std::move(room)), dropped_(std::move(dropped)) {}
    ~PassingBody() override;

    void put(std::string_view bytes);
    /// No more comes; if that was less than its size, it has broken off.
    void end();
    [[nodiscard]] bool full() const { return held() >= kFull; }
    [[nodiscard]] std::size_t held() const { return bytes_.size() - read_; }

    [[nodiscard]] std::uint64_t size() const override { return size_; }
    [[nodiscard]] std::size_t most_held() const override { return static_cast<std::size_t>(std::min<std::uint64_t>(size_, kMostHeld)); }
    [[nodiscard]] std::optional<std::size_t> read(char* to, std::size_t most, std::function<void()> more) override;

private:
    void tell();

    const std::uint64_t size_;
    std::function<void()> room_;
    std::function<void()> dropped_;
    std::function<void()> more_;
    std::string bytes_;
    std::size_t read_ = 0;  // of bytes_
    bool over_ = false;
};

}  // namespace server
