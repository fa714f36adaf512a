// presence/service_roster.cc: asking for somebody's presence, and answering. Whom somebody lets see him is written in
// the access control list of his node and nowhere else, so it binds whoever looks through whatever door.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.1 to 3.3; design 3.6, 6, 7
#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "presence/contact_change.h"
#include "presence/record.h"
#include "presence/service.h"

namespace presence {

using base::Errc;
using base::fail;

namespace {

bool grants_by_name(const Acl& acl, const std::string& key) {
    return std::ranges::any_of(acl.entries(), [&key](const Ace& ace) {
        return ace.key == key && ace.grant.has(Right::presence) && !ace.deny.has(Right::presence);
    });
}

}  // namespace

void Service::listen(RosterEvents& events) { roster_events_.push_back(&events); }
void Service::unlisten(RosterEvents& events) { std::erase(roster_events_, &events); }

// -- how things stand

// Who has never been there lets see him whom his node will let see him once it comes to be.
bool Service::lets_see(const std::string& owner_key, const std::string& account) const {
    if (abroad(key_of_account(owner_key))) return true;  // as far as is known here: RVP has no asking
    if (!is_alias(owner_key)) return false;
    static const Acl initial = Acl::initial(true);
    const Node* node = nodes_.find(owner_key);
    const std::string key = key_of_account(account);
    return std::ranges::any_of(std::array{Proof::assertion, Proof::digest, Proof::ntlm}, [&](Proof proof) {
        return node ? node->may(key, proof, Right::presence) : initial.may(key, proof, Right::presence);
    });
}

std::optional<RosterEntry> Service::roster_entry(const std::string& owner_key, const std::string& account) const {
    const Node* node = nodes_.find(owner_key);
    if (!node) return std::nullopt;
    RosterEntry entry;
    entry.seen = grants_by_name(node->acl(), key_of_account(account));
    auto contact = node->contacts() ? node->contacts()->find(account) : std::nullopt;
    entry.listed = contact.has_value();
    if (!entry.listed && !entry.seen) return std::nullopt;
    entry.contact.account = account;
    if (contact) entry.contact = std::move(*contact);
    entry.sees = entry.listed && !entry.contact.asking && lets_see(account, owner_key);
    return entry;
}

std::vector<RosterEntry> Service::roster(const std::string& owner_key) const {
    std::vector<RosterEntry> entries;
    const Node* node = nodes_.find(owner_key);
    if (!node) return entries;
    if (const ContactList* list = node->contacts()) {
        list->for_each([&](const ListedContact& contact) { entries.push_back(*roster_entry(owner_key, contact.account)); });
    }
    for (const Ace& ace : node->acl().entries()) {
        const std::string account = account_of_key(ace.key);
        if (account.empty() || node->owned_by(ace.key) || !grants_by_name(Acl({ace}), ace.key)) continue;
        if (std::ranges::any_of(entries, [&](const RosterEntry& one) { return one.contact.account == account; })) continue;
        entries.push_back(*roster_entry(owner_key, account));
    }
    return entries;
}

void Service::tell_roster(const std::string& owner_key, const std::string& account) {
    if (roster_events_.empty()) return;
    auto entry = roster_entry(owner_key, account);
    if (!entry) {
        entry.emplace();
        entry->contact.account = account;
        entry->listed = false;
    }
    for (std::size_t i = 0; i < roster_events_.size(); ++i) {
        if (entry->listed || entry->seen) roster_events_[i]->roster_put(owner_key, *entry);
        else roster_events_[i]->roster_removed(owner_key, *entry);
    }
}

void Service::tell_ask_over(const std::string& owner_key, const std::string& account) {
    for (std::size_t i = 0; i < roster_events_.size(); ++i) roster_events_[i]->ask_over(owner_key, account);
}

// -- how they change

/// All that one act changes: in lists, access control lists, and who waits for an answer.
struct Service::RosterChange {
    std::map<std::string, Node*> nodes;
    std::map<std::string, ChangedContacts> lists;
    std::map<std::string, Acl> acls;
    std::vector<std::pair<std::string, PresenceAsk>> asks;        // of whom
    std::vector<std::pair<std::string, std::string>> over;        // of whom, who asked
    std::vector<std::pair<std::string, std::string>> told;        // whose entry for whom, beside those in lists
    std::vector<std::pair<std::string, std::string>> told_first;  // the same, before there is one in the list
    Batch batch;
};

base::Result<void> Service::check_other(const NodeName& owner, const std::string& account) const {
    if (const auto is = check_owner(owner); !is) return is;
    if (account == owner.key) return fail(Errc::malformed, "nobody is his own buddy");
    return check_contact({account});
}

base::Result<void> Service::change_contact(RosterChange& change, const NodeName& owner, ContactPatch patch) {
    if (const auto no = refused({{owner, {patch}}})) return std::unexpected(no->error);
    auto node = node_of_list(owner);
    if (!node) return std::unexpected(node.error());
    change.nodes[owner.key] = *node;
    const auto [at, is_new] = change.lists.try_emplace(owner.key, ChangedContacts{owner.key, {}, {}});
    if (const ContactList* now = contacts(owner.key); is_new && now) at->second.next = *now;
    change_list(at->second, {std::move(patch)}, change.batch);
    return {};
}

// Whether there is such a person is nobody's business: who is not here never answers.
base::Result<void> Service::put_ask(RosterChange& change, const NodeName& owner, const std::string& account) {
    if (!is_alias(account) || abroad(account) || asks_.waits(account, owner.key)) return {};
    const NodeName name{account, account, owner.authority};
    Node* node = nodes_.find(account);
    if (!node && !auto_created(name)) return {};
    if (node && node->shuts_out(owner.key)) return {};
    if (asks_.count(account) >= settings_.asks_per_account) {
        return fail(Errc::busy, "as many ask " + std::string(alias_of(account)) + " as may (limits.asks_per_account)");
    }
    if (!node) {
        Caller asker;
        asker.key = owner.key;
        asker.url = Address(realm_.spelling(owner.authority), owner.path).url();
        auto made = make_node(asker, name);
        if (!made) return std::unexpected(made.error());
        node = *made;
    }
    change.nodes[account] = node;
    const PresenceAsk ask{owner.key, time_.of(clock_.now())};
    change.batch.records.push_back(put_record(account, contact_record_key(account, owner.key), AskRecord{ask.time}));
    change.asks.emplace_back(account, ask);
    return {};
}

base::Result<void> Service::wish(RosterChange& change, const NodeName& owner, const RosterWish& wish) {
    ContactPatch patch{wish.account, wish.nickname, wish.groups, {}, {}};
    const ContactList* list = contacts(owner.key);
    const auto before = list ? list->find(wish.account) : std::nullopt;
    // Who sees him already, or has asked, asks no more; who was turned away may ask again.
    const bool asks_now = !before || (!before->asking && is_alias(wish.account) && !lets_see(wish.account, owner.key));
    const Node* other = nodes_.find(wish.account);
    if (asks_now) patch.asking = !(other && grants_by_name(other->acl(), owner.key)) && !abroad(key_of_account(wish.account));
    const bool waits = asks_now ? *patch.asking : before->asking;
    if (auto changed = change_contact(change, owner, std::move(patch)); !changed) return changed;
    return waits ? put_ask(change, owner, wish.account) : base::Result<void>();
}

base::Result<void> Service::rule(RosterChange& change, const NodeName& owner, const std::string& account, bool lets_see) {
    auto node = node_of_list(owner);
    if (!node) return std::unexpected(node.error());
    change.nodes[owner.key] = *node;
    Ace ace;
    ace.key = key_of_account(account);
    ace.url = realm_.url_of(ace.key);
    (lets_see ? ace.grant : ace.deny).add({Right::presence});
    Acl merged = (*node)->acl();
    merged.merge(ace);
    if (merged.entries().size() > settings_.acl_entries) {
        return fail(Errc::busy, "the ACL would have more entries than it may (limits.acl_entries)");
    }
    if (merged != (*node)->acl()) {
        change.batch.records.push_back(acl_record(**node, merged));
        change.acls.insert_or_assign(owner.key, std::move(merged));
    }
    if (lets_see || roster_entry(owner.key, account)) change.told.emplace_back(owner.key, account);
    if (asks_.waits(owner.key, account)) {
        change.batch.records.push_back(erase_record<AskRecord>(owner.key, contact_record_key(owner.key, account)));
        change.over.emplace_back(owner.key, account);
    }
    const ContactList* his = contacts(account);
    const auto entry = his ? his->find(owner.key) : std::nullopt;
    if (!entry) return {};
    change.told.emplace_back(account, owner.key);
    if (!entry->asking) return {};
    return change_contact(change, {account, account, owner.authority}, {owner.key, {}, {}, {}, false});
}

void Service::make_so(RosterChange change, const NodeName& owner, const std::string& account, Answer<RosterEntry> done) {
    const auto answer = [this, key = owner.key, account] {
        RosterEntry none;
        none.contact.account = account;
        none.listed = false;
        return roster_entry(key, account).value_or(none);
    };
    std::vector<Node*> nodes;
    for (const auto& [key, node] : change.nodes) nodes.push_back(node);
    if (change.batch.empty()) return done(answer());
    Batch batch = std::move(change.batch);
    commit(nodes, std::move(batch), [this, change = std::move(change), answer, done = std::move(done)](base::Result<void> safe) mutable {
        if (!safe) return done(std::unexpected(safe.error()));
        has_become(change);
        done(answer());
    });
}

// First everything is as it will be, then it is told: to those who watch, to those who keep lists, to those who ask. Only
// an answer that adds is told as what it is, one thing after the other (zimbra-im 3.3).
void Service::has_become(RosterChange& change) {
    for (const auto& [owner, ask] : change.asks) {
        if (nodes_.find(owner)) asks_.put(owner, ask);
    }
    for (const auto& [owner, account] : change.over) asks_.erase(owner, account);
    for (auto& [key, acl] : change.acls) {
        if (Node* node = nodes_.find(key)) become(*node, std::move(acl), 0);
    }
    for (const auto& [owner, account] : change.told_first) tell_roster(owner, account);
    std::vector<ChangedContacts> lists;
    for (auto& [key, list] : change.lists) {
        for (const ContactChange& one : list.changes) std::erase(change.told, std::pair(key, one.contact.account));
        lists.push_back(std::move(list));
    }
    become(lists);
    for (const auto& [owner, account] : change.told) tell_roster(owner, account);
    for (const auto& [owner, account] : change.over) tell_ask_over(owner, account);
    for (const auto& [owner, ask] : change.asks) {
        for (std::size_t i = 0; i < roster_events_.size(); ++i) roster_events_[i]->asked(owner, ask);
    }
}

void Service::ask(const NodeName& owner, RosterWish wanted, Answer<RosterEntry> done) {
    const std::string account = wanted.account;
    in_turns({owner.key, account}, [this, owner, wanted = std::move(wanted), done = std::move(done)](base::Once<void()> finished) mutable {
        auto then = [done = std::move(done), finished = std::move(finished)](base::Result<RosterEntry> how) mutable {
            done(std::move(how));
            finished();
        };
        RosterChange change;
        auto can = check_other(owner, wanted.account);
        if (can && wanted.lets_see) can = rule(change, owner, wanted.account, true);
        if (can) can = wish(change, owner, wanted);
        if (can) return make_so(std::move(change), owner, wanted.account, std::move(then));
        for (const auto& [key, node] : change.nodes) drop_if_useless(key);
        then(std::unexpected(can.error()));
    });
}

void Service::decide(const NodeName& owner, RosterVerdict verdict, Answer<RosterEntry> done) {
    const std::string account = verdict.account;
    in_turns({owner.key, account}, [this, owner, verdict = std::move(verdict), done = std::move(done)](base::Once<void()> finished) mutable {
        auto then = [done = std::move(done), finished = std::move(finished)](base::Result<RosterEntry> how) mutable {
            done(std::move(how));
            finished();
        };
        RosterChange change;
        auto can = check_other(owner, verdict.account);
        if (can) can = rule(change, owner, verdict.account, verdict.lets_see);
        const ContactList* list = contacts(owner.key);
        if (can && verdict.add && change.acls.contains(owner.key) && !(list && list->find(verdict.account))) {
            change.told_first.emplace_back(owner.key, verdict.account);
        }
        if (can && verdict.add) can = wish(change, owner, {verdict.account, verdict.nickname, verdict.groups});
        if (can) return make_so(std::move(change), owner, verdict.account, std::move(then));
        for (const auto& [key, node] : change.nodes) drop_if_useless(key);
        then(std::unexpected(can.error()));
    });
}

// An RVP client answers by writing the list itself (rvp-in-practice 1.8).
void Service::acl_was_written(const NodeName& name, const std::vector<Ace>& changes) {
    if (!is_alias(name.key)) return;
    for (const Ace& ace : changes) {
        const std::string account = account_of_key(ace.key);
        if (account.empty() || account == name.key) continue;
        Rights mentioned = ace.grant;
        mentioned.add(ace.deny);
        if (!mentioned.has(Right::presence)) continue;
        if (asks_.waits(name.key, account)) {
            const bool lets = grants_by_name(nodes_.find(name.key)->acl(), ace.key);
            decide(name, {account, lets}, [](const base::Result<RosterEntry>&) {});
            continue;
        }
        tell_roster(name.key, account);
        if (roster_entry(account, name.key)) tell_roster(account, name.key);
    }
}

}  // namespace presence
