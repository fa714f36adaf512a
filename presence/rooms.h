// presence/rooms.h: all rooms: who comes in, what is said, who is told.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.7 to 3.11; design 3, 5, 7
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/once.h"
#include "base/result.h"
#include "base/timer_wheel.h"
#include "presence/acl.h"
#include "presence/address.h"
#include "presence/ports.h"
#include "presence/room.h"
#include "presence/room_event.h"
#include "presence/settings.h"

namespace presence {

/// Somebody wants to come in. Whoever is inside already only gets one more seat.
struct RoomEntry {
    std::string room;      ///< node key, as Rooms::key_of gives it
    /// What he sits on: named by the door, one for each log-on, chat, or whatever else ends by itself. He is out when the
    /// last has gone. Begin it with the door's name: `zimbra/12`. RVP's are `rvp/` and the subscription's id.
    std::string seat;
    std::string nickname{};  ///< "" = the one reserved for him, or his alias
    std::optional<std::string> password{};
    bool may_create = true;  ///< a room that is not there is made, locked, and his
    bool open = false;       ///< a room that is made is not locked: nobody will configure it
    bool own = false;        ///< a room that is there lets him in only if he is an owner of it: else NotAllowed
    /// A room that is made is set up so, and these belong to it.
    std::optional<RoomConfig> config{};
    std::vector<RoomMember> members{};
};
/// `refusal` or, without one, what he finds.
struct RoomEntered {
    std::optional<RoomRefusal> refusal;
    bool created = false;
    bool was_inside = false;
    Occupant self;
};

/// How many messages of a room are at hand, and told to who comes in (zimbra-im 3.9).
inline constexpr std::size_t kRecentInRoom = 25;

/// Something to be said. Without `subject` it is for the talk; with it, and no text in `message`, it sets the subject.
struct RoomSpeech {
    Message message;  ///< facts.kind control (typing): is told, and kept nowhere
    std::optional<std::string> subject{};
    AckType ack = AckType::single_hop;  ///< of those who sit there by subscription
    int hop_count = 1;
};

/// Why somebody is out.
enum class RoomLeft : std::uint8_t {
    left,         ///< he went, or his last seat did
    kicked,       ///< 307 KickedFromRoom
    banned,       ///< 301 YouHaveBeenBanned
    affiliation,  ///< 321 RemovedForAffiliationChange
    members_only, ///< 322 RemovedForMembersOnly
    destroyed,    ///< the room is no more
};

/// Told of rooms once a change is on disk where it is kept, before whoever asked for it is answered. Each listener is
/// told of everything and picks its own people by Room::occupants() or by `seats`. Thread: loop.
class RoomEvents {
public:
    virtual ~RoomEvents() = default;
    /// He is among room.occupants(); `created`: with the room.
    virtual void entered(const Room& room, const Occupant& who, bool created) = 0;
    /// He is not among room.occupants() any more, though he is to be told, too. `text`: what whoever did it had to say.
    virtual void left(const Room& room, const Occupant& who, RoomLeft why, const std::string& text) = 0;
    /// Role, affiliation, nickname or, with nothing changed, his presence became others.
    virtual void changed(const Room& room, const Occupant& before, const Occupant& now) = 0;
    virtual void said(const Room& room, const RoomMessage& message) = 0;
    /// It is set up otherwise.
    virtual void configured(const Room& room, const std::string& by) = 0;
    /// Somebody became something else to it than he was, inside or not. `since_ms` of who belongs to it no more is from when
    /// he did.
    virtual void affiliated(const Room& room, const RoomMember& now, Affiliation before, const std::string& by) = 0;
    virtual void invited(const Room& room, const std::string& account, const std::string& by, const std::string& text) = 0;
    /// The room is no more after this.
    virtual void closed(const Room& room) = 0;
    /// The same once more, for those to whom a room is who belongs to it rather than who is inside: who does not belong
    /// to it is added when he comes in, and removed when he goes. When the room ends, nobody is.
    virtual void happened(const Room& /*room*/, const RoomEvent& /*event*/) {}
};

/// What is known of a room's talk before now: the archive. Answers on the loop.
class RoomPast {
public:
    virtual ~RoomPast() = default;
    /// The newest messages of the conversation `key`, oldest first.
    virtual void last(const std::string& key, std::size_t most, base::Once<void(std::vector<ArchivedMessage>)> done) = 0;
};

/// What Rooms asks of the house above it: to serve the rooms' nodes.
class RoomNeeds {
public:
    virtual ~RoomNeeds() = default;
    /// Runs acts that read, change and store one room one after the other.
    virtual void take_turn(const std::string& key, std::move_only_function<void(base::Once<void()> finished)> act) = 0;
    /// Makes the room's node, at the maker's cost. Errc::busy: he has made as many as he may.
    [[nodiscard]] virtual base::Result<void> make_room_node(const Caller& maker, const std::string& key) = 0;
    /// Commits a batch about the room, its node's own record with it if the store lacks that.
    virtual void keep(const std::string& key, Batch batch, base::Once<void(base::Result<void>)> done) = 0;
    /// The node shows what the room is now: whom it lets do what, and what it is called.
    virtual void show_room(const Room& room) = 0;
    /// Erases the node with all that is on it, and the room's record; room_is_gone() is to follow.
    virtual void end_room(const std::string& key, base::Once<void(base::Result<void>)> done) = 0;
    virtual void room_is_gone(const std::string& key) = 0;
    /// Ends those subscriptions to the node by which somebody sits in the room.
    virtual void end_subscriptions(const std::string& key, const std::vector<std::string>& seats) = 0;
    /// Tells those who sit in the room by subscription, but not who said it. As NOTIFY asks, or SingleHop.
    virtual void deliver(const Room& room, const RoomMessage& message, const RoomSpeech& speech, std::uint64_t request,
                         base::Once<void(base::Result<void>)> done) = 0;
    /// When something in the conversation is said: no two of it at once, and none before an older one.
    [[nodiscard]] virtual std::int64_t message_time(const std::string& conversation) = 0;
    /// Whether that account wants to get nothing that `by` sends.
    [[nodiscard]] virtual bool shuts_out(const std::string& account, const Caller& by) const = 0;
    /// The rows of the archive.
    [[nodiscard]] virtual ArchivedMessage archived_in(const Room& room, const RoomMessage& message) const = 0;
    [[nodiscard]] virtual ArchivedMessage archived_in(const Room& room, const RoomEvent& event) const = 0;
    /// What somebody is called who has no nickname here.
    [[nodiscard]] virtual std::string name_of_account(const std::string& account) const = 0;
    /// The name by which lists call somebody. Errc::malformed.
    [[nodiscard]] virtual base::Result<std::string> account_of(std::string_view name) const = 0;
    /// How `account` is written where people read it: a mail-like address.
    [[nodiscard]] virtual std::string address_of_account(const std::string& account) const = 0;
    /// Tells somebody who is logged on by RVP that he is wanted in a room.
    virtual void invite_by_message(const Room& room, const std::string& account, const Caller& by, const std::string& text) = 0;
};

/// Owns all rooms. Part of presence/service, which serves their nodes; doors reach it by Service::rooms(). A room is a
/// node below /instmsg/rooms/: who subscribes to it with pragma/notify comes in, what is sent to it is said by who sent
/// it. Errors of every act: not_found (no such room, or none he may know of), no_space (store). Thread: loop.
class Rooms {
public:
    template <class T>
    using Answer = base::Once<void(base::Result<T>)>;

    Rooms(RoomNeeds& needs, const Realm& realm, base::TimerWheel& wheel, const base::Clock& clock, const RoomRule& rule,
          bool archive);
    ~Rooms();
    Rooms(const Rooms&) = delete;
    Rooms& operator=(const Rooms&) = delete;

    // -- names
    /// `conference.` and the mail domain: the one conference service there is.
    [[nodiscard]] const std::string& service() const { return service_; }
    /// The node key of `den@conference.example.com`, of a path or a URL. Errc: malformed; not_found (another service).
    [[nodiscard]] base::Result<std::string> key_of(std::string_view address) const;
    /// `den@conference.example.com`
    [[nodiscard]] std::string address_of(std::string_view key) const;

    // -- reading; until the next act
    /// Null: there is none, or as good as none.
    [[nodiscard]] const Room* find(std::string_view key) const;
    [[nodiscard]] const Room* find_by_id(const std::string& id) const;
    [[nodiscard]] std::size_t size() const { return rooms_.size(); }
    /// All, by name.
    [[nodiscard]] std::vector<const Room*> all() const;
    /// Those that he belongs to or is inside, by name. O(rooms).
    [[nodiscard]] std::vector<const Room*> of(std::string_view account) const;
    /// Those with publicroom, by name.
    [[nodiscard]] std::vector<const Room*> listed() const;
    /// Errc: denied (owners' variables, and he is none inside), not_found (hidden from him). Accounts are written as
    /// mail-like addresses.
    [[nodiscard]] base::Result<std::vector<RoomVariable>> variables(const Caller& caller, std::string_view key,
                                                                    Room::Scope scope) const;
    /// What was said last, oldest first, kRecentInRoom messages at most; of the room's life before this start, from the
    /// archive. As `viewer` may see it: where he may not know who said something, `account` is "".
    void recent(std::string_view key, const std::string& viewer, base::Once<void(std::vector<RoomMessage>)> done);

    // -- acts
    /// Errc also: malformed (name, nickname), busy (a bound).
    void enter(const Caller& caller, RoomEntry entry, Answer<RoomEntered> done);
    /// The seat ends; an unknown one is none.
    void leave(const std::string& account, std::string_view key, std::string_view seat);
    /// Errc also: precondition (not inside), denied (no voice, or may not set the subject), too_large (subject).
    void say(const Caller& caller, std::string_view key, RoomSpeech speech, Answer<RoomMessage> done);
    /// Any success, also with no variable, unlocks the room. `owners` and `admins` hold names as
    /// Service::contact_account takes them. What only tells (open, creationdate, numoccupants, subject) is passed over.
    /// Errc also: denied (no owner), malformed (variable or value), precondition (no owner would be left), busy.
    void configure(const Caller& caller, std::string_view key, std::vector<RoomVariable> variables, Answer<void> done);
    /// In a members-only room the invited becomes a member. Whoever shuts the caller out is told nothing, and the caller
    /// not that he does. Errc also: denied, precondition (not inside), malformed.
    void invite(const Caller& caller, std::string_view key, std::string account, std::string text, Answer<void> done);
    /// Makes somebody member, admin, owner, outcast (a ban), or nothing, which puts him out of a members-only room.
    /// `nickname` is reserved for him from now on, if given. Who takes himself away needs no right, and who is inside makes
    /// himself a member where the room has allowregister. Errc also: denied, malformed, precondition (the last owner), busy.
    void affiliate(const Caller& caller, std::string_view key, RoomMember member, std::string text, Answer<void> done);
    /// Makes an occupant visitor, participant or moderator; `none` kicks him. Errc also: denied, precondition (not inside).
    void set_role(const Caller& caller, std::string_view key, std::string account, Role role, std::string text,
                  Answer<void> done);
    /// The presence of somebody who may be inside is another.
    void show_again(std::string_view key, const std::string& account);
    /// Puts out whoever is inside, in the name of who runs the server. Errc also: precondition (not inside).
    [[nodiscard]] base::Result<void> kick(std::string_view key, const std::string& account, const std::string& text);
    /// Errc also: denied (canchangenick), precondition (not inside, or somebody is called so), malformed.
    void rename(const Caller& caller, std::string_view key, std::string nickname, Answer<void> done);
    /// By an owner. Errc also: denied.
    void destroy(const Caller& caller, std::string_view key, std::string text, Answer<void> done);

    /// Tells `events` of each change from now on.
    void listen(RoomEvents& events);
    void unlisten(RoomEvents& events);
    /// Null: nothing is known of before.
    void set_past(RoomPast* past) { past_ = past; }

    // -- for presence/service: what RVP's verbs on a room's node come to
    /// `/instmsg/rooms/NAME` and nothing below.
    [[nodiscard]] static bool is_room(std::string_view key);
    /// Why he may not come in by subscribing, or nothing. The room is there.
    [[nodiscard]] std::optional<RoomRefusal> refuses(std::string_view key, const std::string& account) const;
    /// Whoever subscribed sits there from now on. False: he may not any more.
    [[nodiscard]] bool sit_down(std::string_view key, const std::string& account, const std::string& seat);
    /// Whoever is called so is to be deleted: he belongs to no room any more. A room that was his alone passes to whoever
    /// has belonged to it for longest, an admin before others, or ends. `done` comes once that is safe, or cannot be.
    void forget(const std::string& account, Answer<void> done);
    /// The node was deleted with all that was on it.
    void node_is_gone(const std::string& key);
    /// A RoomRecord of the store; before serving. After all records: sit_down_again() for each who sits by subscription,
    /// then start(), which ends what no restart outlives.
    [[nodiscard]] base::Result<void> restore(const Record& record);
    /// False: there is no such room, or he may not be there any more.
    [[nodiscard]] bool sit_down_again(std::string_view key, const std::string& account, const std::string& seat);
    void start();
    void change(const RoomRule& rule, bool archive);

private:
    /// What is said of a room besides itself.
    struct Place {
        std::unique_ptr<Room> room;
        std::deque<RoomMessage> tail;  ///< what was said last; nickname "": not known, and nobody is called so now
        bool since_ever = false;       ///< nothing was said before that
        std::int64_t since_ms = 0;     ///< when something was first said since this start; 0: nothing was
    };
    using Edit = std::move_only_function<base::Result<void>(Room& next)>;

    [[nodiscard]] Place* place(std::string_view key);
    /// By name, but for those that are as good as gone.
    template <class P>
    [[nodiscard]] std::vector<const Room*> those(P wanted) const;
    /// The room, if he may know of it.
    [[nodiscard]] base::Result<Room*> known(const Caller& caller, std::string_view key);
    [[nodiscard]] base::Result<std::string> nickname_for(const Room* room, const std::string& account,
                                                         const std::string& wanted) const;
    [[nodiscard]] base::Result<void> check_text(std::string_view what, std::string_view text) const;
    [[nodiscard]] Record record_of(const Room& room) const;
    [[nodiscard]] RoomMessage message_of(const Room& room, ArchivedMessage row) const;
    [[nodiscard]] RoomMessage as_seen(const Room& room, RoomMessage message, const std::string& viewer) const;
    [[nodiscard]] std::vector<RoomMessage> tail_for(const Place& place, const std::string& viewer) const;
    /// Puts what the archive has of the room before what was said since this start.
    void recall(Place& place, std::vector<ArchivedMessage> rows) const;

    void enter_in_turn(const Caller& caller, RoomEntry entry, Answer<RoomEntered> done);
    void create(const Caller& caller, RoomEntry entry, Answer<RoomEntered> done);
    [[nodiscard]] base::Result<std::unique_ptr<Room>> made_of(const Caller& caller, const RoomEntry& entry) const;
    Occupant& seat(Room& room, const std::string& account, const std::string& nickname, const std::string& seat);
    void tell_entered(const Room& room, const Occupant& who, bool created);
    /// Whoever was removed and is inside still is only `lowered`.
    void tell_event(const Room& room, RoomEvent event);
    [[nodiscard]] bool archives(const Room& room) const { return archive_ && room.config().enablelogging; }
    void add(std::unique_ptr<Room> room);
    [[nodiscard]] static bool may_rename(const Room& room, const Occupant& who);
    /// The nickname is free.
    void call(const Room& room, Occupant& who, const std::string& nickname);
    void put_out(Room& room, const std::string& account, RoomLeft why, const std::string& text);
    /// Stores what `edit` makes of a copy of the room, and then makes it of the room: one such act after the other.
    void store(const Caller& caller, std::string_view key, const std::string& text, Edit edit, Answer<void> done);
    void store_in_turn(const Caller& caller, const std::string& key, const std::string& text, Edit edit, Answer<void> done);
    /// The room becomes what `next` is; whoever may not stay is put out, and all is told.
    void become(Room& room, const Room& next, const std::vector<RoomEvent>& happened, const std::string& by, const std::string& text);
    void reconsider(Room& room, const Occupant& before, RoomLeft why, const std::string& text);
    base::Result<void> edit_lists(Room& next, const RoomVariable& variable) const;
    void said(Place& place, RoomMessage message, const RoomSpeech& speech, std::uint64_t request, Answer<RoomMessage> done);
    void end(const std::string& key, const std::string& text, Answer<void> done);
    /// Takes the room away and tells; false: there is none.
    bool take_away(const std::string& key, const std::string& text);
    void sweep();

    template <class F>
    void tell(F what) {
        for (std::size_t i = 0; i < events_.size(); ++i) what(*events_[i]);
    }

    RoomNeeds& needs_;
    const Realm& realm_;
    base::TimerWheel& wheel_;
    const base::Clock& clock_;
    RoomRule rule_;
    bool archive_;
    std::string service_;
    RoomPast* past_ = nullptr;
    std::map<std::string, Place, std::less<>> rooms_;
    std::unordered_map<std::string, std::string> by_id_;  // keys
    std::vector<RoomEvents*> events_;

    /// Ends rooms that everybody has left: not from inside what made them leave.
    struct Sweep final : base::TimerHook {
        explicit Sweep(Rooms& r) : rooms(r) {}
        void on_due(base::Instant) override { rooms.sweep(); }
        Rooms& rooms;
    };
    Sweep sweep_{*this};
};

}  // namespace presence
