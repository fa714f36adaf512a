// doors/msnp_endpoint_messages.cc: what an endpoint of MSNP24 says to persons, and what is said to it.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 6, 8
#include <utility>

#include "base/text.h"
#include "doors/msnp_endpoint.h"
#include "doors/msnp_names.h"
#include "presence/kept_bound.h"

namespace doors {

using base::Errc;
using base::fail;
using base::xml::Element;

namespace {

constexpr std::size_t kMostTaken = kMsnpBehind;

bool is_typing(const presence::Message& message) {
    return message.facts.kind == presence::MessageKind::control &&
           base::to_lower(message.facts.content_type).starts_with("text/x-msmsgscontrol");
}

}  // namespace

// -- messages out of the client

void MsnpEndpoint::say(const MsnpRouted& message, Done done) {
    const auto to = read_msnp_name(message.routing.value("To"));
    if (!to) return done(fail(Errc::malformed, "The message has no address."));
    std::string type(message.about.value("Message-Type"));
    if (type.empty()) type = "Text";
    if (!is_msnp_type(type)) return done(fail(Errc::malformed, "There is no such type of message."));
    const bool person = to->network == kMsnpSkype || to->network == kMsnpMail;
    const auto name = house_.service.person_called(without_live(to->user));
    const bool known = person && name;
    const presence::Room* room = thread_of(house_.service, message.routing.value("To"), own_);
    if (is_control(type)) {
        control(type, message, known ? &*name : nullptr, room);
        return done({});  // nothing that is worth an error
    }
    if (!known && !room) return done(fail(Errc::not_found, "Nobody is called so."));
    auto words = words_in(message);
    if (!words) return done(std::unexpected(words.error()));
    words->type = std::move(type);
    if (room) return say_in_thread(*room, std::move(*words), std::move(done));
    const std::string text = text_of(*words);
    send_words(*name, std::move(*words), text, std::move(done));
}

base::Result<MsnpWords> MsnpEndpoint::words_in(const MsnpRouted& message) const {
    MsnpWords words;
    words.content = message.body;
    if (words.content.size() > kMostMsnpContent) return fail(Errc::too_large, "The message is too long.");
    if (words.content.empty() || !base::valid_utf8(words.content) || words.content.find('\0') != std::string::npos) {
        return fail(Errc::malformed, "The message is not UTF-8, or empty.");
    }
    if (base::parse_number(message.about.value("Client-Message-ID"))) words.client_id = message.about.value("Client-Message-ID");
    words.endpoint = endpoint_;
    words.format = message.about.value("X-MMS-IM-Format");
    return words;
}

void MsnpEndpoint::send_words(const presence::NodeName& to, MsnpWords words, const std::string& text, Done done) {
    const std::string talk = talk_between(own_, to.key);
    auto message = house_.compose("Content-Type: text/plain; charset=UTF-8\r\n" + headers_of(words), text, own_ + "\n" + to.key);
    if (!message) return done(std::unexpected(message.error()));
    presence::NotifyRequest request{to, std::move(*message), presence::AckType::single_hop, 1};
    request.time_ms = house_.service.message_time(talk);
    house_.service.notify(sign_in_->caller(), std::move(request),
                          answering<presence::Accepted>([this, talk, time_ms = request.time_ms, to = to.key, words = std::move(words),
                                                         done = std::move(done)](const base::Result<void>& how) mutable {
        if (how) {
            marks_.wrote(talk, time_ms, words.client_id, now_ms());
            if (to != own_) {
                copy_to_others(packet_of(msnp_name_of(to), name(), words, time_ms, "", 0));
            }
        }
        if (!how && presence::is_kept_bound(how.error())) return done(fail(Errc::busy, "As much waits for him as may. Try again later."));
        // Who is blocked is not told so.
        done(how || how.error().code != Errc::denied ? how : base::Result<void>());
    }));
}

void MsnpEndpoint::recent(const Element& request, MsnpHistory::Done done) {
    marks_.all([this, alive = std::weak_ptr(alive_), request, done = std::move(done)](MsnpHistory::Horizons horizons) mutable {
        if (alive.expired()) return;
        find_left_threads(house_.journal, house_.service, own_,
                          [this, alive, request = std::move(request), done = std::move(done), horizons = std::move(horizons)](LeftThreads left) mutable {
            if (!alive.expired()) history_.recent(request, std::move(horizons), std::move(left), std::move(done));
        });
    });
}

void MsnpEndpoint::copy_to_others(const std::string& packet) {
    for (MsnpMember* member : crowd_.of(own_)) {
        if (member != this) member->copy(packet);
    }
}

void MsnpEndpoint::copy(const std::string& packet) {
    if (sign_in_ && out_.unsent() <= kMsnpBehind) out_.send(packet);  // who is behind finds it in his history
}

// -- messages for the client

Wanted MsnpEndpoint::wants(const presence::Message& message) {
    const auto from = presence::Address::parse(message.from.href);
    const std::string key = from ? house_.service.realm().key(*from) : "";
    const auto* contacts = house_.service.contacts(own_);
    if (contacts && contacts->blocks(key)) return Wanted::no;
    const bool typing = is_typing(message);
    if (message.facts.kind == presence::MessageKind::control && !typing) return Wanted::no;
    if (presence::account_of_key(key).empty() || (!typing && message.facts.text.empty())) return typing ? Wanted::no : Wanted::refused;
    pump_soon();
    return Wanted::yes;
}

void MsnpEndpoint::pump_soon() {
    if (std::exchange(pumping_, true)) return;
    house_.post([this, alive = std::weak_ptr(alive_)] {
        if (alive.expired()) return;
        pumping_ = false;
        pump();
    });
}

void MsnpEndpoint::pump() {
    if (!sign_in_) return;
    std::size_t told = 0;
    while (told < changed_.size() && out_.unsent() <= kMsnpBehind) tell_state(changed_[told++]);
    changed_.erase(changed_.begin(), changed_.begin() + static_cast<std::ptrdiff_t>(told));
    if (out_.unsent() <= kMsnpBehind) tell_letters();
    if (out_.unsent() == 0) settle(true);
    // Otherwise drained() goes on.
    if (out_.unsent() <= kMsnpBehind && !sign_in_->mailbox().empty()) pump_soon();
}

void MsnpEndpoint::drained() {
    settle(true);
    pump();
}

void MsnpEndpoint::settle(bool read) {
    if (sign_in_ && !sent_.empty()) sign_in_->mailbox().settle(std::exchange(sent_, {}), read);
}

void MsnpEndpoint::tell_letters() {
    for (Letter& letter : sign_in_->mailbox().take(kMostTaken)) {
        // What came while he was away is fetched from the history, and never told (msnp24 6).
        const bool before = letter.what->kept_since && *letter.what->kept_since <= since_;
        if (!before || !house_.talks) deliver(letter);
        sent_.push_back(std::move(letter));
    }
}

void MsnpEndpoint::deliver(const Letter& letter) {
    const auto& message = std::get<presence::Message>(letter.what->payload);
    const auto address = presence::Address::parse(message.from.href);
    const std::string key = house_.service.realm().key(*address);  // as wants() found it
    MsnpWords words = words_of(message.mime, message.facts.text);
    const bool typing = is_typing(message);
    if (typing) {
        words.type = kMsnpTyping;
        words.content.clear();
        types(talk_between(own_, key), key);
    } else {
        types_no_more(talk_between(own_, key), key);
    }
    if (words.endpoint.empty()) words.endpoint = crowd_.endpoint_of(key);
    const std::string alias(presence::alias_of(key));
    const std::int64_t time_ms = typing ? 0 : letter.what->time_ms != 0 ? letter.what->time_ms : now_ms();
    const std::uint64_t ack = typing ? 0 : ++last_ack_;
    const std::string called = message.from.description == alias ? "" : message.from.description;
    out_.send(packet_of(msnp_name(own_alias()), msnp_name_of(key, words.endpoint), words, time_ms, called, ack));
    if (!typing) marks_.told(ack, talk_between(own_, key), time_ms, words.client_id);
}

std::string MsnpEndpoint::packet_of(const std::string& to, const std::string& from, const MsnpWords& words, std::int64_t time_ms,
                                    const std::string& name, std::uint64_t ack) const {
    MsnpWriter out;
    if (ack != 0) out.header("Ack-Id", std::to_string(ack));
    out.end();
    out.header("Routing", "1.0").header("To", to).header("From", from).end();
    out.header("Reliability", "1.0").end();
    out.header("Messaging", "2.0").header("Client-Message-ID", words.client_id);
    if (time_ms != 0) out.header("Message-ID", std::to_string(time_ms));
    out.header("Message-Type", words.type).header("IM-Display-Name", name).header("X-MMS-IM-Format", words.format);
    out.header("Content-Type", msnp_content_type(words.type)).header("Content-Length", std::to_string(words.content.size()));
    out.end().body(words.content);
    return msnp_packet("SDG", 0, "MSGR", out.take());
}

}  // namespace doors
