// presence/node.h: a node: its views and properties, who may do what with it, and who watches.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1.2, 5.5; design 3
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/key_index.h"
#include "base/timer_wheel.h"
#include "presence/acl.h"
#include "presence/contacts.h"
#include "presence/principal.h"
#include "presence/privacy.h"
#include "presence/prop.h"
#include "presence/subscription.h"
#include "presence/view.h"

namespace presence {

class Node;

/// Told when a node's own timers end.
class NodeEvents {
public:
    virtual ~NodeEvents() = default;
    /// The time to keep quiet about going offline is over.
    virtual void linger_ended(Node& node) = 0;
    /// A leased property's lease is over (RVP 5.5); the property still has its leased value.
    virtual void property_lease_ended(Node& node, const PropName& name) = 0;
};

/// A property as it is stored; with `fallback` while its value is leased.
class StoredProp final : public base::TimerHook {
public:
    StoredProp(Node& of, NodeEvents& events, PropName name) : node_(of), events_(events), name_(std::move(name)) {}
    PropValue value;
    std::optional<PropValue> fallback;

private:
    void on_due(base::Instant) override { events_.property_lease_ended(node_, name_); }
    Node& node_;
    NodeEvents& events_;
    PropName name_;
};

/// Anything with a URL. Owned by NodeTable; owns its views and properties, links the subscriptions to it.
/// Knows the presence rules of one node (design 3.1, 3.2); who is told, and when, is presence/service's.
/// Thread: loop.
class Node {
    // What every request looks at lies together, at the front.
    NodeEvents& events_;
    std::string key_;
    PrincipalRef owner_;
    std::unique_ptr<Acl> acl_;  // null: the initial one
    std::unique_ptr<PrivacyLists> privacy_;
    bool blocks_ = false;  // there is a blocked contact
    bool alias_;
    std::map<PropName, std::unique_ptr<StoredProp>> properties_;
    std::vector<std::unique_ptr<View>> views_;  // oldest first
    std::string path_;

public:
    /// `maker` is whose bound the node counts against.
    Node(std::string key, std::string path, PrincipalRef owner, PrincipalRef maker, NodeEvents& events);
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    [[nodiscard]] const std::string& key() const { return key_; }
    /// As first written; printed.
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] const Principal& owner() const { return *owner_; }
    [[nodiscard]] Principal& owner_mutable() { return *owner_; }
    [[nodiscard]] bool alias() const { return alias_; }
    [[nodiscard]] bool owned_by(const std::string& principal_key) const { return owner_->key() == principal_key; }
    [[nodiscard]] bool owned_by(const Principal& principal) const { return owner_.get() == &principal; }

    // -- who may
    [[nodiscard]] const Acl& acl() const;
    void set_acl(Acl acl);
    /// The owner may everything; others what the ACL says (RVP 5.7), save that whoever is shut out neither sees
    /// presence nor sends.
    [[nodiscard]] bool may(const std::string& key, Proof proof, Right right) const;
    [[nodiscard]] bool may(const Principal& principal, Proof proof, Right right) const;
    [[nodiscard]] bool may(const Caller& caller, Right right) const { return may(caller.key, caller.proof, right); }

    /// Whether the node's principal wants to know nothing of that one: his privacy list decides, or else whether he
    /// blocks the contact.
    [[nodiscard]] bool shuts_out(std::string_view key) const;
    [[nodiscard]] bool shuts_anybody_out() const { return privacy_ || blocks_; }
    /// Null: he never made a privacy list.
    [[nodiscard]] const PrivacyLists* privacy() const { return privacy_.get(); }
    void set_privacy(PrivacyLists lists) {
        privacy_ = std::make_unique<PrivacyLists>(std::move(lists));
        owner_->shuts_out = true;
    }

    // -- state (design 3.1): see Status for what whom is told
    /// No live view: offline, or the default-value of the last view to go; all views idle: idle; else the status.
    [[nodiscard]] Status effective() const;
    [[nodiscard]] const std::vector<std::unique_ptr<View>>& views() const { return views_; }
    [[nodiscard]] View* find_view(ViewId id) const;
    /// The view that a PROPPATCH without a live view-id belongs to (design 3.2); null: a new one is due, under
    /// `login` if that is set.
    struct Resolved {
        View* view = nullptr;
        SubscriptionId login{};
    };
    [[nodiscard]] Resolved resolve_view(const Caller& caller) const;
    /// Null when the node has `most` views already.
    View* add_view(ViewId id, SubscriptionId login, ViewEvents& events, std::size_t most);
    /// A view sets its value (not offline). True when the node's status changed by it.
    bool set_value(View& view, Status value);
    /// The view ends; if it was the last, `left_behind` is what the node shows from now on.
    void end_view(View& view, Status left_behind);
    void touch(View& view, const Caller& caller);

    /// Puts back what a restart found in the store.
    void restore_status(Status status, Status fallback) {
        status_ = std::move(status);
        fallback_ = std::move(fallback);
    }
    [[nodiscard]] const Status& status() const { return status_; }
    [[nodiscard]] const Status& fallback() const { return fallback_; }

    // -- what the store knows (presence/service_store.cc)
    bool stored = false;        ///< its own record is on disk
    bool other_maker = false;   ///< than that record says
    std::uint32_t pending = 0;  ///< commits under way that are about it

    /// Marks the node as expanded by traversal number `walk`; false if it already was.
    bool mark(std::uint64_t walk) {
        if (last_walk_ == walk) return false;
        last_walk_ = walk;
        return true;
    }

    /// Who subscribes to it is let in and put out by presence/rooms, whatever the ACL says.
    bool room = false;
    bool expanding = false;  ///< a traversal is inside it: to come here again is a ring

    /// What watchers were told last; follows effective() at once or after linger.
    Status told;
    base::Instant told_at{};

    // -- properties other than r:state
    /// Stored value, or the default that every node has: displayname = alias, and for aliases e-mail, mobile.
    [[nodiscard]] const std::map<PropName, std::unique_ptr<StoredProp>>& stored_props() const { return properties_; }
    [[nodiscard]] const Principal& maker() const { return *maker_; }
    /// Counts against the bound of `maker` from now on. NodeTable::charge() calls it.
    void set_maker(PrincipalRef maker);
    [[nodiscard]] std::optional<PropValue> property(const PropName& name, const std::string& mail_domain) const;
    /// What stands for a presence property other than r:state that was never set: the default, or nothing.
    [[nodiscard]] std::optional<PropValue> unset_property(const PropName& name) const;
    /// Those that every node has, or every principal's, and the stored ones.
    template <class F>
    void for_each_property_name(F visit) const {
        visit(prop_state());
        visit(prop_displayname());
        if (alias()) {
            visit(prop_email());
            visit(prop_mobile_state());
            visit(prop_mobile_description());
        }
        for (const auto& [name, kept] : properties_) {
            if (!always_there(name)) visit(name);
        }
    }
    [[nodiscard]] std::string displayname() const;
    StoredProp& store_property(const PropName& name);
    [[nodiscard]] StoredProp* find_stored(const PropName& name);
    [[nodiscard]] bool has_stored(const PropName& name) const { return properties_.contains(name); }
    void remove_property(const PropName& name);
    [[nodiscard]] std::size_t stored_properties() const { return properties_.size(); }

    /// Of a principal's node: whom he has in his list; null: nobody.
    [[nodiscard]] const ContactList* contacts() const { return contacts_.get(); }
    void set_contacts(ContactList contacts) {
        contacts_ = contacts.empty() ? nullptr : std::make_unique<ContactList>(std::move(contacts));
        look_for_blocks();
    }
    /// To be called after restored_contacts() was filled.
    void look_for_blocks();
    /// For what a restart found in the store.
    [[nodiscard]] ContactList& restored_contacts() {
        if (!contacts_) contacts_ = std::make_unique<ContactList>();
        return *contacts_;
    }

    // -- who watches
    SubscriptionList watchers;  ///< active update/propchange
    SubscriptionList sinks;     ///< active pragma/notify; the owner's are his log-ons
    SubscriptionList expired;   ///< of both kinds: their lease is over, and they can be revived
    [[nodiscard]] SubscriptionList& list_of(NotificationType type) {
        return type == NotificationType::propchange ? watchers : sinks;
    }

    /// Service's list of those that others see as anything but offline.
    using ByOnline = boost::intrusive::list_member_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
    ByOnline by_online;

    /// Armed while a change to offline is not told yet.
    class Linger final : public base::TimerHook {
    public:
        explicit Linger(Node& of) : node_(of) {}

    private:
        void on_due(base::Instant) override { node_.events_.linger_ended(node_); }
        Node& node_;
    };
    Linger linger{*this};

private:
    [[nodiscard]] bool other_may(const std::string& key, Proof proof, Right right) const;
    [[nodiscard]] bool has_view_under(SubscriptionId login) const;
    [[nodiscard]] bool always_there(const PropName& name) const;

    PrincipalRef maker_;
    Status status_;
    Status fallback_;
    std::unique_ptr<ContactList> contacts_;
    std::uint64_t uses_ = 0;
    std::uint64_t last_walk_ = 0;
};

using OnlineList =
    boost::intrusive::list<Node, boost::intrusive::member_hook<Node, Node::ByOnline, &Node::by_online>,
                           boost::intrusive::constant_time_size<false>>;

/// Owns all nodes, by key.
class NodeTable {
public:
    [[nodiscard]] Node* find(std::string_view key) const { return by_key_.find(key); }
    /// As of KeyIndex.
    [[nodiscard]] std::size_t foresee(std::string_view key) const { return by_key_.foresee(key); }
    [[nodiscard]] const Node* foreseen(std::size_t hash) const { return by_key_.foreseen(hash); }
    Node& add(std::string key, std::string path, PrincipalRef owner, PrincipalRef maker, NodeEvents& events);
    void remove(Node& node);
    /// The node counts from now on as made by `maker`.
    void charge(Node& node, PrincipalRef maker);
    [[nodiscard]] std::size_t size() const { return by_key_.size(); }
    /// How many were removed so far: a node that was found stays where it is as long as this does.
    [[nodiscard]] std::uint64_t removals() const { return removals_; }
    /// How many people of the domain of `maker_key` have made; 0 for our own.
    [[nodiscard]] std::size_t made_by_domain_of(std::string_view maker_key) const;
    template <class F>
    void for_each(F visit) const {
        by_key_.for_each(visit);
    }

private:
    void count_abroad(const Node& node);
    void uncount_abroad(const Node& node);

    base::KeyIndex<Node, &Node::key> by_key_;
    std::uint64_t removals_ = 0;
    std::unordered_map<std::string, std::size_t> made_abroad_;  // by the domain of whoever made them
};

/// A node over the time that the store takes. It may be removed meanwhile, and another of its key come to be; as long as
/// none was removed it need not be looked up.
class NodeMeanwhile {
public:
    NodeMeanwhile(const NodeTable& nodes, Node& node) : node_(&node), removals_(nodes.removals()), key_(node.key()) {}
    [[nodiscard]] const std::string& key() const { return key_; }
    /// Which has its key now; null: none.
    [[nodiscard]] Node* in(const NodeTable& nodes) const { return nodes.removals() == removals_ ? node_ : nodes.find(key_); }

private:
    Node* node_;
    std::uint64_t removals_;
    std::string key_;
};

}  // namespace presence
