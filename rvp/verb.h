// rvp/verb.h: what each method's handler is given.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http.h"
#include "base/xml.h"
#include "presence/service.h"
#include "rvp/credentials.h"

namespace rvp {

/// Bodies of PROPFIND that were read lately, with what they mean: clients send the same few bytes over and over.
/// Bounded. Loop.
class ReadLately {
public:
    [[nodiscard]] const presence::FindWanted* find(std::string_view body) const {
        for (const auto& [bytes, meaning] : entries_) {
            if (bytes == body) return &meaning;
        }
        return nullptr;
    }
    const presence::FindWanted& keep(std::string_view body, presence::FindWanted meaning) {
        if (entries_.size() < kMost) entries_.emplace_back();
        auto& entry = entries_[next_++ % kMost];
        entry = {std::string(body), std::move(meaning)};
        return entry.second;
    }

private:
    static constexpr std::size_t kMost = 8;
    std::vector<std::pair<std::string, presence::FindWanted>> entries_;
    std::size_t next_ = 0;
};

/// What all handlers share; borrowed, outlives them.
struct Verbs {
    presence::Service& service;
    const presence::Realm& realm;
    base::xml::Bounds bounds;
    std::size_t property_bytes = 65536;  ///< of one property's value
    ReadLately* propfinds = nullptr;     ///< may be null
    /// Whether the server is behind with its work, so that newcomers must wait; null: never.
    std::function<bool()> behind = nullptr;
    /// Is told of each change of an ACL that was made, for the audit log; null: nobody is.
    std::function<void(const presence::Caller&, const presence::NodeName&, const std::vector<presence::Ace>&)>
        acl_changed = nullptr;
    Proofs proofs{};
};

/// One request that is known to be for a node, by somebody.
struct Act {
    const base::Request& request;  ///< borrowed for the call; copy what a late answer needs
    presence::Caller caller;
    presence::NodeName node;
    presence::Foresight& ahead;  ///< borrowed for the call

    /// The logical URL of the node, under the authority by which it was named.
    [[nodiscard]] std::string href(const presence::Realm& realm) const {
        return presence::url_of_node(realm.spelling(node.authority), node.path);
    }
};

/// Handles one method; pays `responder` now or later.
using Handler = void (*)(const Verbs&, Act, base::Responder);

}  // namespace rvp
