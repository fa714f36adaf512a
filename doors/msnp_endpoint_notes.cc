// doors/msnp_endpoint_notes.cc: what an endpoint of MSNP24 says that is kept nowhere: who types, and signals.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 6
#include <utility>

#include "base/text.h"
#include "doors/msnp_endpoint.h"
#include "doors/msnp_names.h"

namespace doors {

using base::equal_ignoring_case;

namespace {

constexpr std::size_t kMostSignal = 1024;  // bytes; what is known is two names
constexpr std::size_t kMostTyping = 64;    // people; of others it is not told that they have stopped

}  // namespace

void MsnpEndpoint::control(const std::string& type, const MsnpRouted& message, const presence::NodeName* to, const presence::Room* room) {
    if (is_signal(type)) return signal(type, message.body);
    if (equal_ignoring_case(type, kMsnpClearTyping)) return stop_typing(to, room);
    if (!equal_ignoring_case(type, kMsnpTyping)) return;
    if (to) type_to(*to);
    if (room) type_in_thread(*room);
}

// That one has closed a window is for one's other endpoints (msnp24 6).
void MsnpEndpoint::signal(const std::string& type, std::string_view body) {
    if (body.size() > kMostSignal || !base::valid_utf8(body) || body.find('\0') != std::string_view::npos) return;
    MsnpWords words;
    words.type = type;
    words.content = body;
    copy_to_others(packet_of(msnp_name(own_alias()), name(), words, 0, "", 0));
}

base::Result<presence::Message> MsnpEndpoint::typing_note(const std::string& talk, const std::string& endpoint) const {
    MsnpWords words;
    words.type = kMsnpTyping;
    words.endpoint = endpoint;
    return house_.compose_typing(own_alias() + "@" + house_.service.realm().mail_domain(), talk, headers_of(words));
}

// No other door has such a note, so it goes to endpoints of this one: to those that were told of the typing, whom he was
// allowed to tell that.
void MsnpEndpoint::stop_typing(const presence::NodeName* to, const presence::Room* room) {
    if (to) {
        for (MsnpMember* member : crowd_.of(to->key)) member->typing_stopped(own_, endpoint_, nullptr);
    }
    if (room) stop_typing_in_thread(*room);
}

void MsnpEndpoint::typing_stopped(const std::string& account, const std::string& endpoint, const presence::Room* room) {
    const bool told = types_no_more(room ? room->key() : talk_between(own_, account), account);
    if (!told || !sign_in_ || out_.unsent() > kMsnpBehind) return;
    MsnpWords words;
    words.type = kMsnpClearTyping;
    const std::string from = msnp_name_of(account, endpoint.empty() ? crowd_.endpoint_of(account) : endpoint);
    out_.send(packet_of(room ? thread_name(*room) : msnp_name(own_alias()), from, words, 0, "", 0));
}

void MsnpEndpoint::types(const std::string& talk, const std::string& account) {
    types_no_more(talk, account);
    if (typing_.size() == kMostTyping) typing_.erase(typing_.begin());
    typing_.push_back(talk + "\n" + account);
}

bool MsnpEndpoint::types_no_more(const std::string& talk, const std::string& account) {
    return std::erase(typing_, talk + "\n" + account) > 0;
}

void MsnpEndpoint::type_to(const presence::NodeName& to) {
    auto note = typing_note(talk_between(own_, to.key), endpoint_);
    if (!note) return;
    presence::NotifyRequest request{to, std::move(*note), presence::AckType::single_hop, 1};
    house_.service.notify(sign_in_->caller(), std::move(request), [](const base::Result<presence::Accepted>&) {});
}

}  // namespace doors
