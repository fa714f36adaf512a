// doors/msnp_endpoint.h: an account that is bound over one connection of MSNP24: what it does, and what it is told.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 4 to 6
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "doors/msnp_house.h"
#include "doors/msnp_marks.h"
#include "doors/msnp_seats.h"
#include "doors/msnp_thread.h"
#include "doors/msnp_words.h"
#include "doors/sign_in.h"

namespace doors {

/// How many contacts `<ml>` names.
[[nodiscard]] std::size_t contacts_in(const base::xml::Element& list);

/// A log-on whose mailbox is emptied into the connection at once. Thread: loop.
class MsnpEndpoint final : public MsnpMember, private SignInEvents {
public:
    /// All are borrowed.
    MsnpEndpoint(MsnpHouse& house, MsnpCrowd& crowd, MsnpOut& out, presence::Caller caller, presence::NodeName own,
                 std::string endpoint, std::string context);
    ~MsnpEndpoint() override;

    using Done = SignIn::Done;
    void begin(Done done);
    /// The client has shown itself.
    void keep_alive();
    /// He leaves, and others are told at once.
    void sign_off();
    /// What was sent has been taken.
    void drained();
    /// He was put out: none of the acts below may follow.
    [[nodiscard]] bool over() const { return sign_in_ == nullptr; }

    /// `<user>`: what is known here is taken from it.
    void set_presence(const base::xml::Element& user, Done done);
    /// From now on he is told of his contacts.
    void watch_buddies();
    /// `<ml>`: adds to his contact list, as many as it has room for, and blocks; or takes out of it.
    void put_contacts(const base::xml::Element& list, Done done);
    void remove_contacts(const base::xml::Element& list, Done done);
    void say(const MsnpRouted& message, Done done);
    /// `<thread>`: makes a thread, or changes one. Answers with its name. Errc: not_found (no such thread, or nobody is
    /// called so), denied, malformed, too_large, busy (a bound).
    using Named = std::move_only_function<void(base::Result<std::string>)>;
    void put_thread(const base::xml::Element& thread, Named done);
    /// `<thread>`: takes members out of it; himself, too. Errc as above.
    void remove_from_thread(const base::xml::Element& thread, Done done);
    /// `<threads>`: those of them that he is in.
    [[nodiscard]] std::string threads(const base::xml::Element& threads) const;
    [[nodiscard]] MsnpMarks& marks() { return marks_; }
    /// The number under which the last message that is to be acknowledged was sent; 0: none was.
    [[nodiscard]] std::uint64_t last_ack() const { return last_ack_; }
    [[nodiscard]] MsnpHistory& history() { return history_; }
    /// The answer to RECENTCONVERSATIONS, as MsnpHistory has it. Never answered once this has gone.
    void recent(const base::xml::Element& request, MsnpHistory::Done done);
    /// `8:alice;epid={…}`
    [[nodiscard]] std::string name() const;

    // -- MsnpMember
    [[nodiscard]] const std::string& endpoint() const override { return endpoint_; }
    void copy(const std::string& packet) override;
    void end(const std::string& why) override;
    void contact_put(const presence::ListedContact& contact) override;
    void contact_removed(const presence::ListedContact& contact) override;
    void typing_stopped(const std::string& account, const std::string& endpoint, const presence::Room* room) override;
    void room_said(const presence::Room& room, const presence::RoomMessage& message) override;
    void room_happened(const presence::Room& room, const presence::RoomEvent& event, const std::string& element) override;
    void room_ended(const presence::Room& room) override;
    void room_opens(const std::string& key, const std::string& by) override;
    void room_lost(const std::string& key) override { seats_.lost(key); }
    void room_leave(const std::string& key) override { seats_.leave(key); }

private:
    void own_state(const presence::Status& state) override;
    void own_name(const std::string&) override {}
    void own_text(const std::string& text) override;
    void other_changed(const std::string& account) override;
    [[nodiscard]] Wanted wants(const presence::Message& message) override;

    // msnp_endpoint.cc
    [[nodiscard]] std::string own_alias() const;
    void watch(const presence::ListedContact& contact);
    /// As many of them as the list has room for, whom he blocks first; each once.
    [[nodiscard]] std::vector<presence::ContactPatch> fitting(std::vector<presence::ContactPatch> wanted) const;
    /// Whether others see him, once he has said `state`, or as it is.
    [[nodiscard]] bool is_seen(const std::optional<presence::Status>& state) const;
    void tell_state(const std::string& account);
    void tell_himself();
    void notify(std::string_view kind, const std::string& from, const std::string& user);
    // msnp_endpoint_notes.cc
    /// Passes on what is kept nowhere; whatever cannot be is passed over.
    void control(const std::string& type, const MsnpRouted& message, const presence::NodeName* to, const presence::Room* room);
    void type_to(const presence::NodeName& to);
    void stop_typing(const presence::NodeName* to, const presence::Room* room);
    void signal(const std::string& type, std::string_view body);
    /// He is told that somebody types, in that talk; or, false if he was not, that that is over.
    void types(const std::string& talk, const std::string& account);
    bool types_no_more(const std::string& talk, const std::string& account);
    [[nodiscard]] base::Result<presence::Message> typing_note(const std::string& talk, const std::string& endpoint) const;
    // msnp_endpoint_messages.cc
    void pump_soon();
    void pump();
    void tell_letters();
    void settle(bool read);
    void deliver(const Letter& letter);
    [[nodiscard]] std::string packet_of(const std::string& to, const std::string& from, const MsnpWords& words,
                                        std::int64_t time_ms, const std::string& name, std::uint64_t ack) const;
    void send_words(const presence::NodeName& to, MsnpWords words, const std::string& text, Done done);
    void copy_to_others(const std::string& packet);
    /// What an SDG says, or why it says nothing. Errc: malformed, too_large.
    [[nodiscard]] base::Result<MsnpWords> words_in(const MsnpRouted& message) const;
    // msnp_endpoint_threads.cc
    void say_in_thread(const presence::Room& room, MsnpWords words, Done done);
    void type_in_thread(const presence::Room& room);
    void stop_typing_in_thread(const presence::Room& room);
    void speak(const std::string& key, presence::Message message, Done done);
    void make_thread(const ThreadAsk& ask, Named done);
    void change_thread(const presence::Room& room, const ThreadAsk& ask, Done done);
    void put_member(const presence::Room& room, const ThreadAsk::Member& member, Done done);
    void add_member(const presence::Room& room, const std::string& account, bool admin, Done done);
    void affiliate(const std::string& key, const std::string& account, presence::Affiliation what, Done done);
    void take_out(const presence::Room& room, const std::string& account, Done done);
    void leave_thread(const presence::Room& room, Done done);
    void tell_thread(const std::string& element);
    /// He sits where he belongs while others see him, and else nowhere.
    void seat_soon();
    template <class T>
    [[nodiscard]] presence::Rooms::Answer<T> in_thread(Done done);
    [[nodiscard]] std::int64_t now_ms() const { return house_.clock.wall().time_since_epoch().count(); }
    template <class T>
    [[nodiscard]] presence::Answer<T> answering(Done done) {
        return [alive = std::weak_ptr(alive_), done = std::move(done)](const base::Result<T>& how) mutable {
            if (!alive.expired()) done(how ? base::Result<void>() : std::unexpected(how.error()));
        };
    }

    MsnpHouse& house_;
    MsnpCrowd& crowd_;
    MsnpOut& out_;
    const std::string own_;       // node key
    const std::string endpoint_;  // a GUID
    const std::string context_;
    std::unique_ptr<SignIn> sign_in_;  // null: he was put out
    const base::Instant since_;
    base::Instant renewed_;            // his leases
    MsnpHistory history_;
    MsnpMarks marks_;
    MsnpSeats seats_;
    bool seating_ = false;             // soon
    std::string spoken_;               // in a thread, and not answered yet: a MIME part
    bool watching_ = false;
    bool pumping_ = false;             // soon
    std::string own_code_, own_mood_;  // that his client knows
    std::optional<std::string> held_mood_;     // that he wrote while nobody is to see him
    struct Told {
        std::string endpoint;
        std::string mood;
    };
    std::map<std::string, Told> told_;         // whom he sees, by account
    std::vector<std::string> changed_;         // keys, oldest change first
    std::vector<Letter> sent_;                 // and not taken yet
    std::vector<std::string> typing_;          // talk, LF, account: who types, as he was told
    std::uint64_t last_ack_ = 0;
    std::uint32_t last_notice_ = 0;
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace doors
