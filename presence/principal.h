// presence/principal.h: who watches and who is watched, each identity kept once.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.7.2
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/key_index.h"
#include "presence/quota.h"

namespace presence {

class CallBack;
class PrincipalTable;

/// An identity: one key, interned. Lives as long as somebody refers to it. Thread: loop.
class Principal {
public:
    [[nodiscard]] const std::string& key() const { return key_; }
    /// The URL under which he was first named; printed.
    [[nodiscard]] const std::string& url() const { return url_; }

    std::uint32_t subscriptions = 0;  ///< he holds, expired ones included; bounded by limits
    std::uint32_t nodes = 0;          ///< he made; bounded by limits
    bool shuts_out = false;           ///< his node shuts somebody out; see Node::shuts_out
    Quota foreign_call_backs;         ///< at others' addresses
    CallBack* latest = nullptr;       ///< of his call-backs, the one that was opened last; null: it has gone, or there is none

private:
    friend class PrincipalTable;
    friend void intrusive_ptr_add_ref(Principal* p) { ++p->references_; }
    friend void intrusive_ptr_release(Principal* p);
    Principal(PrincipalTable& table, std::string key, std::string url)
        : table_(table), key_(std::move(key)), url_(std::move(url)) {}

    PrincipalTable& table_;
    std::string key_;
    std::string url_;
    std::uint32_t references_ = 0;
};
using PrincipalRef = boost::intrusive_ptr<Principal>;

/// Owns every Principal somebody refers to. Must outlive all references.
class PrincipalTable {
public:
    [[nodiscard]] PrincipalRef intern(const std::string& key, const std::string& url);
    /// As of KeyIndex.
    [[nodiscard]] std::size_t foresee(std::string_view key) const { return by_key_.foresee(key); }
    [[nodiscard]] const Principal* foreseen(std::size_t hash) const { return by_key_.foreseen(hash); }
    [[nodiscard]] std::size_t size() const { return by_key_.size(); }

private:
    friend void intrusive_ptr_release(Principal* p);
    base::KeyIndex<Principal, &Principal::key> by_key_;
};

}  // namespace presence
