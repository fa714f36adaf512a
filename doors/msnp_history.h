// doors/msnp_history.h: RECENTCONVERSATIONS and MESSAGESBYCONVERSATION: what was missed, page by page.
// SPDX-License-Identifier: Apache-2.0
// Spec: seed 002; msnp24 8
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/xml.h"
#include "doors/msnp_left.h"
#include "presence/address.h"
#include "presence/service.h"
#include "presence/talks.h"

namespace doors {

/// Where a walk through pages stands: below `low` and above `floor` nothing was given yet. Of one that is over, `low`
/// is 0, and the next begins above `high`.
struct MsnpToken {
    std::uint64_t low = 0;
    std::uint64_t high = 0;   ///< the newest there was when the walk began
    std::uint64_t floor = 0;
    bool operator==(const MsnpToken&) const = default;
};
/// In hex, with a sum over whose it is and of what talk ("" = the list of them): no other's is taken for it.
[[nodiscard]] std::string write_msnp_token(const MsnpToken& token, std::string_view account, std::string_view talk);
/// nullopt: none that was given to him for that.
[[nodiscard]] std::optional<MsnpToken> read_msnp_token(std::string_view text, std::string_view account, std::string_view talk);

/// One endpoint's questions about its owner's past. Thread: loop.
class MsnpHistory {
public:
    /// What was read of a talk: `arrival;read;client message id`, by conversation as archived.
    using Horizons = std::map<std::string, std::string>;
    /// `talks` null: nothing is archived. `own`: the owner's node key.
    /// `service` null: there are no rooms. All are borrowed, and outlive what was asked.
    MsnpHistory(presence::Talks* talks, const presence::Realm& realm, std::string own, const presence::Service* service = nullptr)
        : talks_(talks), realm_(realm), own_(std::move(own)), service_(service) {}

    /// The answer's body. Errc: malformed (a token that is none of his), and those of presence::Talks.
    using Done = std::move_only_function<void(base::Result<std::string>)>;
    /// `left`: threads that he may have left.
    void recent(const base::xml::Element& request, Horizons horizons, LeftThreads left, Done done);
    void messages(const base::xml::Element& request, Done done);

    /// A talk with one other, as archived. nullopt: what stands in `id` is nobody here.
    [[nodiscard]] std::optional<std::string> talk_of(std::string_view id) const;

private:
    /// Those that he is in, since when, and what he may see of them.
    [[nodiscard]] std::vector<presence::RecentRoom> rooms() const;
    /// The same of those that he has left.
    [[nodiscard]] std::vector<presence::RecentRoom> rooms_left(const LeftThreads& left) const;

    presence::Talks* talks_;
    const presence::Realm& realm_;
    const std::string own_;
    const presence::Service* service_;
};

/// How two people's talk is named in the archive.
[[nodiscard]] std::string talk_between(const std::string& a, const std::string& b);
/// `2015-05-02T14:30:00.500Z`
[[nodiscard]] std::string msnp_time(std::int64_t ms);
/// An endpoint for people who have none: always the same one for the same person.
[[nodiscard]] std::string made_up_endpoint(std::string_view key);

}  // namespace doors
