// server/nonces.h: nonces of Digest: made without memory, remembered once used, and good for each count once.
// SPDX-License-Identifier: Apache-2.0
// Spec: RFC 7616 3.3 (nonce), 3.4 (nc), 5.4 (replay)
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace server {

/// Gives out nonces and takes them back. One that is given out costs no memory, for it carries its time, its number
/// and a seal; only one with which somebody proved himself is remembered, so that strangers cannot fill the memory.
/// When that is full the oldest is forgotten, and with it every older one that was not used yet. Thread: loop.
class Nonces {
public:
    /// Longer than a log-on talks without a pause; who comes later is asked once more, which people do not see.
    static constexpr std::chrono::minutes kLife{60};
    /// 5 MiB; at a thousand log-ons a second, a minute.
    static constexpr std::size_t kMost = 65'536;

    explicit Nonces(const base::Clock& clock, std::size_t most = kMost);

    /// 64 hex digits.
    [[nodiscard]] std::string fresh();
    /// Notes that somebody proved himself with this nonce and nc. False: it is not ours, too old or forgotten, or
    /// this count was seen (or is too far behind to tell): a new nonce is due. Counts may come in any order within 64.
    [[nodiscard]] bool use(std::string_view nonce, std::uint32_t count);
    [[nodiscard]] std::size_t remembered() const { return used_.size(); }

private:
    struct Used {
        std::uint32_t highest = 0;
        std::uint64_t before = 0;  ///< bit n: count highest - n was seen
        base::Instant made{};
    };
    [[nodiscard]] std::string seal(std::string_view head) const;
    void forget_some(base::Instant now);

    const base::Clock& clock_;
    const std::size_t most_;
    const std::string key_;
    std::uint64_t last_ = 0;
    std::uint64_t forgotten_ = 0;  ///< unless remembered, none up to this number is good any more
    std::map<std::uint64_t, Used> used_;
};

}  // namespace server
