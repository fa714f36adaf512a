// presence/room.h: a room for many to talk in: how it is set up, who belongs to it, who is inside.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.9 to 3.11 (the words are those of multi-user chat)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "presence/notification.h"

namespace presence {

/// What somebody is to a room, whether he is inside or not. In order of weight.
enum class Affiliation : std::uint8_t { outcast, none, member, admin, owner };
/// What somebody may do inside, as long as he is there; `none` is nowhere. In order of weight.
enum class Role : std::uint8_t { none, visitor, participant, moderator };
/// `outcast`, `none`, `member`, `admin`, `owner`.
[[nodiscard]] std::string_view word_of(Affiliation affiliation);
/// `none`, `visitor`, `participant`, `moderator`.
[[nodiscard]] std::string_view word_of(Role role);

/// Why somebody does not get in. The words of the seed.
enum class RoomRefusal : std::uint8_t {
    password_required,     ///< PasswordRequired: missing or wrong
    banned,                ///< Banned
    no_such_room,          ///< NoSuchRoom: nor may it be made; or it is locked, and not his
    not_allowed,           ///< NotAllowed: he may make no (more) rooms
    must_use_reserved_nick,  ///< MustUseReservedRoomnick
    not_a_member,          ///< NotAMember
    nickname_conflict,     ///< NicknameConflict: somebody has it, or it is reserved for somebody
    max_users,             ///< MaxUsers
};
[[nodiscard]] std::string_view word_of(RoomRefusal refusal);

/// How the room is set up: the variables of the seed, as values. `open`, `creationdate`, `numoccupants`, `owners` and
/// `admins` follow from what else a Room knows.
struct RoomConfig {
    bool publicroom = true;  ///< listed
    bool moderated = false;  ///< who is nothing to the room enters as visitor
    bool persistent = false;  ///< stays when nobody is inside
    bool membersonly = false;
    bool nonanonymous = true;  ///< everybody may see who a nickname is; else moderators alone
    bool passwordprotect = false;
    std::string password;  ///< "" = none
    std::uint32_t maxusers = 30;  ///< 0 = as many as the server lets in
    std::string longname;
    std::string description;
    std::string subject;
    bool subjectmodifyable = false;  ///< by participants
    bool allowinvites = false;       ///< by anybody inside
    std::vector<Role> presencebroadcast{Role::moderator, Role::participant, Role::visitor};
    bool enablelogging = true;  ///< what is said goes to the archive, if there is one
    bool reservednick = false;  ///< only with a nickname that is reserved
    bool canchangenick = true;
    bool allowregister = true;  ///< who is inside may make himself a member
    bool operator==(const RoomConfig&) const = default;
};

/// A configuration variable as the wire has it: one value, or many if `multi`.
struct RoomVariable {
    std::string name;
    bool multi = false;
    std::vector<std::string> values;
};

/// Somebody who is something to the room.
struct RoomMember {
    std::string account;  ///< node key
    Affiliation affiliation = Affiliation::none;
    std::string nickname;  ///< reserved for him; "" = none
    std::int64_t since_ms = 0;  ///< when he began to belong to it: wall clock; 0 = not known
    bool operator==(const RoomMember&) const = default;
};

/// Somebody inside. One person is one occupant, through however many doors and log-ons he came in.
struct Occupant {
    std::uint32_t id = 0;     ///< within the room, never given twice while it lives
    std::string account;      ///< node key
    std::string nickname;
    Role role = Role::none;
    Affiliation affiliation = Affiliation::none;
    std::vector<std::string> seats;  ///< what he came in through; see RoomEntry
    std::int64_t since_ms = 0;       ///< when he came in: wall clock
    bool operator==(const Occupant&) const = default;
};

/// Something that was said in a room.
struct RoomMessage {
    std::string account;   ///< who said it: node key
    std::string nickname;  ///< as he was called when he said it, where that is known
    std::optional<std::string> subject;  ///< set by it, if that is what it was
    Message message;
    std::int64_t time_ms = 0;  ///< wall clock
};

/// A room. Decides who may do what; knows no store, no door and nobody to tell. Changed by presence/rooms alone.
/// Thread: loop.
class Room {
public:
    Room(std::string key, std::int64_t created_ms, RoomConfig config, bool locked, std::vector<RoomMember> members);

    /// Its node's key, `/instmsg/rooms/den`.
    [[nodiscard]] const std::string& key() const { return key_; }
    /// `den`, in lower case.
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::int64_t created_ms() const { return created_ms_; }
    /// 32 lower-case hex digits, the same for its life. No other room ever has them, also none of the same name later.
    [[nodiscard]] const std::string& id() const { return id_; }
    /// When its people or its subject changed last: wall clock.
    [[nodiscard]] std::int64_t changed_ms() const { return changed_ms_; }
    [[nodiscard]] const RoomConfig& config() const { return config_; }
    /// Not configured yet: only its owners get in.
    [[nodiscard]] bool locked() const { return locked_; }
    /// Those who are something to it, in the order in which they became that.
    [[nodiscard]] const std::vector<RoomMember>& members() const { return members_; }
    [[nodiscard]] const std::vector<Occupant>& occupants() const { return occupants_; }

    [[nodiscard]] Affiliation affiliation_of(std::string_view account) const;
    /// Null: he is not inside.
    [[nodiscard]] const Occupant* occupant(std::string_view account) const;
    /// Nicknames are compared without regard to case, as far as ASCII goes. Null: nobody inside is called so.
    [[nodiscard]] const Occupant* called(std::string_view nickname) const;
    /// Whether he is in it for good, inside or not: member, admin or owner.
    [[nodiscard]] bool has_member(std::string_view account) const { return affiliation_of(account) >= Affiliation::member; }
    /// Since when he belongs to it or, if he does not, is inside: wall clock. nullopt: neither.
    [[nodiscard]] std::optional<std::int64_t> joined_ms(std::string_view account) const;
    /// What he would be inside.
    [[nodiscard]] Role role_on_entry(std::string_view account) const;
    /// "" = none.
    [[nodiscard]] std::string_view reserved_nick(std::string_view account) const;
    /// Whether `viewer` may see who is behind the nickname of that account.
    [[nodiscard]] bool shows_account(std::string_view account, std::string_view viewer) const;
    /// Whether `viewer` is told that somebody is inside: presencebroadcast. Everybody knows of himself.
    [[nodiscard]] bool shows(const Occupant& whose, std::string_view viewer) const;
    /// Whether the room is to be known of to somebody: it is listed, or he is something to it.
    [[nodiscard]] bool known_to(std::string_view account) const;

    /// Whether he may come in under that nickname, in the order of zimbra-im 3.9. `most` is what the server allows in
    /// any room. Who is inside already may come in again.
    [[nodiscard]] std::optional<RoomRefusal> refusal(std::string_view account, std::string_view nickname,
                                                     const std::optional<std::string>& password, std::size_t most) const;
    /// Whether somebody else than that account has the nickname for himself, inside or not.
    [[nodiscard]] bool reserved_for_another(std::string_view account, std::string_view nickname) const;
    /// Whether somebody who is inside may be: he is not banned, and not a stranger to a room for members only.
    [[nodiscard]] bool may_stay(std::string_view account) const;
    /// Whether others are told of somebody with that role.
    [[nodiscard]] bool tells_of(Role role) const;
    /// Nobody is inside and nothing keeps it: as good as gone.
    [[nodiscard]] bool deserted() const { return occupants_.empty() && !config_.persistent; }
    [[nodiscard]] std::size_t owners() const;

    /// Errc::denied, with the reason; precondition: not inside.
    [[nodiscard]] base::Result<void> may_speak(std::string_view account) const;
    [[nodiscard]] base::Result<void> may_set_subject(std::string_view account) const;
    [[nodiscard]] base::Result<void> may_invite(std::string_view account) const;

    /// What everybody may know who may know of the room, or what its owners may.
    enum class Scope { everybody, owners };
    [[nodiscard]] std::vector<RoomVariable> variables(Scope scope) const;

private:
    friend class Rooms;
    friend base::Result<Room> from_record(const std::string& key, const struct RoomRecord& record);

    [[nodiscard]] Occupant* inside(std::string_view account);
    /// Makes somebody that, or nobody any more. His nickname stays reserved unless another is given.
    void set_affiliation(const RoomMember& member);
    /// It is what it is now since then, and so are those who did not belong to `before`.
    void set_changed(const Room& before, std::int64_t time_ms);
    /// Takes whatever differs from what the room is into it; a refusal changes nothing. Errc::malformed.
    [[nodiscard]] base::Result<void> set_variable(const RoomVariable& variable);

    std::string key_;
    std::string name_;
    std::string id_;
    std::int64_t created_ms_;
    std::int64_t changed_ms_;
    RoomConfig config_;
    bool locked_;
    std::vector<RoomMember> members_;
    std::vector<Occupant> occupants_;
    std::uint32_t last_occupant_ = 0;
};

}  // namespace presence
