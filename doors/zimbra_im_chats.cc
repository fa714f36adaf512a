// doors/zimbra_im_chats.cc: the IM requests of the Zimbra door that are about what is said.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3.5, 3.6, 3.11
#include <utility>

#include "base/text.h"
#include "doors/zimbra_im.h"
#include "doors/zimbra_rooms.h"

namespace doors {
namespace {

constexpr std::size_t kMostSubject = 1024;

// Markup as escaped text, or as elements.
std::string raw(const ZimbraElement& element) { return element.markup.empty() ? element.content() : element.markup; }

ZimbraElement unknown_chat(const std::string& thread) {
    ZimbraElement out;
    out.set("thread", thread).set("error", "not_found");
    return out;
}

bool types(const ZimbraElement& message) {
    const auto* body = message.child("body");
    return message.get("typing") || (body && body->get("typing"));
}

}  // namespace

// body with text and html in it, or body alone: then it is HTML if it looks so.
std::expected<ZimbraPersona::Said, ZimbraFault> ZimbraIm::said(const ZimbraElement& message) const {
    ZimbraPersona::Said out;
    out.subject = message.get("subject").value_or("");
    const auto* body = message.child("body");
    const auto plain = body ? body->get("text") : message.get("body");
    const auto* html = body ? body->child("html") : nullptr;
    std::string markup;
    if (html || (body && body->get("html"))) {
        if (!plain) return std::unexpected(zimbra_missing_element("text"));
        markup = html ? raw(*html) : body->get("html").value_or("");
        out.text = *plain;
    } else if (plain) {
        out.text = *plain;
        if (!body) markup = out.text;
    } else if (body) {
        const bool empty = body->child("typing") && base::trim(body->content()).empty();
        if (!empty) out.text = body->content(), markup = raw(*body);
    }
    if (out.text.size() > kMostText) return std::unexpected(zimbra_invalid("a text of more than 65536 bytes"));
    if (out.subject.size() > kMostSubject) return std::unexpected(zimbra_invalid("a subject of more than 1024 bytes"));
    if (markup.empty()) return out;
    auto safe = make_safe_html(markup, house_.limits.html);
    if (!safe) return std::unexpected(zimbra_invalid(safe.error().text));
    const bool marked_up = *safe && ((*safe)->marked_up || html);
    if (marked_up) {
        out.html = std::move((*safe)->html);
        if (!plain || !body || out.text.empty()) out.text = std::move((*safe)->text);  // of those who show no markup
    } else if (out.text.empty()) {
        out.text = markup;
    }
    if (out.text.empty() && !out.html.empty()) out.text = " ";  // a picture that is not shown
    return out;
}

void ZimbraIm::send_message(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply) {
    const auto* message = request.child("message");
    if (!message) return reply(std::unexpected(zimbra_missing_element("message")));
    ZimbraPersona& persona = *asker.persona;
    const std::string thread = message->get("thread").value_or("").substr(0, kMostThread);
    const std::string address = message->get("addr").value_or("");
    auto what = said(*message);
    if (!what) return reply(std::unexpected(what.error()));
    ZimbraChat* chat = thread.empty() ? nullptr : persona.chats().find(thread);
    if (!chat) {
        if (address.empty()) return reply(std::unexpected(zimbra_invalid(thread.empty() ? "missing required attribute: thread or addr" : "no such thread, and no addr")));
        const auto whom = account(address);
        if (!whom) return reply(std::unexpected(whom.error()));
        const auto room = house_.service.rooms().key_of(*whom);
        chat = room ? persona.chats().in_room(*room) : persona.chats().with(*whom);
        if (!chat) {
            if (persona.chats().size() >= house_.limits.chats.chats) {
                return reply(std::unexpected(ZimbraFault{"service.TEMPORARILY_UNAVAILABLE", "temporarily unavailable: as many chats are open as may be (limits.chats_per_account)", true}));
            }
            chat = &persona.chats().open(persona.chats().new_thread(persona.address()), *whom, house_.clock.now());
        }
    }
    ZimbraElement out;
    out.set("thread", chat->thread);
    if (what->subject.empty() && what->text.empty()) {
        if (chat->room.empty()) persona.type(*chat, types(*message));
        else rooms_->type(persona, *chat, types(*message));
        return reply(std::move(out));
    }
    auto done = [out = std::move(out), reply = std::move(reply)](const base::Result<void>& how) mutable {
        if (how) reply(std::move(out));
        else reply(std::unexpected(zimbra_fault_of(how.error())));
    };
    if (chat->room.empty()) persona.say(*chat, std::move(*what), std::move(done));
    else rooms_->say(persona, *chat, std::move(*what), std::move(done));
}

void ZimbraIm::get_chat(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply) {
    const auto thread = request.get("thread");
    if (!thread || thread->empty()) return reply(std::unexpected(zimbra_missing_attribute("thread")));
    const auto first = request.get("seq").transform([](const std::string& text) { return base::parse_number(base::trim(text)); });
    if (first && !*first) return reply(std::unexpected(zimbra_invalid("seq is no number")));
    const ZimbraChat* chat = asker.persona->chats().find(*thread);
    if (!chat) return reply(unknown_chat(*thread));
    ZimbraElement out;
    out.set("thread", *thread);
    ZimbraElement& told = out.add(zimbra_chat("chat", *thread, asker.persona->participants(*chat)));
    ZimbraElement& messages = told.add(ZimbraElement("messages"));
    for (const ZimbraLine& line : chat->lines) {
        if (first && line.seq < **first) continue;
        ZimbraElement& message = messages.add(ZimbraElement("message"));
        message.set("seq", static_cast<std::int64_t>(line.seq)).set("ts", line.ts).set("from", line.from);
        if (!line.subject.empty()) message.add_text("subject", line.subject);
        if (!line.text.empty()) message.add_text("body", line.text);
        if (!line.html.empty()) message.add_text("html", line.html);
    }
    reply(std::move(out));
}

void ZimbraIm::modify_chat(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply) {
    const auto thread = request.get("thread");
    if (!thread || thread->empty()) return reply(std::unexpected(zimbra_missing_attribute("thread")));
    const auto op = request.get("op");
    if (!op || op->empty()) return reply(std::unexpected(zimbra_missing_attribute("op")));
    if (*op != "close" && *op != "adduser" && *op != "configure") {
        return reply(std::unexpected(zimbra_invalid("unknown value for op: " + op->substr(0, 32))));
    }
    const ZimbraChat* chat = asker.persona->chats().find(*thread);
    if (!chat) return reply(unknown_chat(*thread));
    if (*op == "close") {
        asker.persona->close_chat(*thread, ZimbraLeg::local);
        ZimbraElement out;
        out.set("thread", *thread);
        return reply(std::move(out));
    }
    if (*op == "configure") {
        if (!chat->room.empty()) return rooms_->configure(asker, *chat, request, std::move(reply));
        ZimbraFault fault{"im.NOT_A_MUC_CHAT", "the chat " + thread->substr(0, kMostThread) + " is no room", false};
        fault.arguments.push_back({"thread", "STR", *thread});
        return reply(std::unexpected(std::move(fault)));
    }
    const auto address = request.get("addr");
    if (!address || address->empty()) return reply(std::unexpected(zimbra_missing_attribute("addr")));
    const auto whom = account(*address);
    if (!whom) return reply(std::unexpected(whom.error()));
    rooms_->add_user(asker, *chat, *whom, request.content(), std::move(reply));
}

}  // namespace doors
