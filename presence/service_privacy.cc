// presence/service_privacy.cc: whom somebody shuts out, how that changes, and who is told what he sees now.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.12; design 3.6, 6, 7
#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "presence/contact_change.h"
#include "presence/record.h"
#include "presence/service.h"

namespace presence {

using base::Errc;
using base::fail;

namespace {

Record record_of(const std::string& owner_key, const PrivacyList& list, bool is_default) {
    PrivacyRecord record;
    record.is_default = is_default ? 1 : 0;
    for (const PrivacyItem& item : list.items) record.items.push_back({item.allow ? 1U : 0U, item.order, item.account});
    return put_record(owner_key, contact_record_key(owner_key, list.name), record);
}

}  // namespace

PrivacyList Service::privacy_list(const std::string& owner_key, const std::string& name) const {
    const Node* node = nodes_.find(owner_key);
    const PrivacyLists* lists = node ? node->privacy() : nullptr;
    const PrivacyList* list = lists ? lists->find(name) : nullptr;
    if (list) return *list;
    return {name.empty() ? std::string(kDefaultPrivacyList) : name, {}};
}

std::string Service::address_of_privacy(const std::string& account) const {
    return account == kOurDomain ? realm_.mail_domain() : address_of_account(account);
}

base::Result<PrivacyList> Service::sound(const PrivacyList& list) const {
    if (auto named = check_names({.account = "", .nickname = list.name}); !named) return std::unexpected(named.error());
    if (list.items.size() > settings_.privacy_items) {
        return fail(Errc::busy, "a privacy list has " + std::to_string(settings_.privacy_items) + " items at most (limits.privacy_items)");
    }
    PrivacyList as_kept{list.name, {}};
    std::set<std::uint32_t> orders;
    for (const PrivacyItem& item : list.items) {
        if (item.order == 0 || !orders.insert(item.order).second) {
            return fail(Errc::malformed, "the order of a privacy item is a positive number that no other has");
        }
        PrivacyItem& kept = as_kept.items.emplace_back(item);
        const std::string domain = base::to_lower(item.account);
        if (item.account.find('@') == std::string::npos && item.account.find('/') == std::string::npos) {
            if (domain.empty() || domain.size() > kMaxAccountBytes || !base::valid_utf8(domain) || domain.find(' ') != std::string::npos) {
                return fail(Errc::malformed, "'" + domain.substr(0, 64) + "' is no account and no domain");
            }
            const bool ours = base::equal_ignoring_case(domain, realm_.mail_domain()) || realm_.ours(domain);
            kept.account = ours ? std::string(kOurDomain) : domain;
            continue;
        }
        auto account = item.account == kOurDomain ? base::Result<std::string>(item.account) : contact_account(item.account);
        if (!account) return std::unexpected(account.error());
        kept.account = std::move(*account);
    }
    std::ranges::sort(as_kept.items, {}, &PrivacyItem::order);
    return as_kept;
}

void Service::set_privacy_list(const NodeName& owner, PrivacyList list, Answer<PrivacyList> done) {
    in_turn(owner.key, [this, owner, list = std::move(list), done = std::move(done)](base::Once<void()> finished) mutable {
        set_privacy_when_safe(owner, std::move(list), [done = std::move(done), finished = std::move(finished)](base::Result<PrivacyList> set) mutable {
            done(std::move(set));
            finished();
        });
    });
}

void Service::set_privacy_when_safe(const NodeName& owner, PrivacyList list, Answer<PrivacyList> done) {
    if (const auto is = check_owner(owner); !is) return done(std::unexpected(is.error()));
    const Node* now = nodes_.find(owner.key);
    PrivacyLists next = now && now->privacy() ? *now->privacy() : PrivacyLists();
    if (list.name.empty()) list.name = next.default_name().empty() ? std::string(kDefaultPrivacyList) : next.default_name();
    auto wanted = sound(list);
    if (!wanted) return done(std::unexpected(wanted.error()));
    if (!next.find(list.name) && next.all().size() >= settings_.privacy_lists) {
        return done(fail(Errc::busy, owner.path + " has as many privacy lists as an account may (limits.privacy_lists)"));
    }
    auto node = node_of_list(owner);
    if (!node) return done(std::unexpected(node.error()));
    next.put(*wanted);
    Batch batch;
    batch.records.push_back(record_of(owner.key, *wanted, next.default_name() == wanted->name));
    commit(**node, std::move(batch), [this, key = owner.key, next = std::move(next), set = std::move(*wanted),
                                      done = std::move(done)](base::Result<void> safe) mutable {
        if (!safe) return done(std::unexpected(safe.error()));
        if (Node* still = nodes_.find(key)) {
            ShutOut before = shut_out_by(*still);
            still->set_privacy(std::move(next));
            shutting_changed(*still, before);
        }
        for (std::size_t i = 0; i < roster_events_.size(); ++i) roster_events_[i]->privacy_set(key, set);
        done(std::move(set));
    });
}

// -- who is told

Service::ShutOut Service::shut_out_by(const Node& node) {
    return {node.privacy() ? *node.privacy() : PrivacyLists(), node.contacts() ? *node.contacts() : ContactList()};
}

bool Service::ShutOut::has(std::string_view key) const {
    if (const auto denies = lists.denies(key)) return *denies;
    return contacts.blocks(key);
}

// Whoever is shut out sees nothing of him, and he nothing of them (zimbra-im 3.12). Of both, those are told for whom
// that is news.
void Service::shutting_changed(Node& node, const ShutOut& before) {
    fanout_.tell_sight(node, [&](const Subscription& s) {
        const std::string& key = s.watcher()->key();
        return !before.has(key) && node.acl().may(key, s.proof(), Right::presence) && !fanout_.blind(s);
    }, 0);
    for (Node* other : newly_shut_out(node, before)) {
        fanout_.tell_sight(*other, [&](const Subscription& s) {
            const bool his = s.watcher()->key() == node.key();
            if (!his) return other->may(s.watcher()->key(), s.proof(), Right::presence) && !fanout_.blind(s);
            return !before.has(other->key()) && other->may(node.key(), s.proof(), Right::presence);
        }, 0);
    }
}

// Whom a list names is looked up. Only what is said of a whole domain asks for a look at everybody.
std::vector<Node*> Service::newly_shut_out(const Node& node, const ShutOut& before) const {
    std::vector<Node*> found;
    std::set<const Node*> seen;
    const auto look_at = [&](Node* other) {
        if (other && before.has(other->key()) != node.shuts_out(other->key()) && seen.insert(other).second) found.push_back(other);
    };
    bool whole_domain = false;
    const auto look_through = [&](const PrivacyLists* lists, const ContactList* contacts) {
        if (const PrivacyList* list = lists ? lists->find("") : nullptr) {
            for (const PrivacyItem& item : list->items) {
                if (item.account == kOurDomain) whole_domain = true;
                else if (item.account.starts_with('/')) look_at(nodes_.find(item.account));
            }
        }
        if (!contacts) return;
        contacts->for_each([&](const ListedContact& contact) {
            if (contact.blocked && contact.account.starts_with('/')) look_at(nodes_.find(contact.account));
        });
    };
    look_through(&before.lists, &before.contacts);
    look_through(node.privacy(), node.contacts());
    if (whole_domain) {
        subscriptions_.for_each([&](const Subscription& s) {
            if (s.active() && s.watcher()->key() == node.key()) look_at(&s.node());
        });
    }
    return found;
}

base::Result<void> Service::restore_privacy(const Record& record) {
    const auto content = read_record<PrivacyRecord>(record);
    if (!content) return std::unexpected(content.error());
    const std::size_t nul = std::min(record.key.find('\0'), record.key.size());
    Node* node = nodes_.find(std::string_view(record.key).substr(0, nul));
    if (!node || nul == record.key.size()) {
        settling_.erasures.push_back({Record::Act::erase, record.shard, record.kind, record.key, ""});
        return {};
    }
    PrivacyList list{record.key.substr(nul + 1), {}};
    for (const PrivacyItemRecord& item : content->items) {
        list.items.push_back({item.allow != 0, static_cast<std::uint32_t>(item.order), item.account});
    }
    PrivacyLists lists = node->privacy() ? *node->privacy() : PrivacyLists();
    if (content->is_default != 0) lists.set_default(list.name);
    else if (lists.default_name().empty()) lists.set_default(std::string(1, '\0'));  // until the record comes that says so
    lists.put(std::move(list));
    node->set_privacy(std::move(lists));
    return {};
}

}  // namespace presence
