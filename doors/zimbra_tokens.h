// doors/zimbra_tokens.h: what a client shows instead of its password.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 1.7, 2
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "doors/gate.h"

namespace doors {

/// Tokens carry what they say, sealed with a key that this process made: after a restart none holds. Only what was
/// given back before its time is remembered. Thread: loop.
class ZimbraTokens {
public:
    /// All are borrowed.
    ZimbraTokens(const base::Clock& clock, Gate& gate);

    /// Letters, digits and `_`.
    [[nodiscard]] std::string issue(const Proved& whom, std::chrono::milliseconds life);

    struct Found {
        enum class What { none, expired, good } what = What::none;  ///< none: nothing that this process made
        Proved whom;
        std::chrono::milliseconds left{};
    };
    /// expired: past its life, given back, or its account is gone or another than it was.
    [[nodiscard]] Found look(std::string_view token) const;
    /// From now on it counts as expired.
    void give_back(std::string_view token);

private:
    struct Content {
        Proved whom;
        base::Instant until{};
        std::string seal;
    };
    [[nodiscard]] std::optional<Content> read(std::string_view token) const;

    const base::Clock& clock_;
    Gate& gate_;
    const std::string key_;
    std::map<std::string, base::Instant> given_back_;  // by seal: until when they would have held
};

}  // namespace doors
