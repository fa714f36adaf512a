// presence/service_contacts.cc: contact lists: what may be in them, how they change, who is told.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7 (what is answered is on disk)
#include <algorithm>
#include <cassert>
#include <iterator>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "presence/contact_change.h"
#include "presence/record.h"
#include "presence/service.h"

namespace presence {

using base::Errc;
using base::fail;

namespace {

bool plain(std::string_view text) {
    return base::valid_utf8(text) && std::ranges::none_of(text, [](char c) {
               return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || std::string_view("@/\"<>,;\\").contains(c);
           });
}

base::Result<std::string> elsewhere(std::string_view name, std::string_view local, std::string_view host) {
    std::string account = base::to_lower(local) + "@" + base::to_lower(host);
    if (local.empty() || host.empty() || !plain(local) || !plain(host) || account.size() > kMaxAccountBytes) {
        return fail(Errc::malformed, "'" + std::string(name) + "' is no account such as bob or bob@example.com");
    }
    return account;
}

}  // namespace

const ContactList* Service::contacts(const std::string& owner_key) const {
    const Node* node = nodes_.find(owner_key);
    return node ? node->contacts() : nullptr;
}

std::size_t Service::contacts_left(const std::string& owner_key) const {
    const ContactList* list = contacts(owner_key);
    const std::size_t has = list ? list->size() : 0;
    return settings_.contacts_per_account - std::min(has, settings_.contacts_per_account);
}

void Service::listen(ContactEvents& events) { contact_events_.push_back(&events); }
void Service::unlisten(ContactEvents& events) { std::erase(contact_events_, &events); }

// -- names

base::Result<std::string> Service::contact_account(std::string_view name) const {
    const std::size_t at = name.rfind('@');
    std::string text(name);
    if (name.find('/') == std::string_view::npos && at != std::string_view::npos) {
        const std::string_view host = name.substr(at + 1);
        if (!base::equal_ignoring_case(host, realm_.mail_domain()) && !realm_.ours(base::to_lower(host))) {
            return elsewhere(name, name.substr(0, at), host);
        }
        text = base::percent_encode_path(name.substr(0, at));  // in an address % is a letter
    }
    if (text.empty()) return elsewhere(name, "", "");
    if (text.find('/') == std::string::npos) text = alias_key(text);
    const auto address = Address::from_target(text, realm_.domain());
    if (!address) return std::unexpected(address.error());
    if (!is_alias(base::to_lower(address->path()))) {
        return fail(Errc::malformed, "'" + std::string(name) + "' is no principal");
    }
    if (!realm_.ours(address->authority())) return elsewhere(name, alias_of(address->path()), address->authority());
    std::string key = realm_.key(*address);
    if (key.size() > kMaxAccountBytes) return elsewhere(name, "", "");
    return key;
}

base::Result<void> Service::check_owner(const NodeName& owner) const {
    if (!is_alias(owner.key)) return fail(Errc::not_found, owner.path + " is no principal, so it has no contacts");
    if (!nodes_.find(owner.key) && !auto_created(owner)) return no_node(owner);
    return {};
}

base::Result<void> Service::check_contact(const ContactPatch& wanted) const {
    const bool key = wanted.account.starts_with('/');  // which is decoded, and a URL is not
    const auto account = contact_account(key ? base::percent_encode_path(wanted.account) : wanted.account);
    if (!account) return std::unexpected(account.error());
    if (*account != wanted.account) {
        return fail(Errc::malformed, "'" + wanted.account + "' is called " + *account + " in contact lists");
    }
    return check_names(wanted);
}

std::optional<RefusedContact> Service::refused(const std::vector<ContactsPatch>& wanted) const {
    for (std::size_t list = 0; list < wanted.size(); ++list) {
        const auto& [owner, patches] = wanted[list];
        if (const auto is = check_owner(owner); !is) return RefusedContact{list, 0, is.error()};
        const ContactList* now = contacts(owner.key);
        std::size_t size = now ? now->size() : 0;
        std::unordered_set<std::string_view> seen;
        for (std::size_t i = 0; i < patches.size(); ++i) {
            if (const auto sound = check_contact(patches[i]); !sound) return RefusedContact{list, i, sound.error()};
            if (!seen.insert(patches[i].account).second || (now && now->contains(patches[i].account))) continue;
            if (++size <= settings_.contacts_per_account) continue;
            return RefusedContact{list, i, {Errc::busy, owner.path + " has as many contacts as an account may "
                                                        "(limits.contacts_per_account)"}};
        }
    }
    return std::nullopt;
}

// -- changing

base::Result<Node*> Service::node_of_list(const NodeName& owner) {
    if (Node* node = nodes_.find(owner.key)) return node;
    Caller self;
    self.key = owner.key;
    self.url = Address(realm_.spelling(owner.authority), owner.path).url();
    self.proof = Proof::internal;
    return make_node(self, owner);
}

void Service::put_contact(const NodeName& owner, ContactPatch wanted, Answer<ListedContact> done) {
    const std::string account = wanted.account;
    std::vector<ContactsPatch> one;
    one.push_back({owner, {std::move(wanted)}});
    put_contacts(std::move(one), [this, key = owner.key, account, done = std::move(done)](base::Result<void> put) mutable {
        if (!put) return done(std::unexpected(put.error()));
        const ContactList* list = contacts(key);
        auto contact = list ? list->find(account) : std::nullopt;
        if (!contact) return done(fail(Errc::not_found, "the contact is gone already"));
        done(std::move(*contact));
    });
}

void Service::put_contacts(std::vector<ContactsPatch> wanted, Answer<void> done) {
    std::map<std::string, ContactsPatch> by_owner;  // whoever is named twice takes one turn
    for (ContactsPatch& list : wanted) {
        auto& all = by_owner.try_emplace(list.owner.key, ContactsPatch{list.owner, {}}).first->second.contacts;
        std::ranges::move(list.contacts, std::back_inserter(all));
    }
    if (by_owner.empty()) return done({});
    std::vector<std::string> keys;
    std::vector<ContactsPatch> lists;
    for (auto& [key, list] : by_owner) {
        keys.push_back(key);
        lists.push_back(std::move(list));
    }
    in_turns(keys, [this, lists = std::move(lists), done = std::move(done)](base::Once<void()> finished) mutable {
        put_when_safe(lists, [done = std::move(done), finished = std::move(finished)](base::Result<void> put) mutable {
            done(std::move(put));
            finished();
        });
    });
}

void Service::put_when_safe(const std::vector<ContactsPatch>& wanted, Answer<void> done) {
    if (const auto no = refused(wanted)) return done(std::unexpected(no->error));
    std::vector<ChangedContacts> changed;
    std::vector<Node*> nodes;
    Batch batch;
    for (const ContactsPatch& one : wanted) {
        ChangedContacts list{one.owner.key, {}, {}};
        if (const ContactList* now = contacts(one.owner.key)) list.next = *now;
        change_list(list, one.contacts, batch);
        if (list.changes.empty()) continue;
        const auto node = node_of_list(one.owner);
        if (!node) {
            for (const Node* made : nodes) drop_if_useless(std::string(made->key()));
            return done(std::unexpected(node.error()));
        }
        nodes.push_back(*node);
        changed.push_back(std::move(list));
    }
    if (nodes.empty()) return done({});
    commit(nodes, std::move(batch), [this, changed = std::move(changed), done = std::move(done)](base::Result<void> safe) mutable {
        if (safe) become(changed);
        done(std::move(safe));
    });
}

// Their turns are held: nobody else has changed the lists.
void Service::become(std::vector<ChangedContacts>& changed) {
    for (ChangedContacts& list : changed) {
        if (Node* node = nodes_.find(list.key)) become(*node, std::move(list.next), list.changes);
    }
    for (const ChangedContacts& list : changed) {
        for (const ContactChange& change : list.changes) {
            for (std::size_t i = 0; i < contact_events_.size(); ++i) {
                contact_events_[i]->contact_put(list.key, change.contact, change.is_new);
            }
            tell_roster(list.key, change.contact.account);
        }
    }
}

// Who was blocked, or is now, is told what he sees from now on.
void Service::become(Node& node, ContactList next, const std::vector<ContactChange>& changes) {
    const bool shuts = node.shuts_anybody_out() || std::ranges::any_of(changes, [](const ContactChange& c) { return c.contact.blocked; });
    if (!shuts) return node.set_contacts(std::move(next));
    const ShutOut before = shut_out_by(node);
    node.set_contacts(std::move(next));
    const bool news = std::ranges::any_of(changes, [&](const ContactChange& c) {
        const std::string key = key_of_account(c.contact.account);
        return before.has(key) != node.shuts_out(key);
    });
    if (news) shutting_changed(node, before);
}

void Service::remove_contact(const NodeName& owner, const std::string& account, Answer<void> done) {
    in_turns({owner.key, account}, [this, owner, account, done = std::move(done)](base::Once<void()> finished) mutable {
        remove_contact_when_safe(owner, account, [done = std::move(done), finished = std::move(finished)](base::Result<void> gone) mutable {
            done(std::move(gone));
            finished();
        });
    });
}

// What he asked is asked no more.
void Service::remove_contact_when_safe(const NodeName& owner, const std::string& account, Answer<void> done) {
    if (const auto is = check_owner(owner); !is) return done(is);
    const ContactList* list = contacts(owner.key);
    auto contact = list ? list->find(account) : std::nullopt;
    if (!contact) return done(fail(Errc::not_found, account + " is not among the contacts of " + owner.path));
    Batch batch;
    batch.records.push_back(erase_record<ListedContactRecord>(owner.key, contact_record_key(owner.key, account)));
    if (asks_.waits(account, owner.key)) {
        batch.records.push_back(erase_record<AskRecord>(account, contact_record_key(account, owner.key)));
    }
    commit(*nodes_.find(owner.key), std::move(batch),
           [this, key = owner.key, gone = std::move(*contact), done = std::move(done)](base::Result<void> safe) mutable {
               if (!safe) return done(std::move(safe));
               if (Node* node = nodes_.find(key)) {
                   ContactList rest = *node->contacts();
                   rest.erase(gone.account);
                   rest.fit();
                   become(*node, std::move(rest), {{gone, false, true}});
               }
               const bool withdrawn = asks_.erase(gone.account, key);
               for (std::size_t i = 0; i < contact_events_.size(); ++i) contact_events_[i]->contact_removed(key, gone);
               tell_roster(key, gone.account);
               if (withdrawn) tell_ask_over(gone.account, key);
               done({});
           });
}

}  // namespace presence
