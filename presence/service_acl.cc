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

// Whoever is shut out has these rights by no entry, so none is shown to give them (zimbra-im 3.12).
void deny(std::vector<Ace>& entries, const std::string& key, const std::string& url) {
    const Rights rights{Right::presence, Right::send_to};
    for (Ace& ace : entries) {
        if (ace.key == key) ace.grant.remove(rights);
    }
    std::erase_if(entries, [](const Ace& ace) { return !ace.key.empty() && ace.grant.empty() && ace.deny.empty(); });
    Ace ace;
    ace.key = key;
    ace.url = url;
    ace.deny = rights;
    Acl merged(std::move(entries));
    merged.merge(ace);
    entries = merged.entries();
}

void print_shut_out(const Node& node, std::vector<Ace>& entries) {
    const auto own = Address::parse(node.owner().url());
    const std::string authority = own ? own->authority() : std::string();
    std::vector<std::string> keys;
    for (const Ace& ace : entries) keys.push_back(ace.key);
    const auto add = [&keys](const std::string& account) {
        if (!account.empty()) keys.push_back(key_of_account(account));
    };
    if (const PrivacyLists* lists = node.privacy()) {
        if (const PrivacyList* list = lists->find("")) {
            for (const PrivacyItem& item : list->items) add(item.account);
        }
    }
    if (node.contacts()) {
        node.contacts()->for_each([&](const ListedContact& contact) {
            if (contact.blocked) add(contact.account);
        });
    }
    std::ranges::sort(keys);
    keys.erase(std::ranges::unique(keys).begin(), keys.end());
    for (const std::string& key : keys) {
        if (key.empty() || !node.shuts_out(key)) continue;
        const bool domain = key.find('/') == std::string::npos;
        deny(entries, key, key == kOurDomain ? authority : domain ? key : key.starts_with('/') ? url_of_node(authority, key) : "http://" + key);
    }
}

// What ACL-get shows: the owner's own entry stands in the document though he needs none (RVP 5.7.3).
Acl printed(const Node& node) {
    std::vector<Ace> entries = node.acl().entries();
    const auto is_owner = [&node](const Ace& ace) { return node.owned_by(ace.key); };
    std::erase_if(entries, is_owner);
    if (node.owner().key().empty()) return Acl(std::move(entries));  // a room's: nobody's own
    if (node.shuts_anybody_out()) print_shut_out(node, entries);
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
        acl_was_written(name, changes);
        still = nodes_.find(name.key);
        if (!still) return done(no_node(name));
        done(printed(*still));
    });
}

}  // namespace presence
