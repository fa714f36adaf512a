// presence/acl.cc: rights, access control entries, and whether a caller may.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.7; rvp-in-practice 1.8, 8.16
#include "presence/acl.h"

namespace presence {
namespace {

bool matches(const Ace& ace, Proof proof, Right right) {
    const auto bit = static_cast<Credentials>(proof);
    return proof != Proof::internal && (ace.credentials & bit) != 0 && (ace.grant.has(right) || ace.deny.has(right));
}

}  // namespace

Acl Acl::initial(bool alias) {
    Ace everyone;
    everyone.grant = {Right::list, Right::read, Right::send_to, Right::presence};
    if (!alias) everyone.grant.add({Right::receive_from});
    return Acl({everyone});
}

const Ace* Acl::deciding(const std::string& key, Proof proof, Right right) const {
    const Ace* found = nullptr;
    for (const bool own : {true, false}) {
        for (const Ace& ace : entries_) {
            if (own ? ace.key != key || key.empty() : !ace.key.empty()) continue;
            if (!matches(ace, proof, right)) continue;
            if (ace.deny.has(right)) return &ace;
            if (!found) found = &ace;
        }
        if (found) return found;
    }
    return nullptr;
}

bool Acl::may(const std::string& key, Proof proof, Right right) const {
    const Ace* ace = deciding(key, proof, right);
    return ace && !ace->deny.has(right);
}

void Acl::merge(const Ace& change) {
    Rights mentioned = change.grant;
    mentioned.add(change.deny);
    if (mentioned.empty()) return;  // says nothing
    std::vector<Ace> merged;
    bool placed = false;
    for (Ace& ace : entries_) {
        const Credentials overlap = ace.credentials & change.credentials;
        if (ace.key != change.key || overlap == 0) {
            merged.push_back(std::move(ace));
            continue;
        }
        if (overlap != ace.credentials) {  // other proofs keep what they had
            merged.push_back(ace);
            merged.back().credentials = static_cast<Credentials>(ace.credentials & ~overlap);
        }
        ace.credentials = overlap;
        ace.grant.remove(mentioned);
        ace.deny.remove(mentioned);
        if (overlap == change.credentials && !placed) {
            ace.grant.add(change.grant);
            ace.deny.add(change.deny);
            placed = true;
        }
        if (!ace.grant.empty() || !ace.deny.empty()) merged.push_back(std::move(ace));
    }
    if (!placed) merged.push_back(change);
    entries_ = std::move(merged);
}

}  // namespace presence
