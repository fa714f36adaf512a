// doors/zimbra_im_rooms.cc: the IM requests of the Zimbra door that are about rooms.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.7 to 3.11
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "doors/zimbra_rooms.h"

namespace doors {
namespace {

constexpr std::string_view kServiceName = "Public Chatrooms";
constexpr int kMostRoomNames = 10;  // names that are tried in vain for the room that a chat becomes

std::string seat_of(const std::string& thread) { return "zimbra/" + thread; }

// Of what an error of the core is in a join's answer; "" = it is a fault.
std::string_view join_error(base::Errc code) {
    switch (code) {
        case base::Errc::not_found: return "NoSuchRoom";
        case base::Errc::denied:
        case base::Errc::busy: return "NotAllowed";
        case base::Errc::malformed: return "Unknown";
        default: return "";
    }
}

ZimbraElement about(const std::string& thread, std::string_view error = "") {
    ZimbraElement out;
    out.set("thread", thread).set_some("error", std::string(error));
    return out;
}

// The answer to a change: what was refused is told in it.
presence::Rooms::Answer<void> answering(std::string thread, ZimbraReply reply) {
    return [thread = std::move(thread), reply = std::move(reply)](const base::Result<void>& how) mutable {
        if (how) return reply(about(thread));
        switch (how.error().code) {
            case base::Errc::denied:
            case base::Errc::precondition: return reply(about(thread, "not_allowed"));
            case base::Errc::not_found: return reply(about(thread, "not_found"));
            default: return reply(std::unexpected(zimbra_fault_of(how.error())));
        }
    };
}

}  // namespace

// -- to come in

void ZimbraRooms::join(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply) {
    const auto address = request.get("addr");
    if (!address || address->empty()) return reply(std::unexpected(zimbra_missing_attribute("addr")));
    std::string thread = request.get("thread").value_or("").substr(0, kMostThread);
    const auto key = house_.service.rooms().key_of(base::to_lower(base::trim(*address)));
    if (!key) return reply(about(thread.empty() ? local_part(*address) : thread, "NoSuchRoom"));
    ZimbraPersona& persona = *asker.persona;
    ZimbraChats& chats = persona.chats();
    ZimbraChat* chat = chats.in_room(*key);
    std::string partner;
    bool made = false;
    if (chat) {
        thread = chat->thread;
    } else {
        if (thread.empty()) thread = chats.free_thread(local_part(house_.service.rooms().address_of(*key)));
        chat = chats.find(thread);
        if (chat && !chat->room.empty()) return reply(std::unexpected(zimbra_invalid("the thread is another room's")));
        if (!chat && chats.size() >= house_.limits.chats.chats) {
            return reply(std::unexpected(zimbra_fault_of({base::Errc::busy, "as many chats are open as may be (limits.chats_per_account)"})));
        }
        made = chat == nullptr;
        if (made) chat = &chats.open(thread, "", house_.clock.now());
        partner = std::exchange(chat->with, "");
        chat->room = *key;
    }
    presence::RoomEntry entry;
    entry.room = *key;
    entry.seat = seat_of(thread);
    entry.nickname = base::trim(request.get("nickname").value_or(request.get("nick").value_or("")));
    entry.password = request.get("password");
    const bool was_there = !made && partner.empty();
    auto entered = [this, persona = asker.persona, key = *key, thread, partner, made, was_there,
                    reply = std::move(reply)](const base::Result<presence::RoomEntered>& how) mutable {
        ZimbraChat* still = persona->chats().find(thread);
        if (still && still->room != key) still = nullptr;
        if (!how || how->refusal) {  // the chat is what it was
            if (still && made) persona->chats().close(thread);
            else if (still && !was_there) still->room.clear(), still->with = partner;
            const std::string_view word = how ? presence::word_of(*how->refusal) : join_error(how.error().code);
            if (word.empty()) return reply(std::unexpected(zimbra_fault_of(how.error())));
            return reply(about(thread, word));
        }
        if (!still) {  // he closed it meanwhile, or has gone
            leave_seat(*persona, key, thread);
            return reply(about(thread, "Unknown"));
        }
        still->nickname = how->self.nickname;
        ZimbraElement out = about(thread);
        if (how->created) out.set("status", "NewRoomCreated");
        welcome(*persona, key, thread, how->created);
        reply(std::move(out));
    };
    house_.service.rooms().enter(persona.caller(), std::move(entry), house_.while_open(std::move(entered)));
}

void ZimbraRooms::leave_seat(const ZimbraPersona& persona, const std::string& key, const std::string& thread) {
    house_.service.rooms().leave(persona.key(), key, seat_of(thread));
}

// -- lists

void ZimbraRooms::list_services(ZimbraReply reply) const {
    ZimbraElement out;
    out.add(ZimbraElement("svc")).set("name", std::string(kServiceName)).set("addr", house_.service.rooms().service());
    reply(std::move(out));
}

void ZimbraRooms::list_rooms(const ZimbraElement& request, ZimbraReply reply) const {
    const presence::Rooms& rooms = house_.service.rooms();
    const std::string service = request.get("svc").value_or(request.get("service").value_or(""));
    if (!service.empty() && !base::equal_ignoring_case(service, rooms.service())) {
        ZimbraFault fault{"im.NOT_A_CONFERENCE_SERVICE", "no conference service: " + base::clipped(service, 320), false};
        fault.arguments.push_back({"addr", "STR", service});
        return reply(std::unexpected(std::move(fault)));
    }
    ZimbraElement out;
    for (const presence::Room* room : rooms.listed()) {
        const std::string& name = room->config().longname.empty() ? room->name() : room->config().longname;
        out.add(ZimbraElement("room")).set("name", name).set("addr", rooms.address_of(room->key()));
    }
    reply(std::move(out));
}

// -- how it is set up

void ZimbraRooms::configuration(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply) {
    const std::string thread = request.get("thread").value_or("");
    const std::string address = request.get("addr").value_or("");
    if (thread.empty() && address.empty()) return reply(std::unexpected(zimbra_invalid("missing required attribute: thread or addr")));
    const auto owners = zimbra_truth(request, "requestOwnerConfig");
    if (!owners) return reply(std::unexpected(owners.error()));
    ZimbraElement out;
    if (!thread.empty()) out.set("thread", thread);
    else out.set("addr", address);
    const auto failed = [&](std::string word) { return reply(std::move(out.set("error", std::move(word)))); };
    std::string key;
    if (!thread.empty()) {
        const ZimbraChat* chat = asker.persona->chats().find(thread);
        if (!chat) return failed("not_found");
        if (chat->room.empty()) return reply(std::move(out.set("isMUC", false)));
        key = chat->room;
    } else {
        const auto named = house_.service.rooms().key_of(base::to_lower(base::trim(address)));
        if (!named) return failed("not_a_conference_room");
        key = *named;
    }
    const bool as_owner = owners->value_or(false);
    if (as_owner && thread.empty()) return failed("not_allowed");  // only from inside
    const auto scope = as_owner ? presence::Room::Scope::owners : presence::Room::Scope::everybody;
    const auto variables = house_.service.rooms().variables(asker.persona->caller(), key, scope);
    if (!variables) return failed(variables.error().code == base::Errc::denied ? "not_allowed" : "not_a_conference_room");
    out.set("isMUC", true);
    for (const auto& [name, multi, values] : *variables) {
        ZimbraElement& var = out.add(ZimbraElement("var"));
        var.set("name", name);
        if (multi) {
            var.set("multi", true);
            for (const std::string& value : values) var.add_text("value", value);
        } else if (!values.empty()) {
            var.text = values.front();
        }
    }
    reply(std::move(out));
}

void ZimbraRooms::configure(const ZimbraAsker& asker, const ZimbraChat& chat, const ZimbraElement& request, ZimbraReply reply) {
    std::vector<presence::RoomVariable> variables;
    for (const ZimbraElement& var : request.children) {
        if (var.name != "var") continue;
        presence::RoomVariable one{std::string(base::trim(var.get("name").value_or(""))), false, {}};
        if (one.name.empty()) return reply(std::unexpected(zimbra_missing_attribute("name")));
        const auto multi = zimbra_truth(var, "multi");
        if (!multi) return reply(std::unexpected(multi.error()));
        if (one.name == "noanonymous") one.name = "nonanonymous";  // as all old clients have it
        one.multi = multi->value_or(false);
        for (const ZimbraElement& value : var.children) {
            const std::string text = value.content();
            if (value.name == "value" && !base::trim(text).empty()) one.values.emplace_back(base::trim(text));
        }
        if (!one.multi) {
            const std::string text = var.content();
            const std::string_view value = base::trim(text);
            if (one.values.empty() && value.empty()) continue;  // stays as it is
            if (one.values.empty()) one.values.emplace_back(value);
        }
        variables.push_back(std::move(one));
    }
    house_.service.rooms().configure(asker.persona->caller(), chat.room, std::move(variables), answering(chat.thread, std::move(reply)));
}

// -- to bring others in

void ZimbraRooms::add_user(const ZimbraAsker& asker, const ZimbraChat& chat, const std::string& account, std::string text, ZimbraReply reply) {
    if (base::trim(text).empty()) text = "Please join my chat";
    if (chat.room.empty()) return widen({asker.persona, chat.thread, chat.with, account, std::move(text)}, std::move(reply));
    house_.service.rooms().invite(asker.persona->caller(), chat.room, account, std::move(text), answering(chat.thread, std::move(reply)));
}

// The room is called as the thread, or something like it where that is somebody else's.
void ZimbraRooms::widen(Widening what, ZimbraReply reply) {
    const std::string name = base::to_lower(what.thread) + (what.taken == 0 ? "" : "-" + std::to_string(what.taken + 1));
    const auto key = house_.service.rooms().key_of(name + "@" + house_.service.rooms().service());
    if (!key) return reply(std::unexpected(zimbra_fault_of(key.error())));
    presence::RoomEntry entry;
    entry.room = *key;
    entry.seat = seat_of(what.thread);
    entry.open = true;
    entry.own = true;
    const presence::Caller& caller = what.by->caller();
    auto entered = [this, key = *key, what = std::move(what),
                    reply = std::move(reply)](const base::Result<presence::RoomEntered>& how) mutable {
        if (!how) return reply(std::unexpected(zimbra_fault_of(how.error())));
        if (!how->refusal) return widened(what, key, *how, std::move(reply));
        if (!house_.service.rooms().find(key) || ++what.taken >= kMostRoomNames) return reply(about(what.thread, "not_allowed"));
        widen(std::move(what), std::move(reply));
    };
    house_.service.rooms().enter(caller, std::move(entry), house_.while_open(std::move(entered)));
}

void ZimbraRooms::widened(const Widening& what, const std::string& key, const presence::RoomEntered& in, ZimbraReply reply) {
    ZimbraChat* chat = what.by->chats().find(what.thread);
    const bool already = chat && chat->room == key;  // by another request for the same chat
    if (!already && (!chat || !chat->room.empty() || chat->with != what.partner)) {  // he closed it meanwhile, or has gone
        leave_seat(*what.by, key, what.thread);
        return reply(about(what.thread, "not_found"));
    }
    if (!already) {
        chat->room = key;
        chat->with.clear();
        chat->nickname = in.self.nickname;
        welcome(*what.by, key, what.thread, in.created);
        bring_along(what, key);
    }
    invite(what, key, what.newcomer, answering(what.thread, std::move(reply)));
}

void ZimbraRooms::invite(const Widening& what, const std::string& key, const std::string& account,
                         presence::Rooms::Answer<void> done) {
    house_.service.rooms().invite(what.by->caller(), key, account, what.text, std::move(done));
}

// The other of the two goes on in the room if he is there, wants to hear of who made it, and talks with him in that very
// thread; else he is invited as anybody is.
void ZimbraRooms::bring_along(const Widening& what, const std::string& key) {
    ZimbraPersona* other = house_.persona(what.partner);
    ZimbraChat* chat = other && other->online() && !other->blocks(what.by->key()) ? other->chats().find(what.thread) : nullptr;
    if (!chat || chat->with != what.by->key() || chat->lines.empty()) return invite(what, key, what.partner, [](const auto&) {});
    chat->with.clear();
    chat->room = key;
    presence::RoomEntry entry;
    entry.room = key;
    entry.seat = seat_of(what.thread);
    entry.may_create = false;
    auto entered = [this, other = other->shared_from_this(), key, what](const base::Result<presence::RoomEntered>& how) {
        ZimbraChat* still = other->chats().find(what.thread);
        if (still && still->room != key) still = nullptr;
        if (!how || how->refusal) {
            if (still) still->room.clear(), still->with = what.by->key();
            return invite(what, key, what.partner, [](const auto&) {});
        }
        if (!still) return leave_seat(*other, key, what.thread);
        still->nickname = how->self.nickname;
        welcome(*other, key, what.thread, false);
        ZimbraLine line{0, other->now_ms(), "SYSTEM", false, "", what.by->address() + " has made this chat a room for more people.", "", nullptr};
        const ZimbraLine& said = other->chats().say(*still, std::move(line), house_.limits.chats, house_.clock.now());
        other->tell(zimbra_n_message(said, what.thread, ""), ZimbraLeg::router);
    };
    house_.service.rooms().enter(other->caller(), std::move(entry), house_.while_open(std::move(entered)));
}

}  // namespace doors
