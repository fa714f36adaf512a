// presence/service_acl.cc: ACL get and set, effective at once.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.7; rvp-in-practice 1.8; design 3.6, 6
#include <algorithm>

#include "presence/record.h"
#include "presence/service.h"

namespace presence {

using base::Errc;
using base::fail;

namespace {

// What ACL-get shows: the owner's own entry stands in the document though he needs none (RVP 5.7.3).
Acl printed(const Node& node) {
    std::vector<Ace> entries = node.acl().entries();
    const auto is_owner = [&node](const Ace& ace) { return node.owned_by(ace.key); };
    std::erase_if(entries, is_owner);
    Ace owner;
    owner.key = node.owner().key();
    owner.url = node.owner().url();
    owner.grant = Rights::all();
    entries.push_back(std::move(owner));
    return Acl(std::move(entries));
}

}  // namespace

Record Service::acl_record(const Node& node, const Acl& acl) {
    AclRecord record;
    for (const Ace& ace : acl.entries()) {
        record.entries.push_back({ace.key, ace.url, ace.credentials, ace.grant.bits(), ace.deny.bits()});
    }
    return put_record(node.key(), node.key(), record);
}

void Service::become(Node& node, Acl acl, std::uint64_t request) {
    const Acl before = node.acl();
    node.set_acl(std::move(acl));
    fanout_.tell_sight(node, before, request);
    if (node.acl() != before) node.told_at = clock_.now();  // expired subscriptions may have missed it
}

base::Result<Acl> Service::read_acl(const Caller& caller, const NodeName& name) {
    auto node = need_or_make(caller, name, {Right::readacl});
    if (!node) return std::unexpected(node.error());
    return printed(**node);
}

void Service::merge_acl(const Caller& caller, const NodeName& name, std::vector<Ace> changes, Answer<Acl> done) {
    auto node = need_or_make(caller, name, {Right::writeacl});
    if (!node) return done(std::unexpected(node.error()));
    in_turn(name.key, [this, name, changes = std::move(changes), request = caller.request,
                       done = std::move(done)](base::Once<void()> finished) mutable {
        merge_when_safe(name, changes, request, [done = std::move(done), finished = std::move(finished)](auto merged) mutable {
            done(std::move(merged));
            finished();
        });
    });
}

void Service::merge_when_safe(const NodeName& name, const std::vector<Ace>& changes, std::uint64_t request,
                              Answer<Acl> done) {
    Node* node = nodes_.find(name.key);
    if (!node) return done(no_node(name));
    Acl merged = node->acl();
    for (const Ace& change : changes) merged.merge(change);
    if (merged.entries().size() > settings_.acl_entries) {
        return done(fail(Errc::busy, "the ACL would have more entries than it may (limits.acl_entries)"));
    }
    Batch batch;
    batch.records.push_back(acl_record(*node, merged));
    commit(*node, std::move(batch), [this, name, changes, merged = std::move(merged), request,
                                     done = std::move(done)](base::Result<void> safe) mutable {
        if (!safe) return done(std::unexpected(safe.error()));
        Node* still = nodes_.find(name.key);
        if (!still) return done(no_node(name));
        become(*still, std::move(merged), request);
        done(printed(*still));
        acl_was_written(name, changes);
    });
}

}  // namespace presence
