// doors/zimbra_im.cc: the IM requests of the Zimbra door: roster, presence, gateways.
// SPDX-License-Identifier: Apache-2.0
#include "doors/zimbra_im.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "doors/states.h"
#include "doors/zimbra_rooms.h"

namespace doors {
namespace {

constexpr std::size_t kMostStatus = 1024;

template <class T>
std::unexpected<ZimbraFault> fault(const base::Result<T>& how) { return std::unexpected(zimbra_fault_of(how.error())); }

// Answers with an empty element, or with why not.
ZimbraPersona::Done answering(ZimbraReply reply) {
    return [reply = std::move(reply)](const base::Result<void>& how) mutable {
        if (how) reply(ZimbraElement());
        else reply(fault(how));
    };
}

std::vector<std::string> groups_of(const std::string& list) {
    std::vector<std::string> names;
    for (const std::string_view one : base::split(list, ',')) {
        if (const auto name = base::trim(one); !name.empty()) names.emplace_back(name);
    }
    return names;
}

std::optional<std::vector<std::string>> groups_in(const ZimbraElement& request) {
    const auto list = request.get("groups");
    return list ? std::optional(groups_of(*list)) : std::nullopt;
}

}  // namespace

ZimbraIm::Handler ZimbraIm::handler_of(std::string_view request) {
    static constexpr std::array<std::pair<std::string_view, Handler>, 18> kHandlers = {{
        {"IMGetRosterRequest", &ZimbraIm::get_roster},
        {"IMSubscribeRequest", &ZimbraIm::subscribe},
        {"IMAuthorizeSubscribeRequest", &ZimbraIm::authorize},
        {"IMSetPresenceRequest", &ZimbraIm::set_presence},
        {"IMSendMessageRequest", &ZimbraIm::send_message},
        {"IMGetChatRequest", &ZimbraIm::get_chat},
        {"IMModifyChatRequest", &ZimbraIm::modify_chat},
        {"IMSetIdleRequest", &ZimbraIm::set_idle},
        {"IMGatewayListRequest", &ZimbraIm::gateway_list},
        {"IMGatewayRegisterRequest", &ZimbraIm::gateway_register},
        {"IMGetPrivacyListRequest", &ZimbraIm::get_privacy},
        {"IMSetPrivacyListRequest", &ZimbraIm::set_privacy},
        {"IMJoinConferenceRoomRequest", &ZimbraIm::join_room},
        {"IMJoinChatRequest", &ZimbraIm::join_room},
        {"IMGetChatConfigurationRequest", &ZimbraIm::get_configuration},
        {"IMGetChatConfiguration", &ZimbraIm::get_configuration},
        {"IMListConferenceServicesRequest", &ZimbraIm::list_services},
        {"IMListConferenceRoomsRequest", &ZimbraIm::list_rooms},
    }};
    const auto found = std::ranges::find(kHandlers, request, &std::pair<std::string_view, Handler>::first);
    return found == kHandlers.end() ? nullptr : found->second;
}

ZimbraIm::ZimbraIm(ZimbraHouse& house)
    : house_(house), rooms_(std::make_unique<ZimbraRooms>(house)) {}

ZimbraIm::~ZimbraIm() = default;

bool ZimbraIm::knows(std::string_view request) { return handler_of(request) != nullptr; }

void ZimbraIm::serve(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply) {
    if (house_.persona(asker.persona->key()) != asker.persona.get()) {
        return reply(std::unexpected(ZimbraFault{"service.AUTH_EXPIRED", "auth credentials have expired", false}));
    }
    const Handler handler = handler_of(request.name);
    if (!asker.queue) return (this->*handler)(asker, request, std::move(reply));
    auto then = [this, handler, asker, &request, reply = std::move(reply)](const base::Result<void>& how) mutable {
        if (!how) return reply(fault(how));
        (this->*handler)(asker, request, std::move(reply));
    };
    asker.persona->listen(asker.queue, house_.while_open(std::move(then)));
}

std::expected<std::string, ZimbraFault> ZimbraIm::account(const std::string& address) const {
    std::string_view bare = base::trim(address);
    const std::size_t at = bare.find('@');
    if (at != std::string_view::npos) bare = bare.substr(0, bare.find('/', at));  // without a resource
    const auto known = house_.service.contact_account(bare);
    const bool named = known && (at != std::string_view::npos || !presence::is_alias(*known) || house_.service.nodes().find(*known) ||
                                 house_.gate.stamp(std::string(presence::alias_of(*known))) != 0);
    if (named) return *known;
    ZimbraFault bad{"im.INVALID_ADDRESS", "IM address is invalid: " + base::clipped(std::string(bare), 320), false};
    bad.arguments.push_back({"addr", "STR", std::string(bare)});
    return std::unexpected(std::move(bad));
}

// -- roster

void ZimbraIm::get_roster(const ZimbraAsker& asker, const ZimbraElement&, ZimbraReply reply) {
    ZimbraPersona& persona = *asker.persona;
    ZimbraElement out;
    const std::string show = persona.show();
    ZimbraElement& own = out.add(ZimbraElement("presence"));
    own.set("show", show);
    if (show != "OFFLINE") own.set_some("status", persona.status_text());
    ZimbraElement& chats = out.add(ZimbraElement("chats"));
    chats.shape = ZimbraElement::Shape::unique;
    for (const char* name : {"chat", "chats"}) {  // as the document has it, and as servers had it
        for (const auto& [thread, chat] : persona.chats()) chats.add(zimbra_chat(name, thread, persona.participants(chat)));
    }
    if (asker.queue) {
        persona.replay(*asker.queue, ZimbraLeg::local);
        persona.replay_lines(*asker.queue, ZimbraLeg::local);
    }
    reply(std::move(out));
}

void ZimbraIm::subscribe(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply) {
    const auto address = request.get("addr");
    if (!address || address->empty()) return reply(std::unexpected(zimbra_missing_attribute("addr")));
    const std::string op = request.get("op").value_or("add");
    if (op != "add" && op != "remove") return reply(std::unexpected(zimbra_invalid("unknown value for op: " + op.substr(0, 32))));
    const auto whom = account(*address);
    if (!whom) return reply(std::unexpected(whom.error()));
    ZimbraElement out;
    out.set("addr", house_.service.address_of_account(*whom));
    if (*whom == asker.persona->key()) return reply(std::unexpected(zimbra_invalid("nobody is his own buddy")));
    if (op == "add") {
        presence::RosterWish wish{*whom, request.get("name"), groups_in(request), false};
        return house_.service.ask(asker.persona->own(), std::move(wish),
                                  [out = std::move(out), reply = std::move(reply)](const base::Result<presence::RosterEntry>& how) mutable {
            if (how) reply(std::move(out));
            else reply(fault(how));
        });
    }
    ZimbraBuddy left{out.get("addr").value_or("")};
    if (const auto entry = house_.service.roster_entry(asker.persona->key(), *whom)) {
        left.name = entry->contact.nickname;
        left.groups = entry->contact.groups;
    }
    auto removed = [persona = asker.persona, out = std::move(out), left = std::move(left), reply = std::move(reply)](const base::Result<void>& how) mutable {
        if (!how && how.error().code != base::Errc::not_found) return reply(fault(how));
        if (how) persona->tell(zimbra_n_buddy(left), ZimbraLeg::local);
        reply(std::move(out));
    };
    house_.service.remove_contact(asker.persona->own(), *whom, house_.while_open(std::move(removed)));
}

void ZimbraIm::authorize(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply) {
    const auto address = request.get("addr");
    if (!address || address->empty()) return reply(std::unexpected(zimbra_missing_attribute("addr")));
    const auto authorized = zimbra_truth(request, "authorized");
    const auto add = zimbra_truth(request, "add");
    if (!authorized) return reply(std::unexpected(authorized.error()));
    if (!*authorized) return reply(std::unexpected(zimbra_missing_attribute("authorized")));
    if (!add) return reply(std::unexpected(add.error()));
    const auto whom = account(*address);
    if (!whom) return reply(std::unexpected(whom.error()));
    presence::RosterVerdict verdict{*whom, **authorized, add->value_or(false), std::nullopt, std::nullopt};
    if (verdict.add) {
        verdict.nickname = request.get("name");
        verdict.groups = groups_in(request);
    }
    house_.service.decide(asker.persona->own(), std::move(verdict),
                          [reply = std::move(reply)](const base::Result<presence::RosterEntry>& how) mutable {
        if (how) reply(ZimbraElement());
        else reply(fault(how));
    });
}

// -- presence

void ZimbraIm::set_presence(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply) {
    const auto* wanted = request.child("presence");
    if (!wanted) return reply(std::unexpected(zimbra_missing_element("presence")));
    std::string show = base::to_lower(base::trim(wanted->get("show").value_or("")));
    if (show.empty()) show = "online";
    const auto state = status_of_xmpp_show(show);
    if (!state) return reply(std::unexpected(zimbra_invalid("unknown value for show: " + show.substr(0, 32))));
    const std::string status = wanted->get("status").value_or("");
    if (status.size() > kMostStatus) return reply(std::unexpected(zimbra_invalid("a status of more than 1024 bytes")));
    const std::string shade = show == "chat" ? "CHAT" : show == "xa" ? "XA" : "";
    asker.persona->set_presence(*state, shade, status, answering(std::move(reply)));
}

void ZimbraIm::set_idle(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply) {
    if (!asker.queue) return reply(std::unexpected(ZimbraFault{"service.SESSION_REQUIRED", "a session is required", false}));
    const auto idle = zimbra_truth(request, "isIdle");
    if (!idle) return reply(std::unexpected(idle.error()));
    if (!*idle) return reply(std::unexpected(zimbra_missing_attribute("isIdle")));
    const auto time = request.get("idleTime");
    if (!time) return reply(std::unexpected(zimbra_missing_attribute("idleTime")));
    const std::string_view whole = base::trim(std::string_view(*time).substr(0, time->find('.')));
    if (!base::parse_number(whole)) return reply(std::unexpected(zimbra_invalid("idleTime is no number of seconds")));
    asker.persona->set_idle(*asker.queue, **idle, answering(std::move(reply)));
}

// -- privacy

void ZimbraIm::get_privacy(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply) {
    const std::string name = request.get("name").value_or("");
    ZimbraPersona& persona = *asker.persona;
    if (asker.queue) persona.tell(*asker.queue, persona.privacy_n(house_.service.privacy_list(persona.key(), name)), ZimbraLeg::router);
    reply(ZimbraElement());
}

void ZimbraIm::set_privacy(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply) {
    const auto* list = request.child("list");
    if (!list) return reply(std::unexpected(zimbra_missing_element("list")));
    presence::PrivacyList wanted{list->get("name").value_or(""), {}};
    for (const ZimbraElement& item : list->children) {
        if (item.name != "item") continue;
        const std::string action = item.get("action").value_or("");
        const std::string address = base::to_lower(base::trim(item.get("addr").value_or("")));
        const auto order = base::parse_number(base::trim(item.get("order").value_or("")), UINT32_MAX);
        if (action != "allow" && action != "deny") return reply(std::unexpected(zimbra_invalid("action is neither allow nor deny")));
        if (!order || *order == 0) return reply(std::unexpected(zimbra_invalid("order is no positive number")));
        if (address.empty()) return reply(std::unexpected(zimbra_missing_attribute("addr")));
        presence::PrivacyItem one{action == "allow", static_cast<std::uint32_t>(*order), address};
        if (address.find('@') != std::string::npos) {
            const auto whom = account(address);
            if (!whom) return reply(std::unexpected(whom.error()));
            one.account = *whom;
        }
        wanted.items.push_back(std::move(one));
    }
    house_.service.set_privacy_list(asker.persona->own(), std::move(wanted), [reply = std::move(reply)](const base::Result<presence::PrivacyList>& how) mutable {
        if (how) reply(ZimbraElement());
        else reply(fault(how));
    });
}

// -- gateways

void ZimbraIm::gateway_list(const ZimbraAsker& asker, const ZimbraElement&, ZimbraReply reply) {
    ZimbraElement out;
    for (const auto& [name, type, domain, state] : asker.persona->list_gateways()) {
        ZimbraElement service("service");
        service.set("name", name).set("type", type).set("domain", domain);
        ZimbraElement registration("registration");
        registration.set("name", asker.persona->address()).set("state", zimbra_word_of(state));
        service.add(std::move(registration));
        out.add(std::move(service));
    }
    reply(std::move(out));
}

// Nothing of the kind is behind this server: what there is needs no registration, and the rest cannot be reached.
void ZimbraIm::gateway_register(const ZimbraAsker&, const ZimbraElement& request, ZimbraReply reply) {
    const auto op = request.get("op");
    if (!op || op->empty()) return reply(std::unexpected(zimbra_missing_attribute("op")));
    if (*op != "reg" && *op != "unreg" && *op != "reconnect") {
        return reply(std::unexpected(zimbra_invalid("unknown value for op: " + op->substr(0, 32))));
    }
    const auto service = request.get("service");
    if (!service || service->empty()) return reply(std::unexpected(zimbra_missing_attribute("service")));
    ZimbraElement out;
    out.set("result", false);
    reply(std::move(out));
}

// -- rooms

void ZimbraIm::join_room(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply) { rooms_->join(asker, request, std::move(reply)); }
void ZimbraIm::get_configuration(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply) {
    rooms_->configuration(asker, request, std::move(reply));
}
void ZimbraIm::list_services(const ZimbraAsker&, const ZimbraElement&, ZimbraReply reply) { rooms_->list_services(std::move(reply)); }
void ZimbraIm::list_rooms(const ZimbraAsker&, const ZimbraElement& request, ZimbraReply reply) { rooms_->list_rooms(request, std::move(reply)); }

}  // namespace doors
