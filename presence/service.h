// presence/service.h: THE way in: one call per verb; doors, timers and carriers all enter here.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1-5.7; design 3 to 7
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/once.h"
#include "base/result.h"
#include "base/timer_wheel.h"
#include "presence/abroad.h"
#include "presence/address.h"
#include "presence/admin.h"
#include "presence/contacts.h"
#include "presence/fanout.h"
#include "presence/foresight.h"
#include "presence/history.h"
#include "presence/message_times.h"
#include "presence/node.h"
#include "presence/outbox.h"
#include "presence/ports.h"
#include "presence/privacy.h"
#include "presence/rooms.h"
#include "presence/roster.h"
#include "presence/settings.h"
#include "presence/store_time.h"

namespace presence {

/// A node as a request named it.
struct NodeName {
    std::string key;              ///< Realm::key
    std::string path;             ///< as written
    std::uint16_t authority = 0;  ///< which of our names was used (Realm::spelling)
};

/// A new subscription (RVP 5.1).
struct SubscribeRequest {
    NodeName node;
    NotificationType type = NotificationType::propchange;
    std::string callback;
    std::optional<std::chrono::seconds> lifetime;
    bool to_mailbox = false;  ///< `callback` is what a door named its mailbox: never to be set from outside
};
struct Subscribed {
    SubscriptionId id{};
    std::chrono::seconds lifetime{};
    std::vector<Prop> present;  ///< of update/propchange: what the watcher may see now
};

/// r:state as a PROPPATCH sets it (RVP 5.5).
struct StatePatch {
    Status value;
    std::optional<Status> fallback;  ///< the default-value; offline when not given
    std::optional<std::chrono::seconds> timeout;
    std::optional<ViewId> view;
    std::optional<SubscriptionId> login{};  ///< a new view is made under this one, not under what design 3.2 finds
};
/// Any other property: set, set with a lease, or removed.
struct PropPatch {
    PropName name;
    std::optional<PropValue> value;     ///< nullopt: remove
    std::optional<PropValue> fallback;  ///< set: the value is leased, and this comes after it
    std::optional<std::chrono::seconds> timeout;
};
using PatchItem = std::variant<StatePatch, PropPatch>;
struct PatchRequest {
    NodeName node;
    std::vector<PatchItem> items;  ///< in order; all or nothing
};
/// What was granted, item by item.
struct StateGranted {
    Status value;
    Status fallback;
    std::chrono::seconds timeout{};
    ViewId view{};
    bool durable = true;  ///< false: told, but the store is failing (design 7)
};
struct PropGranted {
    PropName name;
    std::optional<PropValue> value;
    std::optional<PropValue> fallback;
    std::optional<std::chrono::seconds> timeout;
};
using Granted = std::variant<StateGranted, PropGranted>;

struct NotifyRequest {
    NodeName node;
    decltype(Notification::payload) payload;
    AckType ack = AckType::deep_or;
    int hop_count = 1;
    std::int64_t time_ms = 0;  ///< what message_time() gave for this message; 0: it is asked for
    std::string passed{};      ///< as Notification::passed
};

/// One line of SUBSCRIPTIONS (RVP 5.3).
struct SubscriptionLine {
    SubscriptionId id{};
    std::string watcher;  ///< URL
    std::string callback;
    std::chrono::seconds left{};
};

/// What is wanted of one principal's list.
struct ContactsPatch {
    NodeName owner;
    std::vector<ContactPatch> contacts;  ///< in order
};
/// Which of the wanted contacts cannot be, and why.
struct RefusedContact {
    std::size_t list = 0;     ///< index of the ContactsPatch
    std::size_t contact = 0;  ///< and within it
    base::Error error;
};

/// Which properties a PROPFIND wants (RVP 5.4).
struct FindNames {};
struct FindAll {};
using FindWanted = std::variant<FindNames, FindAll, std::vector<PropName>>;
struct Found {
    std::vector<Prop> props;            ///< with FindNames the values are empty texts
    std::vector<PropName> missing;      ///< asked for by name and not there
    std::vector<PropName> not_allowed;  ///< asked for by name and not for this caller
};

struct ChangedContacts;

template <class T>
using Answer = base::Once<void(base::Result<T>)>;

/// The core: all nodes, views, subscriptions; who may do what; who is told. Owns everything in presence/; borrows
/// the ports, the wheel and the clock, which must outlive it. Answers may come before the call returns.
/// Errors of every verb: not_found (no such node), denied (right missing), unproven (it would be there with a proof that can be given, Settings::provable), busy (a bound), no_space (store).
/// Thread: loop.
class Service final : public CarrierEvents, private SubscriptionEvents, private ViewEvents, private NodeEvents,
                      private HistoryNeeds, private RoomNeeds {
public:
    Service(const Realm& realm, Settings settings, Carrier& carrier, Journal& journal, base::TimerWheel& wheel,
            const base::Clock& clock);
    ~Service() override;

    /// Before serving: puts back what the journal holds, drops what ended while nobody looked, and tells each live
    /// subscription the present state once within Settings::settle. Errc::internal: a record is broken.
    [[nodiscard]] base::Result<void> load();

    /// From now on; leases that run keep their ends. What a start alone decides (settle, first_id) has no effect.
    void change(Settings settings);

    // -- RVP 5.1, 5.2, 5.3 (service_subscribe.cc)
    /// Errc also: malformed (call-back).
    void subscribe(const Caller& caller, SubscribeRequest request, Answer<Subscribed> done);
    /// Renews by id alone; revives what expired less than kRevivable ago. Errc also: precondition (unknown id), unproven
    /// (its watcher had proved himself).
    void renew(const Caller& caller, SubscriptionId id, std::optional<std::chrono::seconds> lifetime,
               Answer<Subscribed> done);
    /// By its watcher or the node's owner. Errc also: precondition (unknown id), unproven (its watcher had proved himself).
    void unsubscribe(const Caller& caller, SubscriptionId id, Answer<void> done);
    /// Ends one whose call-back is a mailbox, as the end of its lease would, but for good; an unknown id is none.
    void end_with_mailbox(SubscriptionId id);
    [[nodiscard]] base::Result<std::vector<SubscriptionLine>> subscriptions(const Caller& caller,
                                                                            const NodeName& node,
                                                                            NotificationType type);

    // -- RVP 5.4, 5.5 (service_props.cc)
    void patch(const Caller& caller, PatchRequest request, Answer<std::vector<Granted>> done);
    [[nodiscard]] base::Result<Found> find(const Caller& caller, const NodeName& node, const FindWanted& wanted);

    // -- RVP 5.6 (service_notify.cc)
    /// Errc also: precondition (nobody reachable, or too much waits for him), loop (hops). What person() gave for somebody
    /// of another server goes there.
    void notify(const Caller& caller, NotifyRequest request, Answer<Accepted> done);
    /// When a message in that talk, named as ArchivedMessage::conversation, is sent: its own time within the talk.
    [[nodiscard]] std::int64_t message_time(const std::string& conversation) override {
        return message_times_.next(conversation, clock_.wall().time_since_epoch().count());
    }
    /// A message of an earlier process has that time; before serving. No other of the talk will have it.
    void message_time_taken(const std::string& conversation, std::int64_t time_ms) {
        message_times_.taken(conversation, time_ms, clock_.wall().time_since_epoch().count());
    }

    // -- RVP 5.7 (service_acl.cc)
    [[nodiscard]] base::Result<Acl> read_acl(const Caller& caller, const NodeName& node);
    void merge_acl(const Caller& caller, const NodeName& node, std::vector<Ace> changes, Answer<Acl> done);

    // -- contact lists, which RVP has not (service_contacts.cc). No right is asked for: whoever calls acts for the owner.
    /// The list of that principal; null: he has no contact, or is none. Until the next change.
    [[nodiscard]] const ContactList* contacts(const std::string& owner_key) const;
    /// How many more it may hold (limits.contacts_per_account).
    [[nodiscard]] std::size_t contacts_left(const std::string& owner_key) const;
    /// What a contact is called in every list: of `bob`, `bob@mail_domain`, `bob@` any name of ours, a path or a URL the
    /// node key, whether there is such a node or not; of another domain `bob@host`, also for a URL. Errc: malformed.
    [[nodiscard]] base::Result<std::string> contact_account(std::string_view name) const;
    /// Adds the contact at the end of the list, or changes it. Makes the owner's node where nodes.auto_create lets it.
    /// Errc also: not_found (no such principal), malformed (an account not as contact_account gives it, a name).
    void put_contact(const NodeName& owner, ContactPatch wanted, Answer<ListedContact> done);
    /// The same for many contacts of many people, all of it or nothing.
    void put_contacts(std::vector<ContactsPatch> wanted, Answer<void> done);
    /// Why put_contacts would say no as things are now.
    [[nodiscard]] std::optional<RefusedContact> refused(const std::vector<ContactsPatch>& wanted) const;
    /// Errc also: not_found (no such principal, no such contact).
    void remove_contact(const NodeName& owner, const std::string& account, Answer<void> done);
    /// Tells `events` of each change from now on, before whoever asked for it is answered.
    void listen(ContactEvents& events);
    void unlisten(ContactEvents& events);

    // -- people whom other servers hold (service_abroad.cc)
    /// Null, as it begins: no other server is known. It must outlive this, or be taken away.
    void set_abroad(Abroad* abroad) { abroad_ = abroad; }
    /// Who is called so in lists (contact_account), if he can be watched and written to: one of ours, or somebody whose
    /// server may be asked. Errc::not_found.
    [[nodiscard]] base::Result<NodeName> person(const std::string& account) const;
    /// The same by a name as people write it. Errc also: malformed.
    [[nodiscard]] base::Result<NodeName> person_called(std::string_view name) const;
    /// The other servers, when one of them holds that principal; null: none does.
    [[nodiscard]] Abroad* abroad(std::string_view key) const {
        return abroad_ && !abroad_->holder(key).empty() ? abroad_ : nullptr;
    }
    /// Whose account it is that has proved who he is, by its name. Errc: not_found (no such name), denied (another server
    /// of ours holds him: only there can he be logged on).
    [[nodiscard]] base::Result<NodeName> account_here(const std::string& name) const;

    // -- rosters: contact lists with consent (service_roster.cc). No right is asked for, as above.
    /// His contacts in order, then those whom he let see him by name without having them in his list.
    [[nodiscard]] std::vector<RosterEntry> roster(const std::string& owner_key) const;
    /// None: neither in his list nor let in by name.
    [[nodiscard]] std::optional<RosterEntry> roster_entry(const std::string& owner_key, const std::string& account) const;
    /// Who asked him and waits for an answer, in the order in which they asked.
    [[nodiscard]] std::vector<PresenceAsk> asks(const std::string& owner_key) const { return asks_.of(owner_key); }
    /// Errc as put_contact(), also malformed (himself), busy (as many ask the other as may). To take it back:
    /// remove_contact().
    void ask(const NodeName& owner, RosterWish wish, Answer<RosterEntry> done);
    /// Grants or denies `presence` on the owner's node to that account, and ends its asking. Errc as put_contact(), also
    /// malformed (himself), busy (the ACL is full).
    void decide(const NodeName& owner, RosterVerdict verdict, Answer<RosterEntry> done);
    void listen(RosterEvents& events);
    void unlisten(RosterEvents& events);

    // -- privacy lists (service_privacy.cc). No right is asked for, as above. The default list goes before the access
    // control list: whom it denies neither sees the owner's presence nor sends to him nor asks him anything, and the
    // owner sees nothing of him; what the owner sends still goes out.
    /// Without a name the default list. Without items if there is none.
    [[nodiscard]] PrivacyList privacy_list(const std::string& owner_key, const std::string& name = "") const;
    /// Replaces the list of that name, "" the default one. Accounts may be named as contact_account takes them, domains
    /// as they are. Errc as put_contact(), also malformed (order, account), busy (a bound).
    void set_privacy_list(const NodeName& owner, PrivacyList list, Answer<PrivacyList> done);
    /// How people write what a PrivacyItem names.
    [[nodiscard]] std::string address_of_privacy(const std::string& account) const;

    /// How people write an account as contact_account gives it: `bob@mail_domain`; of another domain as it is.
    [[nodiscard]] std::string address_of_account(const std::string& account) const override;

    // -- rooms
    [[nodiscard]] Rooms& rooms() { return rooms_; }
    [[nodiscard]] const Rooms& rooms() const { return rooms_; }

    // -- CarrierEvents
    void settled(TargetId target, SubscriptionId subscription, DeliveryToken token, Fate fate) override;

    // -- for the admin (service_admin.cc): no right is asked for; whoever calls has the control socket. `request` is
    // what the deliveries that an act causes are known by, as Caller::request.
    /// Errc: malformed (path), not_found (owner is no alias), precondition (exists already).
    void add_node(const std::string& path, const std::string& owner, Answer<void> done);
    /// Ends everything on it. Errc: not_found.
    void remove_node(const std::string& path, Answer<void> done, std::uint64_t request = 0);
    [[nodiscard]] std::vector<NodeLine> list_nodes() const;
    /// All, or those on one node or of one principal when `of` (a name or path) is not empty.
    [[nodiscard]] base::Result<std::vector<SubscriptionDetail>> list_subscriptions(const std::string& of) const;
    /// How the places fare that these subscriptions call back, in that order: where several serve one, the one that
    /// fares worst. Of an unknown id nothing is known.
    void report(const std::vector<SubscriptionId>& ids, base::Once<void(std::vector<EndpointReport>)> done);
    /// Like UNSUBSCRIBE by the owner. Errc: precondition (unknown id).
    void end_subscription(SubscriptionId id, Answer<void> done, std::uint64_t request = 0);
    /// Tells it the present state again, as after a revival; of pragma/notify: what is kept for it.
    /// Errc: precondition (unknown or expired id).
    [[nodiscard]] base::Result<void> replay_subscription(SubscriptionId id, std::uint64_t request = 0);
    /// A view of the admin's own, leased for the longest time; `offline` ends it. Watchers are told.
    void set_presence(const std::string& name, const Status& status, Answer<std::vector<Granted>> done,
                      std::uint64_t request = 0);
    /// `watcher` may be empty: then as the whole world sees it. Errc: not_found, malformed.
    [[nodiscard]] base::Result<Explanation> explain(const std::string& name, const std::string& watcher) const;
    /// The node key of `bob`, `bob@mail_domain`, a path or a URL. Errc: malformed.
    [[nodiscard]] base::Result<NodeName> name_of(const std::string& name) const;
    [[nodiscard]] const Realm& realm() const { return realm_; }
    [[nodiscard]] const NodeTable& nodes() const { return nodes_; }
    /// Begins to fetch what a request for that node will look at; "" and the key of no node will do.
    [[nodiscard]] Foresight foresee(std::string_view node_key) const { return {nodes_, principals_, node_key}; }
    [[nodiscard]] const SubscriptionTable& table() const { return subscriptions_; }
    /// As SubscriptionTable::watch_ends.
    void watch_ends(std::function<void(const Subscription&)> look) { subscriptions_.watch_ends(std::move(look)); }
    [[nodiscard]] const History& history() const { return history_; }
    [[nodiscard]] const Tally& tally() const { return tally_; }
    /// The first `most` of the principals who are online, who changed last first.
    template <class F>
    void for_online(std::size_t most, F visit) const {
        for (auto it = online_.begin(); most > 0 && it != online_.end(); ++it, --most) visit(*it);
    }

private:
    void lease_ended(Subscription& subscription, base::Instant due) override;
    void view_lease_ended(View& view, base::Instant due) override;
    void linger_ended(Node& node) override;
    void property_lease_ended(Node& node, const PropName& name) override;
    void keep(const std::string& node, Batch batch, Answer<void> done) override;
    std::vector<Destination> destinations(const std::string& node, const std::vector<OwedRecord>& owed) override;

    // service.cc
    /// The node, or, below an auto_create prefix, what its initial ACL would allow; see make_node.
    static std::unexpected<base::Error> no_node(const NodeName& name);
    [[nodiscard]] bool as_proven(const Caller& caller, const Subscription& subscription) const;
    /// Denied, or unproven where a proof that he could give would get him one of these rights.
    [[nodiscard]] std::unexpected<base::Error> no_right(const Caller& caller, const Node& node, const NodeName& name,
                                                        const std::vector<Right>& any_of) const;
    base::Result<Node*> need(const Caller& caller, const NodeName& name, Right right);
    base::Result<Node*> need_or_make(const Caller& caller, const NodeName& name,
                                     const std::vector<Right>& any_of);
    base::Result<Node*> make_node(const Caller& caller, const NodeName& name);
    [[nodiscard]] base::Result<PrincipalRef> maker_of_node(const Caller& caller);
    [[nodiscard]] bool auto_created(const NodeName& name) const;
    /// Sets what a node's watchers were told last; returns what it was before.
    Status retell(Node& node, Status now);
    void remove(Node& node);
    std::chrono::seconds grant(const LeaseRule& rule, std::optional<std::chrono::seconds> asked);

    // service_store.cc
    /// Commits what one act on a node wants kept, the node's own record with it if the store lacks that. A node that
    /// came to be for an act that failed goes again. What failed is told as not_safe().
    void commit(Node& node, Batch batch, Answer<void> then);
    /// The same for an act on several nodes.
    void commit(const std::vector<Node*>& nodes, Batch batch, Answer<void> then);
    /// A commit about `kept` is over; null: the node has gone meanwhile.
    static void committed(Node* kept, bool safe);
    void drop_if_useless(Node* node);
    void drop_if_useless(const std::string& key) { drop_if_useless(nodes_.find(key)); }
    /// Whatever a store says when it fails, who asked learns that his act is not safe: Errc::no_space (design 7).
    [[nodiscard]] static base::Error not_safe(base::Error error);
    /// Commits what nobody waits for: the end of a lease, a state while the answer is another's.
    void commit_unasked(Node& node, Batch batch);
    using Turn = std::move_only_function<void(base::Once<void()> finished)>;
    /// Runs acts that read, change and store one node one after the other.
    void in_turn(const std::string& node_key, Turn act);
    /// The same for acts on several.
    struct Gathered;
    void in_turns(std::vector<std::string> node_keys, Turn act);
    /// Those of one node that wait; the first is under way.
    struct Turns {
        std::deque<Turn> waiting;
        bool inside = false;  ///< the call to the first has not returned
        bool ended = false;   ///< the first has finished before it returned
    };
    void run_turns(const std::string& node_key);
    void turn_ended(const std::string& node_key);
    /// Numbers that are never given twice: a block of them is reserved before the first is told.
    struct Counter {
        std::string_view name;
        std::uint64_t safe = 0;  ///< reserved on disk up to this
        void kept(std::uint64_t reserved) { safe = reserved != 0 ? reserved : safe; }
    };
    /// Reserves the next block with this batch, unless `last` is safe already. Returns what Counter::kept is to be
    /// told once the batch is on disk: until then each batch reserves anew, for any of them may fail.
    [[nodiscard]] std::uint64_t keep_counter(const Counter& counter, std::uint32_t last, Batch& batch) const;
    void watch_calendar();
    [[nodiscard]] Record subscription_record(const Subscription& subscription) const;
    [[nodiscard]] Record subscription_record(SubscriptionId id, const SubscriptionTable::Terms& terms,
                                             base::Instant lease_end) const;
    [[nodiscard]] Record prop_record(const Node& node, const PropName& name, const StoredProp& stored) const;
    void keep_view(const Node& node, const View* view, ViewId id, Batch& batch) const;

    // service_restore.cc
    base::Result<void> restore(Record& record);
    base::Result<void> restore_contact(const Record& record);
    base::Result<void> restore_ask(const Record& record);
    void restore_acl(Node& node, const struct AclRecord& record);
    void restore_prop(Node& node, const struct PropRecord& record);
    base::Result<void> restore_subscription(const Record& record, const struct SubscriptionHead& head,
                                            std::uint64_t hash);
    /// Null when the call-back policy has become stricter.
    const struct KnownPlace* open_place(const struct SubscriptionRecord& record, std::string_view bytes,
                                        std::uint64_t hash);
    void restore_view(Node& node, const struct ViewRecord& record);
    void drop_view(Node& node, const struct ViewRecord& record);
    void start_settling();
    void settle_some();
    void erase_some();

    // service_subscribe.cc
    void subscribe_at(const Caller& caller, Node& node, bool was_there, SubscribeRequest request, Answer<Subscribed> done);
    /// Who has that key and URL, by the name that his node displays.
    [[nodiscard]] Contact contact_of(std::string_view key, std::string_view url) const;
    base::Result<CallBackRef> open_callback(const Caller& caller, const Node& node, const SubscribeRequest& request,
                                            const PrincipalRef& watcher);
    void forget_stored(const std::string& node_key, SubscriptionId id);
    /// Whether somebody asked for an end (told at once) or a lease or a dead call-back brought it (told after
    /// linger, design 3.3).
    enum class Ending { asked, unasked };
    void end_active(Subscription& subscription, base::Instant now, Ending ending, std::uint64_t request = 0);
    void end_views_under(const Subscription& login, base::Instant now, Ending ending, std::uint64_t request = 0);
    void login_is_dead(Subscription& login, base::Instant now);
    void revive(Subscription& subscription, std::uint64_t request);

    // service_props.cc
    void patch_now(const Caller& caller, Node& node, const PatchRequest& request, Answer<std::vector<Granted>> done);
    void patch_when_safe(const Caller& caller, PatchRequest request, Answer<std::vector<Granted>> done);
    void keep_prop(Node& node, const PropPatch& patch, Batch& batch);
    StateGranted patch_state(const Caller& caller, Node& node, const StatePatch& patch);
    base::Result<void> check_state(const Caller& caller, const Node& node, const StatePatch& patch) const;
    base::Result<void> check_prop(const Node& node, const PropPatch& patch) const;
    std::vector<Granted> apply(const Caller& caller, Node& node, const PatchRequest& request);
    void state_may_have_changed(Node& node, base::Instant now, Ending ending,
                                std::optional<SubscriptionId> status_set_under,
                                std::uint64_t request = 0);
    PropGranted patch_prop(Node& node, const PropPatch& patch, std::vector<PropChange>& changes);
    ViewId next_view_id();
    class Look;
    /// What he who has that key may see of them; `blind`: Fanout::blind() of him, where that is known.
    [[nodiscard]] std::vector<Prop> visible_props(const Node& node, const std::string& key, Proof proof, std::optional<bool> blind = {}) const;

    // service_acl.cc
    void merge_when_safe(const NodeName& name, const std::vector<Ace>& changes, std::uint64_t request,
                         Answer<Acl> done);
    [[nodiscard]] static Record acl_record(const Node& node, const Acl& acl);
    /// The node has another ACL from now on: who sees more or less by it is told.
    void become(Node& node, Acl acl, std::uint64_t request);

    // service_admin.cc
    [[nodiscard]] Batch erasure_of(const Node& node) const;
    void remove_when_safe(const NodeName& name, std::uint64_t request, Answer<void> done);
    void remove_with_all(Node& node);

    // service_contacts.cc
    [[nodiscard]] base::Result<void> check_owner(const NodeName& owner) const;
    [[nodiscard]] base::Result<void> check_contact(const ContactPatch& wanted) const;
    base::Result<Node*> node_of_list(const NodeName& owner);
    void put_when_safe(const std::vector<ContactsPatch>& wanted, Answer<void> done);
    void become(std::vector<ChangedContacts>& changed);
    void become(Node& node, ContactList next, const std::vector<struct ContactChange>& changes);
    void remove_contact_when_safe(const NodeName& owner, const std::string& account, Answer<void> done);

    // service_roster.cc
    struct RosterChange;
    [[nodiscard]] base::Result<void> check_other(const NodeName& owner, const std::string& account) const;
    base::Result<void> change_contact(RosterChange& change, const NodeName& owner, ContactPatch patch);
    base::Result<void> put_ask(RosterChange& change, const NodeName& owner, const std::string& account);
    base::Result<void> wish(RosterChange& change, const NodeName& owner, const RosterWish& wish);
    base::Result<void> rule(RosterChange& change, const NodeName& owner, const std::string& account, bool lets_see);
    void make_so(RosterChange change, const NodeName& owner, const std::string& account, Answer<RosterEntry> done);
    void has_become(RosterChange& change);
    [[nodiscard]] bool lets_see(const std::string& owner_key, const std::string& account) const;
    /// Tells how the entry stands now, or that it is not listed any more.
    void tell_roster(const std::string& owner_key, const std::string& account);
    void tell_ask_over(const std::string& owner_key, const std::string& account);
    /// Entries of the ACL were written: whoever asked and is named in one has his answer.
    void acl_was_written(const NodeName& name, const std::vector<Ace>& changes);

    // service_rooms.cc
    void take_turn(const std::string& key, std::move_only_function<void(base::Once<void()> finished)> act) override;
    base::Result<void> make_room_node(const Caller& maker, const std::string& key) override;
    void show_room(const Room& room) override;
    void end_room(const std::string& key, base::Once<void(base::Result<void>)> done) override;
    void room_is_gone(const std::string& key) override;
    void end_subscriptions(const std::string& key, const std::vector<std::string>& seats) override;
    void deliver(const Room& room, const RoomMessage& said, const RoomSpeech& speech, std::uint64_t request,
                 base::Once<void(base::Result<void>)> done) override;
    ArchivedMessage archived_in(const Room& room, const RoomMessage& said) const override;
    ArchivedMessage archived_in(const Room& room, const RoomEvent& event) const override;
    void address_to_room(ArchivedMessage& row, const Room& room) const;
    std::string name_of_account(const std::string& account) const override;
    base::Result<std::string> account_of(std::string_view name) const override { return contact_account(name); }
    void invite_by_message(const Room& room, const std::string& account, const Caller& by, const std::string& text) override;
    bool shuts_out(const std::string& account, const Caller& by) const override;

    void subscribe_to_room(const Caller& caller, SubscribeRequest request, Answer<Subscribed> done);
    void say_in_room(const Caller& caller, NotifyRequest request, Answer<Accepted> done);
    [[nodiscard]] static base::Error no_way_in(RoomRefusal why, const NodeName& name);
    [[nodiscard]] static bool sits(const Subscription& subscription);
    [[nodiscard]] bool sit_down(const Subscription& subscription);
    void get_up(const Subscription& subscription);
    /// Ends a subscription by which somebody may not sit there any more.
    void end_seat(const Subscription& subscription);
    void restore_seats();

    // service_privacy.cc
    /// Whom somebody shut out.
    struct ShutOut {
        PrivacyLists lists;
        ContactList contacts;
        [[nodiscard]] bool has(std::string_view key) const;
    };
    [[nodiscard]] static ShutOut shut_out_by(const Node& node);
    void shutting_changed(Node& node, const ShutOut& before);
    /// Nodes of ours whose principal he shuts out now and did not before, or the other way round.
    [[nodiscard]] std::vector<Node*> newly_shut_out(const Node& node, const ShutOut& before) const;
    [[nodiscard]] base::Result<PrivacyList> sound(const PrivacyList& list) const;
    void set_privacy_when_safe(const NodeName& owner, PrivacyList list, Answer<PrivacyList> done);
    base::Result<void> restore_privacy(const Record& record);

    // service_notify.cc
    [[nodiscard]] Contact teller_of(const Caller& caller, const Contact& said) const;
    void complete(const Caller& caller, const std::string& receiver, Message& message) const;
    [[nodiscard]] ArchivedMessage archived(const Caller& caller, const std::string& key, const Message& message,
                                           const std::vector<Destination>& to) const;
    /// Takes the payload out of it.
    [[nodiscard]] Keepsake outgoing(const Caller& caller, NotifyRequest& request, const std::vector<Destination>& to);
    void notify_abroad(const Caller& caller, NotifyRequest request, Answer<Accepted> done);
    void single_hop(Keepsake what, std::vector<Destination> to, Answer<Accepted> done);
    void deep(Keepsake what, const std::vector<Destination>& to, bool may_keep, Answer<Accepted> done);
    void delivered(Keepsake what, Answer<Accepted> done);
    [[nodiscard]] std::string description_of(const std::string& url) const;

    const Realm& realm_;
    Settings settings_;
    Carrier& carrier_;
    Journal& journal_;
    base::TimerWheel& wheel_;
    const base::Clock& clock_;
    std::minstd_rand random_;

    PrincipalTable principals_;
    CallBackTable callbacks_;
    OnlineList online_;  // before the nodes that it links
    NodeTable nodes_;
    SubscriptionTable subscriptions_;
    Fanout fanout_;
    StoreTime time_;
    History history_;  // before the outbox, which on its way out tells it of what it sent
    Outbox outbox_;
    MessageTimes message_times_;
    Tally tally_;
    std::uint32_t last_view_id_;
    Counter subscription_ids_{"s"};
    Counter view_ids_{"v"};
    std::unordered_map<std::string, Turns> turns_;
    std::vector<ContactEvents*> contact_events_;
    PresenceAsks asks_;
    std::vector<RosterEvents*> roster_events_;
    Rooms rooms_;
    Abroad* abroad_ = nullptr;

    /// Ticks while the live subscriptions are told the present state after a start, and while records of what ended
    /// before it are erased.
    struct Settling final : base::TimerHook {
        explicit Settling(Service& s) : service(s) {}
        void on_due(base::Instant) override { service.settle_some(); }
        Service& service;
        std::vector<SubscriptionId> waiting;  ///< the last is told first
        std::size_t each = 0;                 ///< told per tick
        std::deque<Record> erasures;          ///< in order
        std::unordered_set<const Node*> changed;  ///< lost a view while nobody looked: told before the others
    };
    /// While the store is being read.
    std::unique_ptr<struct Reopening> reopening_;
    Settling settling_{*this};
    /// Looks now and then whether somebody set the calendar.
    struct CalendarWatch final : base::TimerHook {
        static constexpr std::chrono::seconds kEvery{10};
        explicit CalendarWatch(Service& s) : service(s) {}
        void on_due(base::Instant) override { service.watch_calendar(); }
        Service& service;
    };
    CalendarWatch calendar_{*this};
};

}  // namespace presence
